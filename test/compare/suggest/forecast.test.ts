import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FORECAST_CONFIDENCE, forecastOf, type Tried } from "../../../compare/suggest/forecast.ts";
import { seededRandom } from "../../../src/random.ts";

const tried = fc
  .tuple(fc.nat(5_000), fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([all, share, rate]): Tried => {
    const some = Math.round(all * share);
    return { all, tried: some, changed: Math.round(some * rate) };
  });

describe("a forecast", () => {
  test("is exact when all pairs were tried", () => {
    const whole = tried.map((one) => ({ ...one, tried: one.all, changed: Math.min(one.changed, one.all) }));
    fc.assert(
      fc.property(whole, whole, (there, others) => {
        const left = there.all - there.changed + others.changed;
        expect(forecastOf(there, others)).toEqual({ about: left, least: left, most: left });
      }),
    );
  });

  test("lies within its range, and the range within what the tried pairs leave possible", () => {
    fc.assert(
      fc.property(tried, tried, (there, others) => {
        const { about, least, most } = forecastOf(there, others);
        expect(least).toBeLessThanOrEqual(about);
        expect(about).toBeLessThanOrEqual(most);
        expect(least).toBeGreaterThanOrEqual(there.tried - there.changed + others.changed);
        expect(most).toBeLessThanOrEqual(there.all - there.changed + others.all - (others.tried - others.changed));
      }),
    );
  });

  test("knows nothing where nothing was tried", () => {
    const none = { all: 10, tried: 0, changed: 0 };
    expect(forecastOf(none, none)).toEqual({ about: 10, least: 0, most: 20 });
  });

  test.each([
    [400, 0.25, 1],
    [400, 0.25, 0.99],
    [2_000, 0.1, 0.3],
    [300, 0.9, 0.5],
  ])(
    "of %i pairs, %f of them tried, at a rate of %f: the truth is in the range as often as promised",
    (all, share, rate) => {
      const random = seededRandom(5);
      let held = 0;
      const trials = 2_000;
      for (let trial = 0; trial < trials; trial++) {
        let [some, changed, truth] = [0, 0, 0];
        for (let i = 0; i < all; i++) {
          const changes = random() < rate;
          if (changes) truth++;
          if (random() >= share) continue;
          some++;
          if (changes) changed++;
        }
        const { least, most } = forecastOf({ all, tried: some, changed }, { all: 0, tried: 0, changed: 0 });
        if (least <= all - truth && all - truth <= most) held++;
      }
      expect(held / trials).toBeGreaterThanOrEqual(FORECAST_CONFIDENCE);
    },
  );
});
