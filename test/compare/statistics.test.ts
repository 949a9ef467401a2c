import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { clopperPearson, pairsNeeded } from "../../compare/statistics.ts";

type Row = [k: number, n: number, confidence: number, lower: number, upper: number];
const scipy = JSON.parse(
  readFileSync(new URL("../../fixtures/statistics/clopper-pearson.json", import.meta.url), "utf8"),
) as { rows: Row[] };

function relativeError(value: number, reference: number): number {
  return reference === 0 ? Math.abs(value) : Math.abs(value / reference - 1);
}

describe("clopperPearson", () => {
  test.each([
    [1, 1e4, 0.95, 4.742976591644783e-4],
    [3, 1e4, 0.99, 1.00415796537645e-3],
    [50, 1e4, 0.99, 6.900135181278e-3],
    [100, 1e6, 0.99, 1.258370271074e-4],
    [0, 9e6, 0.99, 5.11685445348e-7],
  ])("upper bound of %d in %d at %f is the published %f", (k, n, confidence, reference) => {
    expect(relativeError(clopperPearson(k, n, confidence).upper, reference)).toBeLessThan(1e-9);
  });

  test("agrees with scipy on a grid, to 1e-9", () => {
    expect(scipy.rows.length).toBeGreaterThan(500);
    for (const [k, n, confidence, lower, upper] of scipy.rows) {
      const bounds = clopperPearson(k, n, confidence);
      expect(relativeError(bounds.lower, lower), `lower ${k}/${n} ${confidence}`).toBeLessThan(1e-9);
      expect(relativeError(bounds.upper, upper), `upper ${k}/${n} ${confidence}`).toBeLessThan(1e-9);
    }
  });

  test("nothing seen leaves everything possible", () => {
    expect(clopperPearson(0, 0, 0.99)).toEqual({ lower: 0, upper: 1 });
    expect(clopperPearson(0, 5, 0.99).lower).toBe(0);
    expect(clopperPearson(5, 5, 0.99).upper).toBe(1);
  });
});

describe("pairsNeeded", () => {
  test.each([
    [0, 0, 1e-3, 0.95, 2_995],
    [0, 0, 1e-3, 0.99, 4_603],
    [0, 0, 1e-4, 0.99, 46_050],
    [0, 1_000, 1e-3, 0.99, 3_603],
    [0, 5_000, 1e-3, 0.99, 0],
    [0, 10, 1, 0.99, 0],
  ])("%d in %d, limit %f, confidence %f: %d more", (k, n, limit, confidence, more) => {
    expect(pairsNeeded(k, n, limit, confidence)).toBe(more);
  });

  test("with mismatches: at the rate seen, so many more bring the bound down, and not one per cent fewer", () => {
    const [k, n, limit] = [5, 10_000, 1e-3];
    const more = pairsNeeded(k, n, limit, 0.99) ?? Number.NaN;
    const upper = (pairs: number) => clopperPearson(Math.round((k / n) * pairs), pairs, 0.99).upper;
    expect(upper((n + more) * 1.01)).toBeLessThanOrEqual(limit);
    expect(upper((n + more) * 0.98)).toBeGreaterThan(limit);
  });

  test.each([
    [10, 10_000, 1e-3],
    [11, 10_000, 1e-3],
    [0, 100, 0],
    [99_999_999, 1e11, 1e-3],
  ])("%d in %d cannot come below %f", (k, n, limit) => {
    expect(pairsNeeded(k, n, limit, 0.99)).toBeNull();
  });
});
