import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createHistogram, type Histogram } from "../../src/histogram.ts";

function of(values: readonly number[]): Histogram {
  const histogram = createHistogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

/** The definition: the value at the nearest rank of the sorted values. */
function exact(values: readonly number[], q: number): number {
  return [...values].sort((a, b) => a - b)[Math.max(1, Math.ceil(q * values.length)) - 1] as number;
}

const latency = fc.double({ min: 0, max: 1e7, noNaN: true });

describe("a histogram", () => {
  test("that is empty has no quantile", () => {
    expect(createHistogram().quantile(0.5)).toBeNull();
    expect(createHistogram().toJSON()).toEqual({ count: 0, minUs: null, maxUs: null, buckets: [] });
  });

  test("gives quantiles within 0.8 % of the nearest rank, and within a microsecond below 256", () => {
    fc.assert(
      fc.property(
        fc.array(latency, { minLength: 1, maxLength: 60 }),
        fc.constantFrom(0, 0.5, 0.95, 0.99, 1),
        (values, q) => {
          const expected = exact(values, q);
          const got = of(values).quantile(q) ?? Number.NaN;
          expect(Math.abs(got - expected)).toBeLessThanOrEqual(expected * 0.008 + 0.001);
        },
      ),
    );
  });

  test("merges to the histogram of all values, in any order and split", () => {
    fc.assert(
      fc.property(fc.array(latency), fc.array(latency), fc.array(latency), (a, b, c) => {
        const left = of(a);
        left.merge(of(b));
        left.merge(of(c));
        const right = of(c);
        right.merge(of(b));
        right.merge(of(a));
        const whole = of([...b, ...a, ...c]).toJSON();
        expect(left.toJSON()).toEqual(whole);
        expect(right.toJSON()).toEqual(whole);
      }),
    );
  });

  test("comes back from its JSON", () => {
    const json = of([0, 0.001, 1, 12.5, 1e6]).toJSON();
    const back = createHistogram(JSON.parse(JSON.stringify(json)));
    back.add(3);
    expect(back.toJSON()).toEqual(of([0, 0.001, 1, 12.5, 1e6, 3]).toJSON());
  });

  test.each([
    ["a negative latency, of a clock that jumped", -5, 0],
    ["NaN", Number.NaN, 0],
    ["infinity", Number.POSITIVE_INFINITY, 2 ** 46 / 1000],
    ["a single value exactly", 123.456, 123.456],
  ])("counts %s", (_name, value, expected) => {
    expect(of([value]).quantile(0.5)).toBe(expected);
  });

  test("keeps few buckets however many values it takes", () => {
    const histogram = createHistogram();
    for (let i = 0; i < 100_000; i++) histogram.add((i * 7919) % 60_000);
    expect(histogram.toJSON().buckets.length).toBeLessThan(2_500);
  });
});
