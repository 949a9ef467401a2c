import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Price, priceOf } from "../../../replay/plan/price.ts";
import { toResult } from "../../../replay/results/result.ts";
import { addToTally, createTally, type TallyRow } from "../../../replay/results/tally.ts";
import type { Run } from "../../../src/lake/run.ts";
import { REPLAY_OUTCOMES } from "../../../src/record.ts";

const row: fc.Arbitrary<TallyRow> = fc.record({
  model: fc.constantFrom("a", "b", "constructor", "__proto__"),
  outcome: fc.constantFrom(...REPLAY_OUTCOMES),
  errorClass: fc.option(fc.constantFrom("http_503", "timeout", "ModelError")),
  attempts: fc.integer({ min: 0, max: 9 }),
  throttles: fc.integer({ min: 0, max: 9 }),
  latencyMs: fc.double({ min: 0, max: 60_000, noNaN: true }),
  coldStart: fc.option(fc.boolean()),
});

function resultOf(rows: readonly TallyRow[], price?: Price) {
  const stored = createTally();
  for (const one of rows) addToTally(stored, one);
  const run = { run: "r", planned: rows.length, models: {}, target: { name: "t", kind: "http", hash: "" } };
  const none = { skips: {}, parked: new Map(), resent: 0, sent: 0, seconds: 0, ended: undefined, cost: null, price };
  return toResult({ run: run as unknown as Run, stored, now: createTally(), ...none });
}

const answered = ({ outcome }: TallyRow): boolean => outcome === "ok" || outcome === "model_error";
/** What shares another's answer took no time of its own. */
const isTimed = (one: TallyRow): boolean => answered(one) && one.attempts > 0;
const count = <T>(items: readonly T[], of: (item: T) => boolean): number => items.filter(of).length;

describe("the result of a run", () => {
  test("is the same in whatever order its results were stored", () => {
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        expect(JSON.stringify(resultOf([...rows].reverse()))).toBe(JSON.stringify(resultOf(rows)));
      }),
    );
  });

  test("counts each model apart, and the models come to the whole", () => {
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const { models, ...whole } = resultOf(rows);
        const all = Object.entries(models);
        expect(new Set(all.map(([name]) => name))).toEqual(new Set(rows.map(({ model }) => model)));
        for (const [name, of] of all) {
          const own = rows.filter(({ model }) => model === name);
          expect(of.replayed).toBe(count(own, answered));
          expect(of.failed).toBe(own.length - of.replayed);
          expect(of.shared).toBe(count(own, (one) => answered(one) && one.attempts === 0));
          expect(of.coldStarts.n).toBe(count(own, (one) => isTimed(one) && one.coldStart === true));
          expect(of.errors).toEqual(
            Object.fromEntries(
              [...new Set(own.flatMap(({ errorClass }) => errorClass ?? []))].map((name) => [
                name,
                count(own, ({ errorClass }) => errorClass === name),
              ]),
            ),
          );
        }
        for (const key of ["replayed", "failed", "attempts", "throttles"] as const) {
          expect(all.reduce((sum, [, of]) => sum + of[key], 0)).toBe(whole[key]);
        }
        expect(all.reduce((sum, [, of]) => sum + of.coldStarts.n, 0)).toBe(whole.coldStarts.n);
      }),
    );
  });

  test("tells what each model cost, every try and the time of the last ones, and nothing without a price", () => {
    const price = { perRequest: 2, gbSecond: 0.5, memoryGb: 4 };
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const { models, cost } = resultOf(rows, price);
        for (const [name, of] of Object.entries(models)) {
          const own = rows.filter(({ model }) => model === name);
          const timed = own.filter((one) => one.attempts > 0 || !answered(one));
          const us = timed.reduce((sum, { latencyMs }) => sum + Math.round(latencyMs * 1000), 0);
          const tries = own.reduce((sum, { attempts }) => sum + attempts, 0);
          expect(of.cost).toBeCloseTo(priceOf(price, tries, us / 1000), 6);
        }
        expect(cost).toBeCloseTo(
          Object.values(models).reduce((sum, of) => sum + (of.cost ?? 0), 0),
          6,
        );
        expect(JSON.stringify(resultOf(rows))).not.toContain("cost");
      }),
    );
  });

  test("keeps cold starts out of the latencies, within 0.8 % of the exact quantiles", () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1 }), (rows) => {
        const { latencyMs, coldStarts: cold } = resultOf(rows);
        const exact = (isCold: boolean, q: number): number | null => {
          const values = rows.filter((one) => isTimed(one) && (one.coldStart === true) === isCold);
          const sorted = values.map((one) => one.latencyMs).sort((a, b) => a - b);
          return sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] ?? null;
        };
        for (const [got, isCold] of [
          [latencyMs, false],
          [cold, true],
        ] as const) {
          for (const [key, q] of [
            ["p50", 0.5],
            ["p95", 0.95],
            ["p99", 0.99],
          ] as const) {
            const expected = exact(isCold, q);
            if (expected === null) expect(got[key]).toBeNull();
            else expect(Math.abs((got[key] as number) - expected)).toBeLessThanOrEqual(expected * 0.008 + 0.001);
          }
        }
      }),
    );
  });

  test("names so many classes of error, and sums the rest", () => {
    const rows = Array.from({ length: 100 }, (_, i) => ({
      model: "a",
      outcome: "connection" as const,
      errorClass: `exit_${i}`,
      attempts: 1,
      throttles: 0,
      latencyMs: 1,
      coldStart: null,
    }));
    const { errors } = resultOf(rows);
    expect(Object.keys(errors)).toHaveLength(41);
    expect(errors.other).toBe(60);
    expect(Object.values(errors).reduce((sum, n) => sum + n, 0)).toBe(100);
  });
});
