import fc from "fast-check";
import { expect, test } from "vitest";
import { createGuard, type Guard } from "../../../replay/pace/production.ts";
import type { Fate } from "../../../replay/targets/target.ts";

const STATUS: Partial<Record<Fate, number>> = { ok: 200, model_error: 422, model_fault: 500, throttled: 429 };

/** Tries one after the other, `gap` milliseconds apart; stops where the guard ends. Returns how many were made. */
function tries(
  guard: Guard,
  all: Iterable<{ fate: Fate; ms?: number; legacy?: number }>,
  gap: number,
  from = 0,
): number {
  let n = 0;
  for (const { fate, ms = 20, legacy = 200 } of all) {
    guard.note({ fate, status: STATUS[fate] ?? null }, legacy, ms, from + n * gap);
    n++;
    if (guard.ending()) break;
  }
  return n;
}

function* every(n: number, of: number, fate: Fate, total: number): Generator<{ fate: Fate }> {
  for (let i = 1; i <= total; i++) yield { fate: i % of < n ? fate : "ok" };
}

test.each<[string, number, Fate, boolean]>([
  ["1 in 100 throttled", 100, "throttled", false],
  ["1 in 200 reset", 200, "connection", false],
  ["1 in 90 unavailable", 90, "unavailable", true],
  ["1 in 50 timed out", 50, "timeout", true],
  ["1 in 20 faults of the model", 20, "model_fault", true],
  ["1 in 2 answers that are errors", 2, "model_error", false],
])("%s", (_name, of, fate, ends) => {
  const guard = createGuard();
  tries(guard, every(1, of, fate, 5_000), 50);
  expect(guard.ending()?.reason).toBe(ends ? "production_errors" : undefined);
  if (ends) expect(guard.ending()).toMatchObject({ now: true, detail: expect.stringContaining("more than 1 %") });
});

test("a fault that legacy answered to the same input is no sign of suffering", () => {
  const guard = createGuard();
  tries(
    guard,
    Array.from({ length: 500 }, () => ({ fate: "model_fault" as const, legacy: 500 })),
    50,
  );
  expect(guard.ending()).toBeUndefined();
});

test("errors of more than a minute ago are forgotten, and a single one is chance", () => {
  const guard = createGuard();
  tries(guard, [{ fate: "timeout" }], 1);
  tries(guard, every(0, 1, "ok", 50), 1, 10);
  tries(guard, [{ fate: "timeout" }], 1, 70_000);
  expect(guard.ending()).toBeUndefined();
  tries(guard, [{ fate: "timeout" }], 1, 71_000);
  expect(guard.ending()?.reason).toBe("production_errors");
});

test.each<[string, number, number, boolean]>([
  ["doubles and more", 40, 90, true],
  ["grows by half", 40, 60, false],
  ["doubles within noise", 2, 9, false],
])("a p99 that %s", (_name, before, after, ends) => {
  const guard = createGuard();
  tries(
    guard,
    Array.from({ length: 200 }, () => ({ fate: "ok" as const, ms: before })),
    50,
  );
  // 2 % of the answers are slow: a mean would hardly show it.
  const all = Array.from({ length: 4_000 }, (_, i) => ({ fate: "ok" as const, ms: i % 50 === 0 ? after : before }));
  tries(guard, all, 50, 10_000);
  expect(guard.ending()?.reason).toBe(ends ? "production_latency" : undefined);
});

test("at one request a second latency is judged over the last hundred answers", () => {
  const guard = createGuard();
  const of = (n: number, ms: number) => Array.from({ length: n }, () => ({ fate: "ok" as const, ms }));
  tries(guard, of(200, 40), 1_000);
  expect(guard.ending()).toBeUndefined();
  tries(guard, of(30, 400), 1_000, 200_000);
  expect(guard.ending()?.reason).toBe("production_latency");
});

test("of tries that all succeed at a like speed none ends the call, at whatever rate", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 50, max: 99 }), { minLength: 1, maxLength: 2_000 }),
      fc.constantFrom(1, 40, 700, 9_000),
      (latencies, gap) => {
        const guard = createGuard();
        expect(
          tries(
            guard,
            latencies.map((ms) => ({ fate: "ok" as const, ms })),
            gap,
          ),
        ).toBe(latencies.length);
        expect(guard.ending()).toBeUndefined();
      },
    ),
  );
});
