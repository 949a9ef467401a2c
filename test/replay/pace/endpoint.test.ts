import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAdaptive } from "../../../replay/pace/adaptive.ts";
import { ANSWER_MIN_BYTES, createAnswerSizes } from "../../../replay/pace/answer-size.ts";
import { createBreaker } from "../../../replay/pace/breaker.ts";
import { EndpointPace } from "../../../replay/pace/endpoint.ts";
import { RETRY_TABLE, withinBudget } from "../../../replay/pace/retry.ts";
import { createRetryBudget } from "../../../replay/pace/retry-budget.ts";
import type { Fate } from "../../../replay/targets/target.ts";

const FATES = Object.keys(RETRY_TABLE) as Fate[];
const tries = fc.array(
  fc.record({ fate: fc.constantFrom(...FATES), ms: fc.nat(2_000), after: fc.nat(500), bytes: fc.nat(1e7) }),
  { maxLength: 200 },
);

describe("the number of tries at once", () => {
  test("stays within 1 and perEndpoint, whatever comes, adaptive or not, ramped or not", () => {
    fc.assert(
      fc.property(
        tries,
        fc.integer({ min: 1, max: 64 }),
        fc.boolean(),
        fc.constantFrom(0, 50, 10_000),
        (all, most, adaptive, rampUp) => {
          const settings = { perEndpoint: most, adaptive, rampUp, retryBudget: 0.2, brokenMs: 1_000 };
          const pace = new EndpointPace(settings, createAnswerSizes(1e7));
          let now = 0;
          pace.begin(now);
          for (const { fate, ms, after, bytes } of all) {
            now += after;
            pace.note(fate, fate === "ok" ? bytes : null, now - ms, now);
            expect(pace.limit(now)).toBeGreaterThanOrEqual(1);
            expect(pace.limit(now)).toBeLessThanOrEqual(most);
            expect(Number.isInteger(pace.limit(now))).toBe(true);
          }
        },
      ),
    );
  });

  /** Rounds of as many answers as may be on the wire, which take as long as the endpoint needs for so many. */
  function rounds(
    adaptive: ReturnType<typeof createAdaptive>,
    n: number,
    latencyMs: number | ((atOnce: number) => number),
    from = 0,
  ): number {
    let now = from;
    for (let round = 0; round < n; round++) {
      const startedAt = now;
      const atOnce = Math.floor(adaptive.limit);
      now += typeof latencyMs === "number" ? latencyMs : latencyMs(atOnce);
      for (let i = 0; i < atOnce; i++) adaptive.note("ok", startedAt, now);
    }
    return now;
  }

  test("doubles a round until all places are used, while the endpoint answers", () => {
    const adaptive = createAdaptive(64);
    rounds(adaptive, 6, 20);
    expect(adaptive.limit).toBe(64);
  });

  test.each(["throttled", "unavailable", "timeout"] as const)(
    "halves once a round on %s, then grows by one a round",
    (fate) => {
      const adaptive = createAdaptive(64);
      let now = rounds(adaptive, 6, 20);
      for (let i = 0; i < 30; i++) adaptive.note(fate, now - 20, now);
      expect(adaptive.limit).toBe(32);
      now = rounds(adaptive, 1, 20, now);
      expect(adaptive.limit).toBeGreaterThan(32.9);
      expect(adaptive.limit).toBeLessThanOrEqual(33);
      adaptive.note(fate, now, now + 1);
      expect(Math.floor(adaptive.limit)).toBe(16);
    },
  );

  test("falls towards what the endpoint works at together when more only queue", () => {
    // Eight at a time, 100 ms each: 64 take 800 ms.
    const adaptive = createAdaptive(64);
    rounds(adaptive, 60, (atOnce) => 100 * Math.max(1, atOnce / 8));
    expect(adaptive.limit).toBeLessThan(48);
    expect(adaptive.limit).toBeGreaterThan(8);
  });

  test("falls once, and rises again, when fewer tries make answers no quicker", () => {
    const adaptive = createAdaptive(64);
    const now = rounds(adaptive, 10, 100);
    rounds(adaptive, 6, 400, now);
    expect(adaptive.limit).toBeGreaterThan(51);
    rounds(adaptive, 20, 400, now + 10_000);
    expect(adaptive.limit).toBe(64);
  });

  test("does not fall for what the queue of a quick endpoint adds", () => {
    const adaptive = createAdaptive(64);
    rounds(adaptive, 20, 90, rounds(adaptive, 10, 1));
    expect(adaptive.limit).toBe(64);
  });

  test("takes what stays slow as the measure in the end", () => {
    const adaptive = createAdaptive(8);
    rounds(adaptive, 2_000, 400, rounds(adaptive, 20, 100));
    expect(adaptive.limit).toBe(8);
  });

  test("grows with time under rampUp", () => {
    const settings = { perEndpoint: 11, adaptive: false, rampUp: 10_000, retryBudget: 0.2, brokenMs: 1_000 };
    const pace = new EndpointPace(settings, createAnswerSizes(1_000));
    pace.begin(500);
    pace.note("ok", 10, 500, 500);
    expect([500, 1_499, 1_500, 5_500, 10_500, 99_000].map((at) => pace.limit(at))).toEqual([1, 1, 2, 6, 11, 11]);
  });

  test("is one while the endpoint has not answered, and again when it is not ready", () => {
    const settings = { perEndpoint: 5, adaptive: false, rampUp: 0, retryBudget: 0.2, brokenMs: 1_000 };
    const pace = new EndpointPace(settings, createAnswerSizes(1_000));
    const after = (fate: Fate): number => {
      pace.note(fate, null, 0, 0);
      return pace.limit(0);
    };
    expect(pace.limit(0)).toBe(1);
    expect((["not_ready", "refused", "timeout", "connection"] as const).map(after)).toEqual([1, 1, 1, 1]);
    expect((["throttled", "model_error", "unavailable", "ok"] as const).map(after)).toEqual([5, 5, 5, 5]);
    expect((["not_ready", "unavailable", "ok"] as const).map(after)).toEqual([1, 1, 5]);
  });
});

describe("the breaker", () => {
  test("opens after 20 failures in a row, asks one at a time, each time later, and says when it is broken", () => {
    const breaker = createBreaker(60_000);
    for (let i = 0; i < 19; i++) expect(breaker.note("unavailable", 100)).toBe(false);
    expect(breaker.tripped).toBe(false);
    breaker.note("timeout", 200);
    expect([breaker.tripped, breaker.opensAt]).toEqual([true, 1_200]);
    // Came back late: no probe.
    breaker.note("connection", 300);
    expect(breaker.opensAt).toBe(1_200);
    const opened: number[] = [];
    let broken = false;
    for (let i = 0; i < 20 && !broken; i++) {
      const at = breaker.opensAt;
      broken = breaker.note("unavailable", at);
      opened.push(breaker.opensAt - at);
    }
    expect(opened.slice(0, 5)).toEqual([2_000, 4_000, 8_000, 15_000, 15_000]);
    expect(broken).toBe(true);
  });

  test.each(["ok", "model_error", "model_fault", "rejected_input", "throttled", "not_ready"] as const)(
    "is closed by %s",
    (fate) => {
      const breaker = createBreaker(60_000);
      for (let i = 0; i < 25; i++) breaker.note("unavailable", 0);
      expect(breaker.tripped).toBe(true);
      breaker.note(fate, 10);
      expect([breaker.tripped, breaker.opensAt]).toEqual([false, Number.NEGATIVE_INFINITY]);
      for (let i = 0; i < 19; i++) breaker.note("unavailable", 20);
      expect(breaker.tripped).toBe(false);
    },
  );

  test("never calls broken what answered within brokenMs, nor what was refused", () => {
    fc.assert(
      fc.property(tries, (all) => {
        const breaker = createBreaker(1_000);
        let now = 0;
        let answeredAt = 0;
        for (const { fate, after } of all) {
          now += after;
          const failing = ["unavailable", "timeout", "connection", "bad_response"].includes(fate);
          if (!failing && fate !== "refused") answeredAt = now;
          if (breaker.note(fate, now)) expect(now - answeredAt).toBeGreaterThanOrEqual(1_000);
        }
      }),
    );
  });
});

describe("the retry budget", () => {
  test("never lets more be tried again than its share of requests and the first few", () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { maxLength: 500 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (all, share) => {
          const budget = createRetryBudget(share);
          let begun = 0;
          let taken = 0;
          for (const begins of all) {
            if (begins) {
              budget.begin();
              begun++;
            } else if (budget.take()) taken++;
            expect(taken).toBeLessThanOrEqual(10 + share * begun + 1e-6);
          }
        },
      ),
    );
  });

  test("does not pay for a storm from a long healthy time", () => {
    const budget = createRetryBudget(0.2);
    for (let i = 0; i < 100_000; i++) budget.begin();
    let taken = 0;
    while (budget.take()) taken++;
    expect(taken).toBe(100);
  });

  test("is taken from for failures alone; without it the outcome is stored as what it was", () => {
    const wait = { do: "wait", ms: 5 } as const;
    const asked: Fate[] = [];
    const steps = FATES.map((fate) => {
      return withinBudget(wait, fate, () => {
        asked.push(fate);
        return false;
      });
    });
    expect(asked).toEqual(["model_fault", "unavailable", "timeout", "connection", "bad_response"]);
    expect(steps.filter((step) => step.do === "store")).toEqual(
      ["model_error", "unavailable", "timeout", "connection", "bad_response"].map((outcome) => ({
        do: "store",
        outcome,
      })),
    );
    expect(withinBudget(wait, "timeout", () => true)).toBe(wait);
  });
});

describe("the expected size of an answer", () => {
  const MIB = 1024 * 1024;
  test("is the largest there may be until any answer came, then twice the largest of the others, then its own", () => {
    const sizes = createAnswerSizes(25 * MIB);
    expect(sizes.unknown).toBe(25 * MIB);
    expect(sizes.learn(undefined, null)).toBeUndefined();
    expect(sizes.unknown).toBe(12.5 * MIB);
    for (let i = 0; i < 20; i++) sizes.learn(undefined, null);
    expect(sizes.unknown).toBe(MIB / 4);
    expect(sizes.learn(undefined, 3 * MIB)).toBe(3 * MIB);
    expect(sizes.unknown).toBe(6 * MIB);
    sizes.learn(undefined, null);
    expect(sizes.unknown).toBe(6 * MIB);
    sizes.learn(undefined, 20 * MIB);
    expect(sizes.unknown).toBe(25 * MIB);
  });

  test("rises at once and falls slowly", () => {
    const sizes = createAnswerSizes(25 * MIB);
    let expected = sizes.learn(undefined, 200);
    expect(expected).toBe(ANSWER_MIN_BYTES);
    expected = sizes.learn(expected, 10 * MIB);
    expect(expected).toBe(10 * MIB);
    expected = sizes.learn(expected, 200);
    expect(expected).toBeGreaterThan(9 * MIB);
    for (let i = 0; i < 200; i++) expected = sizes.learn(expected, 200);
    expect(expected).toBeLessThan(ANSWER_MIN_BYTES * 2);
  });
});
