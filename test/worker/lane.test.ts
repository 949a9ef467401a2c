import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { CutoverError } from "../../src/errors.ts";
import { LIMITS } from "../../src/limits.ts";
import type { ReceivedOrder } from "../../src/queue/port.ts";
import type { WorkBatch } from "../../src/queue/work.ts";
import { createGate } from "../../worker/gate.ts";
import { createLane } from "../../worker/lane.ts";
import { createTurns } from "../../worker/turns.ts";
import { silent } from "../support/session.ts";

const order = (position: number, run = "r", bucket = 3): ReceivedOrder => ({
  position: BigInt(position),
  order: { work: "replay", run, key: `k${position}`, bucket },
});

interface Setup {
  readonly run?: (batch: WorkBatch) => Promise<boolean>;
  readonly acknowledge?: (next: bigint) => Promise<void>;
  readonly before?: Promise<void>;
}

function laneOf({ run = async () => true, acknowledge = async () => {}, before = Promise.resolve() }: Setup = {}) {
  const open = { gate: true };
  const seen = {
    batches: [] as WorkBatch[],
    acknowledged: [] as bigint[],
    faults: [] as unknown[],
    paused: 0,
    resumed: 0,
    units: 0,
  };
  const tenure = { maySend: () => open.gate, holds: () => true } as unknown as Parameters<typeof createGate>[0];
  const lane = createLane({
    partition: 3,
    work: {
      requestMs: 1_000,
      run: (batch) => {
        seen.batches.push(batch);
        return run(batch);
      },
      close: async () => {},
    },
    gate: createGate(tenure, systemClock),
    turns: createTurns(2),
    consumer: {
      pause: () => void seen.paused++,
      resume: () => void seen.resumed++,
      async acknowledge(_, next) {
        await acknowledge(next);
        seen.acknowledged.push(next);
      },
    },
    log: silent,
    clock: systemClock,
    before,
    onUnits: (done) => {
      seen.units += done;
    },
    onFault: (error) => void seen.faults.push(error),
  });
  return { lane, seen, open };
}

async function until(check: () => boolean): Promise<void> {
  await expect.poll(check, { timeout: 10_000 }).toBe(true);
}

test("units of one run are one piece of work, each capture object once, acknowledged when all of it is done", async () => {
  const hold = Promise.withResolvers<boolean>();
  const { lane, seen } = laneOf({ run: () => hold.promise });
  lane.receive([order(5), order(6), { ...order(7), order: order(5).order }]);
  await until(() => seen.batches.length === 1);
  expect(seen.batches[0]).toMatchObject({ run: "r", bucket: 3, keys: ["k5", "k6"] });
  expect(seen.acknowledged).toEqual([]);
  expect(lane.waiting).toBe(3);
  hold.resolve(true);
  await until(() => seen.acknowledged.length === 1);
  expect(seen).toMatchObject({ acknowledged: [8n], units: 3 });
  await lane.stop(false);
});

test("units of another run are the next piece of work", async () => {
  const { lane, seen } = laneOf();
  lane.receive([order(0), order(1), order(2, "other"), order(3)]);
  await until(() => seen.acknowledged.includes(4n));
  expect(seen.batches.map(({ run, keys }) => [run, keys])).toEqual([
    ["r", ["k0", "k1"]],
    ["other", ["k2"]],
    ["r", ["k3"]],
  ]);
  await lane.stop(false);
});

test("work that was ended before its end is not acknowledged, and done again", async () => {
  let times = 0;
  const { lane, seen } = laneOf({ run: async () => ++times > 1 });
  lane.receive([order(0)]);
  await until(() => seen.acknowledged.length === 1);
  expect(seen.batches.map(({ keys }) => keys)).toEqual([["k0"], ["k0"]]);
  await lane.stop(false);
});

test("nothing is begun while the gate is closed, nor before what this process did with the bucket before has ended", async () => {
  const before = Promise.withResolvers<void>();
  const { lane, seen, open } = laneOf({ before: before.promise });
  open.gate = false;
  lane.receive([order(0)]);
  before.resolve();
  await systemClock.sleep(250);
  expect(seen.batches).toEqual([]);
  open.gate = true;
  await until(() => seen.acknowledged.length === 1);
  await lane.stop(false);
  const late = Promise.withResolvers<void>();
  const next = laneOf({ before: late.promise });
  next.lane.receive([order(0)]);
  await systemClock.sleep(250);
  expect(next.seen.batches).toEqual([]);
  late.resolve();
  await until(() => next.seen.acknowledged.length === 1);
  await next.lane.stop(false);
});

test("what comes again after a rebalance is not done again", async () => {
  const { lane, seen } = laneOf();
  lane.receive([order(0), order(1)]);
  lane.receive([order(0), order(1), order(2)]);
  await until(() => seen.acknowledged.includes(3n));
  expect(seen.batches.flatMap(({ keys }) => keys)).toEqual(["k0", "k1", "k2"]);
  await lane.stop(false);
});

test("a bucket that is another's now is not acknowledged; one that is only stopped is, once it is stored", async () => {
  for (const lost of [true, false]) {
    const hold = Promise.withResolvers<boolean>();
    const { lane, seen } = laneOf({ run: () => hold.promise });
    lane.receive([order(0)]);
    await until(() => seen.batches.length === 1);
    const stopped = lane.stop(lost);
    expect(seen.batches[0]?.stop.aborted).toBe(true);
    hold.resolve(true);
    await stopped;
    expect(seen.acknowledged).toEqual(lost ? [] : [1n]);
  }
});

test("an acknowledgement that fails while the group moves is made again, though no further unit comes", async () => {
  let moving = true;
  const { lane, seen } = laneOf({
    acknowledge: () => (moving ? Promise.reject(new Error("the group moves")) : Promise.resolve()),
  });
  lane.receive([order(0), order(1, "other")]);
  await until(() => seen.units === 2);
  expect(seen).toMatchObject({ faults: [], acknowledged: [] });
  moving = false;
  await until(() => seen.acknowledged.includes(2n));
  await lane.stop(false);
});

test("a lane ends also when no acknowledgement is taken any more: the units come again", async () => {
  const { lane, seen } = laneOf({ acknowledge: () => Promise.reject(new Error("gone")) });
  lane.receive([order(0)]);
  await until(() => seen.units === 1);
  await lane.stop(false);
  expect(seen).toMatchObject({ faults: [], acknowledged: [] });
});

test.each<[string, ReceivedOrder]>([
  ["no unit", { position: 0n, order: undefined }],
  ["a unit of another bucket", order(0, "r", 4)],
])("%s is passed over", async (_, bad) => {
  const { lane, seen } = laneOf();
  lane.receive([bad, order(1)]);
  await until(() => seen.acknowledged.includes(2n));
  expect(seen.batches.map(({ keys }) => keys)).toEqual([["k1"]]);
  await lane.stop(false);
});

test("a run that is gone is passed over; any other fault ends the worker, and nothing is acknowledged", async () => {
  const gone = laneOf({ run: () => Promise.reject(new CutoverError("RUN_MISSING", "there is no run r")) });
  gone.lane.receive([order(0)]);
  await until(() => gone.seen.acknowledged.length === 1);
  await gone.lane.stop(false);
  const fault = new CutoverError("STORE_DENIED", "no");
  const other = laneOf({ run: () => Promise.reject(fault) });
  other.lane.receive([order(0)]);
  await until(() => other.seen.faults.length === 1);
  expect(other.seen).toMatchObject({ faults: [fault], acknowledged: [] });
  await other.lane.stop(false);
});

test("more units than may be read ahead are not asked for until half of them are done", async () => {
  const hold = Promise.withResolvers<boolean>();
  const { lane, seen } = laneOf({ run: () => hold.promise });
  lane.receive(Array.from({ length: LIMITS.workerOrders }, (_, i) => order(i)));
  expect(lane.hasRoom).toBe(false);
  expect(seen.paused).toBe(1);
  expect(seen.resumed).toBe(0);
  hold.resolve(true);
  await until(() => seen.units === LIMITS.workerOrders);
  expect(lane.hasRoom).toBe(true);
  expect(seen.resumed).toBeGreaterThan(0);
  for (const { keys } of seen.batches) expect(keys.length).toBeLessThanOrEqual(LIMITS.workerBatch);
  await lane.stop(false);
});

test("units of a comparison are a piece of work of their own, which waits for no request of an owner before", async () => {
  const { lane, seen, open } = laneOf();
  open.gate = false;
  const compare = (position: number, asked: string): ReceivedOrder => ({
    position: BigInt(position),
    order: { work: "compare", run: "r", key: `k${position}`, bucket: 3, asked },
  });
  lane.receive([compare(1, "a"), compare(2, "a"), compare(3, "b"), order(4)]);
  await until(() => seen.batches.length === 2);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(seen.batches).toHaveLength(2);
  expect(seen.batches.map(({ mayTry }) => mayTry())).toEqual([true, true]);
  open.gate = true;
  await until(() => seen.batches.length === 3);
  expect(seen.batches).toMatchObject([
    { kind: "compare", asked: "a", keys: ["k1", "k2"] },
    { kind: "compare", asked: "b", keys: ["k3"] },
    { kind: "replay", keys: ["k4"] },
  ]);
  expect(seen.batches[2]?.asked).toBeUndefined();
  await lane.stop(false);
});
