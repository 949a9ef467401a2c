import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBudget } from "../../../replay/pace/budget.ts";
import { createHealth } from "../../../replay/pace/health.ts";
import { createLimiter } from "../../../replay/pace/limiter.ts";
import { failure } from "../../../replay/targets/target.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("the limiter", () => {
  test("runs every job, never above either bound, whatever endpoints, waits and order", async () => {
    const job = fc.record({ endpoint: fc.constantFrom("a", "b", "c"), turns: fc.nat(3), waits: fc.nat(2) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(job, { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        async (jobs, perEndpoint, total) => {
          const limiter = createLimiter({ perEndpoint, total });
          const atWork = new Map<string, number>();
          let onWire = 0;
          let done = 0;
          const check = (): void => {
            expect(onWire).toBeLessThanOrEqual(total);
            expect(limiter.onWire).toBeLessThanOrEqual(total);
            for (const n of atWork.values()) expect(n).toBeLessThanOrEqual(perEndpoint);
          };
          const all = jobs.map(
            ({ endpoint, turns, waits }) =>
              new Promise<void>((resolve) => {
                limiter.submit(endpoint, async (slot) => {
                  atWork.set(endpoint, (atWork.get(endpoint) ?? 0) + 1);
                  for (let wait = 0; ; wait++) {
                    onWire++;
                    check();
                    for (let i = 0; i < turns; i++) await turn();
                    onWire--;
                    if (wait === waits) break;
                    slot.leave();
                    await turn();
                    await slot.enter();
                  }
                  atWork.set(endpoint, (atWork.get(endpoint) ?? 1) - 1);
                  done++;
                  resolve();
                });
              }),
          );
          await Promise.all(all);
          expect(done).toBe(jobs.length);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("lets endpoints take turns, however long the queue of the first", async () => {
    const limiter = createLimiter({ perEndpoint: 5, total: 1 });
    const order: string[] = [];
    const done: Promise<void>[] = [];
    const submit = (endpoint: string): void => {
      done.push(
        new Promise((resolve) =>
          limiter.submit(endpoint, async () => {
            order.push(endpoint);
            await turn();
            resolve();
          }),
        ),
      );
    };
    for (let i = 0; i < 3_000; i++) submit("a");
    for (let i = 0; i < 3; i++) submit("b");
    await Promise.all(done);
    expect(order.slice(0, 7).join("")).toBe("aabababa".slice(0, 7));
    expect(order.length).toBe(3_003);
  });

  test("keeps the place at the endpoint of a request that waits, and gives its place on the wire to others", async () => {
    const limiter = createLimiter({ perEndpoint: 1, total: 1 });
    const order: string[] = [];
    let wake = (): void => {};
    limiter.submit("a", async (slot) => {
      slot.leave();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      await slot.enter();
      order.push("a1");
    });
    limiter.submit("a", async () => void order.push("a2"));
    limiter.submit("b", async () => void order.push("b1"));
    await turn();
    expect(order).toEqual(["b1"]);
    wake();
    await turn();
    await turn();
    expect(order).toEqual(["b1", "a1", "a2"]);
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
    budget.free(50);
    await waiting;
    expect(budget.used).toBe(4);
    budget.add(20);
    let room = false;
    const open = budget.room().then(() => {
      room = true;
    });
    await turn();
    expect(room).toBe(false);
    budget.free(15);
    await open;
    expect(budget.used).toBe(9);
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
    const health = createHealth(100, (endpoint) => parked.push(endpoint));
    for (const [at, reply] of tries) health.note("e", reply, at);
    expect(parked).toEqual(expected ? ["e"] : []);
    expect(health.parked("e")?.reason).toBe(expected ? "endpoint_unreachable" : undefined);
  });
});
