import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CHART_SIDE, charts, type Point } from "../../../../compare/report/page/charts.ts";

const around = (from: number, step: number, to: (x: number) => number): Point[] =>
  Array.from({ length: 20 }, (_, i) => [from + i * step, to(from + i * step)]);

test("an offset lies beside the diagonal, and is named lower", () => {
  const [scatter, errors] = charts(around(0, 1, (x) => x - 2));
  expect(scatter?.text).toBe("20 sampled pairs: the candidate is lower in every one");
  const dots = [...(scatter?.d ?? "").matchAll(/M(\d+) (\d+)h0/g)].map(
    ([, x, y]) => Number(x) + Number(y) - CHART_SIDE,
  );
  // Below the diagonal by the same all along: 2 of a scale of 21.
  expect(new Set(dots.map((below) => Math.abs(below - (CHART_SIDE * 2) / 21) <= 1))).toEqual(new Set([true]));
  expect(errors?.text).toBe("half differ by at most 2, nine in ten by 2, all by 2");
  expect([scatter?.from, scatter?.to]).toEqual(["−2", "19"]);
});

test("a ratio of a hundred stands on a logarithmic scale, where it is a line as well", () => {
  const [scatter] = charts(around(1, 1, (x) => x * 100));
  expect(scatter?.text).toContain("higher in every one; logarithmic");
});

test("the curve of errors rises from none to all", () => {
  const points: Point[] = Array.from({ length: 10 }, (_, i) => [0, 10 ** -i]);
  const errors = charts(points)[1];
  expect(errors?.text).toBe("half differ by at most 0.00001, nine in ten by 0.1, all by 1");
  expect(errors?.d).toMatch(new RegExp(`^M0 ${CHART_SIDE}H0V108.*V0H${CHART_SIDE}$`));
});

test("of too few numbers, or of none, nothing is drawn", () => {
  expect(charts([])).toEqual([]);
  expect(charts(around(0, 1, (x) => x).slice(0, 7))).toEqual([]);
  expect(charts(Array.from({ length: 64 }, () => [Number.NaN, 1]))).toEqual([]);
});

describe("whatever the numbers", () => {
  const point = fc.tuple(fc.double(), fc.double());
  test("paths hold whole units within the square, and words hold figures", () => {
    fc.assert(
      fc.property(fc.array(point, { minLength: 8, maxLength: 64 }), (points) => {
        for (const { d, text, from, to } of charts(points)) {
          expect(d).toMatch(/^(?:[MHVh ]?\d+)+$/);
          for (const unit of d.match(/\d+/g) ?? []) expect(Number(unit)).toBeLessThanOrEqual(CHART_SIDE);
          expect(`${text} ${from} ${to}`).not.toMatch(/NaN|undefined|Infinity/);
        }
      }),
    );
  });
});
