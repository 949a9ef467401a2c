import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTenure, marginOf } from "../../worker/tenure.ts";
import { ACTS, type Act, simulate } from "./simulation.ts";

const TIMES = { sessionMs: 6_000, marginMs: 1_000, requestMs: 3_000 };

describe("a tenure", () => {
  test("sends nothing before the group has given out its buckets, nor before a heartbeat was answered", () => {
    const tenure = createTenure(TIMES);
    expect(tenure.maySend(0, 1_000_000)).toBe(false);
    tenure.assigned([0], "a", 0);
    expect(tenure.maySend(0, 9_500)).toBe(false);
    tenure.beat(9_600);
    tenure.beat(9_700);
    expect(tenure.maySend(0, 9_800)).toBe(true);
    expect(tenure.maySend(1, 9_800)).toBe(false);
  });

  test("of a new owner begins a session and a request's time-out after it was given the bucket", () => {
    const tenure = createTenure(TIMES);
    tenure.assigned([0], "a", 100);
    for (let now = 1_000; now <= 9_000; now += 1_000) {
      tenure.beat(now);
      expect(tenure.maySend(0, now)).toBe(false);
    }
    expect(tenure.maySend(0, 9_099)).toBe(false);
    expect(tenure.maySend(0, 9_100)).toBe(true);
  });

  test("counts from when a heartbeat can at the earliest have been sent, not from its answer", () => {
    const tenure = createTenure(TIMES);
    tenure.assigned([0], "a", 0);
    tenure.beat(10_000);
    tenure.beat(11_000);
    // Stopped with a heartbeat on its way: the answer lies in the socket, and is read after a minute.
    tenure.beat(71_000);
    expect(tenure.maySend(0, 71_000)).toBe(false);
    tenure.beat(72_000);
    expect(tenure.maySend(0, 72_000)).toBe(true);
  });

  test("is over a margin before the session can be", () => {
    const tenure = createTenure(TIMES);
    tenure.assigned([0], "a", 0);
    tenure.beat(20_000);
    tenure.beat(21_000);
    expect(tenure.maySend(0, 24_999)).toBe(true);
    expect(tenure.maySend(0, 25_000)).toBe(false);
  });

  test("goes on at once with what it keeps when the group moves, and waits with what is new", () => {
    const tenure = createTenure(TIMES);
    tenure.assigned([0, 1], "a", 0);
    tenure.beat(20_000);
    tenure.moving();
    tenure.beat(20_100);
    expect(tenure.maySend(0, 20_100)).toBe(false);
    expect(tenure.assigned([1, 2], "a", 20_200)).toEqual({ started: [2], kept: [1], lost: [0] });
    tenure.beat(20_300);
    expect([0, 1, 2].map((partition) => tenure.maySend(partition, 20_300))).toEqual([false, true, false]);
    tenure.beat(28_000);
    tenure.beat(29_000);
    expect(tenure.maySend(2, 29_199)).toBe(false);
    expect(tenure.maySend(2, 29_200)).toBe(true);
  });

  test("of a member that was put out and comes back begins anew: others may have had its buckets", () => {
    const tenure = createTenure(TIMES);
    tenure.assigned([0], "a", 0);
    tenure.beat(20_000);
    expect(tenure.assigned([0], "b", 60_000)).toEqual({ started: [0], kept: [], lost: [] });
    tenure.beat(60_500);
    expect(tenure.maySend(0, 60_600)).toBe(false);
    expect(tenure.startsAt(0)).toBe(69_000);
  });
});

/** Groups of three, over minutes: heartbeats late or lost, processes stopped, killed, cut off, joining and leaving. */
const schedule = fc.array(
  fc.record({
    member: fc.nat(2),
    act: fc.constantFrom(...ACTS),
    afterMs: fc.integer({ min: 10, max: 4_000 }),
    forMs: fc.integer({ min: 50, max: 40_000 }),
  }),
  { minLength: 1, maxLength: 40 },
) as fc.Arbitrary<Act[]>;

/** Minutes of simulated time each; on a machine that has much to do that takes a while. */
const RUNS = { numRuns: 200 };
const TIMEOUT_MS = 180_000;
const times = fc
  .record({ sessionMs: fc.integer({ min: 6_000, max: 20_000 }), requestMs: fc.integer({ min: 100, max: 20_000 }) })
  .map((one) => ({ ...one, marginMs: marginOf(one.sessionMs) }));

test("never do two owners of a bucket have requests in flight at once, whatever happens to processes and network", {
  timeout: TIMEOUT_MS,
}, () => {
  let sent = 0;
  fc.assert(
    fc.property(schedule, times, fc.integer(), (acts, all, seed) => {
      const seen = simulate(acts, all, seed);
      sent += seen.sent;
      expect(seen.overlaps).toBe(0);
    }),
    RUNS,
  );
  // Silence would be no proof.
  expect(sent).toBeGreaterThan(1_000);
});

test.each([
  ["a new owner does not wait", { waits: false }],
  ["the time of a heartbeat is that of its answer", { answered: true }],
  ["a stopped process does not look at the clock", { gate: false }],
])("the simulation sees it when %s", { timeout: TIMEOUT_MS }, (_, broken) => {
  const groups = fc.sample(fc.tuple(schedule, times, fc.integer()), { numRuns: 400, seed: 7 });
  const seen = groups.findIndex(([acts, all, seed]) => simulate(acts, all, seed, broken).overlaps > 0);
  expect(seen).not.toBe(-1);
});
