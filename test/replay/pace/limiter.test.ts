import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAnswerSizes } from "../../../replay/pace/answer-size.ts";
import { createBudget } from "../../../replay/pace/budget.ts";
import { EndpointPace, type PaceSettings } from "../../../replay/pace/endpoint.ts";
import { createHealth } from "../../../replay/pace/health.ts";
import type { Slot } from "../../../replay/pace/lane.ts";
import { createLimiter, type Limiter, type Limits, type Rate } from "../../../replay/pace/limiter.ts";
import { type Fate, failure } from "../../../replay/targets/target.ts";
import type { Clock } from "../../../src/clock.ts";
import { simulatedClock } from "../../support/simulated-clock.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface World {
  readonly limits: Limits;
  readonly rate?: Rate;
  readonly pace?: Partial<PaceSettings>;
  readonly memory?: number;
  readonly maxResponse?: number;
}

function limiterOf(clock: Clock, { limits, rate, pace, memory = 1e12, maxResponse = 1_000 }: World) {
  const sizes = createAnswerSizes(maxResponse);
  const paces = new Map<string, EndpointPace>();
  const settings = { ...limits, adaptive: false, rampUp: 0, retryBudget: 1, brokenMs: 60_000, ...pace };
  const budget = createBudget(memory);
  const limiter: Limiter = createLimiter({
    clock,
    limits,
    rate,
    memory: budget,
    onBlocked() {},
    paceOf(endpoint) {
      const made = new EndpointPace(settings, sizes);
      paces.set(endpoint, made);
      return made;
    },
  });
  /** Submits a job whose endpoint is awake already. */
  const submit = (endpoint: string, job: (slot: Slot) => Promise<void>): Promise<void> =>
    new Promise((resolve) => {
      limiter.submit(endpoint, async (slot) => {
        if (slot) await job(slot);
        resolve();
      });
    });
  return { limiter, paces, submit, budget };
}

/** The endpoint answers at once, so that it is not cold any more. */
async function warm({ submit }: ReturnType<typeof limiterOf>, ...endpoints: string[]): Promise<void> {
  await Promise.all(endpoints.map((endpoint) => submit(endpoint, async (slot) => answered(slot, 0))));
}

function answered(slot: Slot, now: number, fate: Fate = "ok", startedAt = now): void {
  slot.pace.note(fate, fate === "ok" ? 10 : null, startedAt, now);
}

describe("the limiter", () => {
  const FATES: Fate[] = ["ok", "ok", "ok", "throttled", "not_ready", "unavailable", "timeout", "model_fault"];
  const job = fc.record({
    endpoint: fc.constantFrom("a", "b", "c"),
    tries: fc.array(fc.record({ ms: fc.nat(300), wait: fc.nat(200), fate: fc.constantFrom(...FATES) }), {
      minLength: 1,
      maxLength: 3,
    }),
    arrivesAt: fc.nat(500),
  });
  const perSecond = fc.option(fc.constantFrom(0.5, 1, 3, 7.5, 20, 55, 400), { nil: undefined });
  const world = fc.record({
    limits: fc.record({ perEndpoint: fc.integer({ min: 1, max: 4 }), total: fc.integer({ min: 1, max: 6 }) }),
    rate: fc.record({ perEndpoint: perSecond, total: perSecond }),
    pace: fc.record({ adaptive: fc.boolean(), rampUp: fc.constantFrom(0, 100, 2_000) }),
    memory: fc.constantFrom(1, 10_000, 30_000, 1e12),
  });

  test("runs every job once, never above a bound of places, rate or bytes, whatever comes in whatever order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(job, { maxLength: 40 }), world, async (jobs, options) => {
        const clock = simulatedClock();
        const { limiter, submit, budget } = limiterOf(clock, { ...options, maxResponse: 12_000 });
        const atWork = new Map<string, number>();
        const wire = new Map<string, number>();
        const starts: { readonly endpoint: string; readonly at: number }[] = [];
        const runs = jobs.map(() => 0);
        const wrong: string[] = [];
        const hold = (isSo: boolean, what: string): void => void (isSo || wrong.push(what));
        let onWire = 0;
        let done = 0;
        const add = (counts: Map<string, number>, endpoint: string, by: number): number => {
          const n = (counts.get(endpoint) ?? 0) + by;
          counts.set(endpoint, n);
          return n;
        };
        const { perEndpoint, total } = options.limits;
        jobs.forEach(({ endpoint, tries, arrivesAt }, i) => {
          void clock.sleep(arrivesAt).then(() =>
            submit(endpoint, async (slot) => {
              runs[i] = (runs[i] ?? 0) + 1;
              hold(add(atWork, endpoint, 1) <= perEndpoint, "at work per endpoint");
              for (const [n, { ms, wait, fate }] of tries.entries()) {
                const startedAt = clock.monotonic();
                starts.push({ endpoint, at: startedAt });
                const limit = slot.pace.limit(startedAt);
                hold(limit >= 1 && limit <= perEndpoint, "the limit that was found");
                hold(add(wire, endpoint, 1) <= limit, "on the wire per endpoint");
                hold(++onWire <= total && onWire <= limiter.onWire && limiter.onWire <= total, "on the wire");
                hold(onWire === 1 || budget.used <= options.memory, "bytes");
                await clock.sleep(ms);
                onWire--;
                add(wire, endpoint, -1);
                answered(slot, clock.monotonic(), fate, startedAt);
                if (n === tries.length - 1) break;
                slot.leave();
                await clock.sleep(wait);
                await slot.enter();
              }
              add(atWork, endpoint, -1);
              done++;
            }),
          );
        });
        if (jobs.length > 0) await clock.runUntil(() => done === jobs.length);
        await turn();
        expect(wrong).toEqual([]);
        expect(runs.every((n) => n === 1)).toBe(true);
        expect(limiter.onWire).toBe(0);
        expect(budget.used).toBe(0);
        within(starts, options.rate.total);
        for (const name of ["a", "b", "c"])
          within(
            starts.filter((s) => s.endpoint === name),
            options.rate.perEndpoint,
          );
      }),
      { numRuns: 400 },
    );
  });

  /** In every window: at most the burst and what the rate brings. */
  function within(starts: readonly { readonly at: number }[], rate: number | undefined): void {
    if (rate === undefined) return;
    const burst = Math.max(rate / 10, 1);
    for (let i = 0; i < starts.length; i++) {
      for (let j = i; j < starts.length; j++) {
        const ms = (starts[j]?.at ?? 0) - (starts[i]?.at ?? 0);
        expect(j - i + 1).toBeLessThanOrEqual(burst + (rate * ms) / 1_000 + 1e-6);
      }
    }
  }

  test("keeps a rate to its full, without dropping", async () => {
    const clock = simulatedClock();
    const world = limiterOf(clock, { limits: { perEndpoint: 50, total: 50 }, rate: { total: 40, perEndpoint: 15 } });
    let done = 0;
    for (const endpoint of ["a", "b", "c", "d"]) {
      for (let i = 0; i < 100; i++) {
        void world.submit(endpoint, async (slot) => {
          await clock.sleep(5);
          answered(slot, clock.monotonic());
          done++;
        });
      }
    }
    await clock.runUntil(() => done === 400);
    // 400 at 40 a second, less the burst of 4; timers count whole milliseconds.
    expect(clock.monotonic()).toBeGreaterThanOrEqual(9_900);
    expect(clock.monotonic()).toBeLessThan(10_500);
  });

  test("none of 400 endpoints starves under the total, however long the queues, slow the others and many the retries", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.record({ ms: fc.integer({ min: 1, max: 50 }), retries: fc.boolean() }), {
          minLength: 400,
          maxLength: 400,
        }),
        fc.option(fc.constantFrom(50, 1_000), { nil: undefined }),
        async (total, endpoints, perSecond) => {
          const clock = simulatedClock();
          const world = limiterOf(clock, { limits: { perEndpoint: 3, total }, rate: { total: perSecond } });
          const order: number[] = [];
          let waiting = 0;
          endpoints.forEach(({ ms, retries }, endpoint) => {
            for (let i = 0; i < 4; i++) {
              void world.submit(`${endpoint}`, async (slot) => {
                for (let attempt = 0; attempt < (retries ? 3 : 1); attempt++) {
                  if (attempt > 0) await slot.enter();
                  order.push(endpoint);
                  await clock.sleep(ms);
                  answered(slot, clock.monotonic(), retries && attempt < 2 ? "throttled" : "ok");
                  if (retries && attempt < 2) slot.leave();
                }
                waiting--;
              });
              waiting++;
            }
          });
          await clock.runUntil(() => order.length >= 400 || waiting === 0);
          // In the first round each has had its turn, and none a second.
          expect(new Set(order.slice(0, 400)).size).toBe(400);
          await clock.runUntil(() => waiting === 0);
        },
      ),
      { numRuns: 5 },
    );
  });

  test("lets endpoints take turns, however long the queue of the first", async () => {
    const world = limiterOf(simulatedClock(), { limits: { perEndpoint: 5, total: 1 } });
    await warm(world, "a", "b");
    const order: string[] = [];
    const done: Promise<void>[] = [];
    const submit = (endpoint: string): void => {
      done.push(
        world.submit(endpoint, async () => {
          order.push(endpoint);
          await turn();
        }),
      );
    };
    for (let i = 0; i < 3_000; i++) submit("a");
    for (let i = 0; i < 3; i++) submit("b");
    await Promise.all(done);
    expect(order.slice(0, 7).join("")).toBe("aabababa".slice(0, 7));
    expect(order.length).toBe(3_003);
  });

  test("keeps the place at the endpoint of a request that waits, and gives its place on the wire to others", async () => {
    const world = limiterOf(simulatedClock(), { limits: { perEndpoint: 1, total: 1 } });
    await warm(world, "a", "b");
    const order: string[] = [];
    let wake = (): void => {};
    void world.submit("a", async (slot) => {
      slot.leave();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      await slot.enter();
      order.push("a1");
    });
    void world.submit("a", async () => void order.push("a2"));
    void world.submit("b", async () => void order.push("b1"));
    await turn();
    expect(order).toEqual(["b1"]);
    wake();
    await turn();
    await turn();
    expect(order).toEqual(["b1", "a1", "a2"]);
  });

  test("sends one request to an endpoint that has not answered yet, and one at a time when it is not ready again", async () => {
    const clock = simulatedClock();
    const world = limiterOf(clock, { limits: { perEndpoint: 4, total: 100 } });
    let peak = 0;
    let now = 0;
    let done = 0;
    let script: Fate[] = ["not_ready", "not_ready", "ok"];
    for (let i = 0; i < 12; i++) {
      void world.submit("a", async (slot) => {
        for (;;) {
          peak = Math.max(peak, ++now);
          await clock.sleep(10);
          now--;
          const fate = script.shift() ?? "ok";
          answered(slot, clock.monotonic(), fate);
          if (fate === "ok") break;
          slot.leave();
          await clock.sleep(100);
          await slot.enter();
        }
        if (done++ === 0) expect(peak).toBe(1);
      });
    }
    await clock.runUntil(() => done === 4);
    expect(peak).toBe(4);
    script = Array.from({ length: 8 }, () => "not_ready" as const);
    await clock.runUntil(() => script.length === 4);
    peak = 0;
    await clock.runUntil(() => script.length === 0);
    expect(peak).toBe(1);
    await clock.runUntil(() => done === 12);
  });

  test("drops what has not begun, and lets what waits come back, of a lane that is released", async () => {
    const world = limiterOf(simulatedClock(), {
      limits: { perEndpoint: 2, total: 2 },
      rate: { perEndpoint: 0.001 },
    });
    const seen: string[] = [];
    const drained = new Promise<void>((resolve) => {
      world.limiter.submit("a", async (slot) => {
        slot?.leave();
        await slot?.enter();
        seen.push("back");
        resolve();
      });
    });
    for (let i = 0; i < 3; i++) world.limiter.submit("a", async (slot) => void seen.push(slot ? "ran" : "dropped"));
    await turn();
    expect(seen).toEqual([]);
    world.limiter.release("a");
    await drained;
    expect(seen).toEqual(["dropped", "dropped", "dropped", "back"]);
    world.limiter.submit("a", async (slot) => void seen.push(slot ? "ran" : "dropped"));
    expect(seen.at(-1)).toBe("dropped");
    expect(world.limiter.onWire).toBe(0);
    expect(world.budget.used).toBe(0);
  });
});

describe("the budget", () => {
  test("makes takers wait until there is room, and lets one pass that is larger than all of it", async () => {
    const budget = createBudget(10);
    await budget.take(50);
    let taken = false;
    const waiting = budget.take(4).then(() => {
      taken = true;
    });
    await turn();
    expect(taken).toBe(false);
    expect(budget.waiting).toBe(true);
    budget.free(50);
    await waiting;
    expect(budget.used).toBe(4);
    expect(budget.waiting).toBe(false);
    budget.add(20);
    expect(budget.tryTake(1)).toBe(false);
    let freed = 0;
    budget.onceFreed(() => freed++);
    budget.free(20);
    budget.free(1);
    expect(freed).toBe(1);
    expect(budget.tryTake(7)).toBe(true);
    expect(budget.used).toBe(10);
  });
});

describe("an endpoint is parked", () => {
  const refused = failure("refused", "ECONNREFUSED", "no");
  const ok = failure("unavailable", "http_503", "busy");
  test.each<[string, readonly (readonly [number, typeof ok])[], boolean]>([
    ["when refused for long enough", [0, 30, 60, 90, 120].map((at) => [at, refused] as const), true],
    ["not when refused often within a moment", Array.from({ length: 50 }, (_, i) => [i, refused] as const), false],
    ["not when refused seldom", [0, 50, 100, 150].map((at) => [at, refused] as const), false],
    [
      "not when it answered anything in between",
      [
        [0, refused],
        [30, refused],
        [60, ok],
        [90, refused],
        [100, refused],
        [110, refused],
        [140, refused],
      ],
      false,
    ],
  ])("%s", (_name, tries, expected) => {
    const parked: string[] = [];
    const health = createHealth(100, new AbortController().signal, (endpoint) => parked.push(endpoint));
    for (const [at, reply] of tries) health.note("e", reply, at);
    expect(parked).toEqual(expected ? ["e"] : []);
    expect(health.parked("e")?.reason).toBe(expected ? "endpoint_unreachable" : undefined);
  });
});
