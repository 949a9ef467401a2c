/** The hypergeometric tail against scipy, and against whole numbers where scipy's own logarithm gives way. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { logTail } from "../../../compare/triage/slices/fisher.ts";

type Row = readonly [hits: number, drawn: number, marked: number, all: number, expected: number];

const fixture = JSON.parse(
  readFileSync(new URL("../../../fixtures/statistics/hypergeometric.json", import.meta.url), "utf8"),
) as { rows: Row[] };

test("agrees with scipy on a grid, from certain to 1 in 10^1000", () => {
  expect(fixture.rows.length).toBeGreaterThan(250);
  for (const [hits, drawn, marked, all, expected] of fixture.rows) {
    const ours = logTail(hits, drawn, marked, all);
    // scipy subtracts logarithms of factorials: of large numbers it keeps about nine digits.
    const error = Math.abs(ours - expected) / Math.max(1e-3, Math.abs(expected));
    expect([hits, drawn, marked, all, error < 1e-8]).toEqual([hits, drawn, marked, all, true]);
  }
});

/** ln of the same by whole numbers. */
function exact(hits: number, drawn: number, marked: number, all: number): number {
  const choose = (n: number, k: number): bigint => {
    let result = 1n;
    for (let i = 0; i < k; i++) result = (result * BigInt(n - i)) / BigInt(i + 1);
    return result;
  };
  const ln = (value: bigint): number => {
    const digits = value.toString();
    return Math.log(Number(`0.${digits.slice(0, 17)}`)) + digits.length * Math.LN10;
  };
  let sum = 0n;
  for (let x = Math.max(hits, 0, drawn + marked - all); x <= Math.min(drawn, marked); x++) {
    sum += choose(marked, x) * choose(all - marked, drawn - x);
  }
  return ln(sum) - ln(choose(all, drawn));
}

test("agrees with whole numbers", () => {
  const cell = fc.integer({ min: 0, max: 120 });
  fc.assert(
    fc.property(cell, cell, cell, cell, (a, b, c, d) => {
      fc.pre(a + b + c + d > 0);
      const [drawn, marked, all] = [a + b, a + c, a + b + c + d];
      const expected = exact(a, drawn, marked, all);
      expect(Math.abs(logTail(a, drawn, marked, all) - expected)).toBeLessThan(1e-9 * Math.max(1, Math.abs(expected)));
    }),
    { numRuns: 300 },
  );
});

test("what cannot be has no probability, and what must be is certain", () => {
  expect([logTail(6, 5, 10, 20), logTail(0, 5, 10, 20), logTail(5, 5, 5, 5), logTail(1, 0, 3, 9)]).toEqual([
    Number.NEGATIVE_INFINITY,
    0,
    0,
    Number.NEGATIVE_INFINITY,
  ]);
});
