import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { covered, duration, percent, slowdown, sums } from "../../../compare/report/figures.ts";

describe("percentages", () => {
  test.each([
    [0, "nearest", "0 %"],
    [1, "down", "100 %"],
    [0.001, "nearest", "0.1 %"],
    [0.00100415796537645, "up", "0.101 %"],
    [0.000474297, "up", "0.0475 %"],
    [0.165, "nearest", "16.5 %"],
    [0.999996, "down", "99.9 %"],
    [1e-9, "nearest", "1.0e-7 %"],
    [Number.NaN, "nearest", "–"],
  ] as const)("%f rounded %s reads %s", (share, rounding, text) => {
    expect(percent(share, rounding)).toBe(text);
  });

  test("an upper bound never reads lower than it is, a lower bound and a coverage never higher", () => {
    const share = fc.double({ min: 1e-7, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, (value) => {
        const read = (text: string): number => Number(text.replace(" %", "")) / 100;
        expect(read(percent(value, "up"))).toBeGreaterThanOrEqual(value * (1 - 1e-11));
        expect(read(percent(value, "down"))).toBeLessThanOrEqual(value * (1 + 1e-11));
      }),
    );
  });
});

test.each([
  [12.9449, "12.9 ms"],
  [0.0512, "0.0512 ms"],
  [1250, "1.25 s"],
  [null, "–"],
])("%s ms reads %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test("a ratio needs both sides", () => {
  expect([slowdown(2, 3), slowdown(null, 3), slowdown(0, 3)]).toEqual(["×1.50", "", ""]);
});

test("coverage falls with what has no pair and what cannot be read, not with errors of the target", () => {
  const coverage = {
    captured: 100,
    scope: 100,
    compared: 80,
    unpaired: 10,
    notComparable: 10,
    skipped: 0,
    skippedBy: {},
  };
  expect(covered({ coverage, errors: { legacy_unparseable: 5, timeout: 5 } })).toBe(0.85);
  expect(covered({ coverage: { ...coverage, scope: 0 }, errors: {} })).toBe(0);
});

test("a sum that does not add up says so", () => {
  const coverage = { captured: 10, scope: 9, compared: 8, unpaired: 1, notComparable: 0, skipped: 1, skippedBy: {} };
  expect(sums(coverage, { match: 8, mismatch: 0, ignored: 0 }).map(({ adds }) => adds)).toEqual([true, true, true]);
  expect(sums(coverage, { match: 7, mismatch: 0, ignored: 0 }).map(({ adds }) => adds)).toEqual([true, true, false]);
});
