import { describe, expect, test } from "vitest";
import { auditCaptures } from "../../../capture/audit/audit.ts";
import type { Source } from "../../../capture/port.ts";
import { RejectWatch } from "../../../capture/ranges/reject-rate.ts";
import { rereadStage } from "../../../capture/rejects/rejects-stage.ts";
import { runSource } from "../../../capture/stage.ts";
import { seededRandom } from "../../../src/random.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/port.ts";
import { testSession } from "../../support/session.ts";
import { ID } from "./simulation.ts";

/** Messages until the watch says stop; undefined when it never does. */
function stopsAt(allowed: number, messages: number, isRejected: (i: number) => boolean): number | undefined {
  const watch = new RejectWatch(allowed);
  for (let i = 0; i < messages; i++) if (watch.add(isRejected(i))) return i + 1;
  return undefined;
}

describe("too many rejects", () => {
  test.each<[string, number, (i: number) => boolean, number | undefined]>([
    ["all of them, once there are enough to say so", 0.01, () => true, 100],
    ["any, where none is allowed", 0, (i) => i === 500, 501],
    ["any among the first hundred, where none is allowed", 0, (i) => i === 3, 100],
    ["none, where all are allowed", 1, () => true, undefined],
    ["not exactly as many as are allowed", 0.5, (i) => i % 2 === 0, undefined],
    ["not two of the first hundred at one in a hundred", 0.01, (i) => i < 2, undefined],
  ])("are %s", (_name, allowed, isRejected, expected) => {
    expect(stopsAt(allowed, 20_000, isRejected)).toBe(expected);
  });

  test.each([10_000, 100_000, 1_000_000])("are seen within 150 messages after %d good ones", (good) => {
    const at = stopsAt(0.01, good + 1_000, (i) => i >= good) ?? Number.POSITIVE_INFINITY;
    expect(at - good).toBeLessThanOrEqual(150);
  });

  test("are twice the share allowed within some windows, and are not what chance makes of half of it", () => {
    const at = (rate: number, seed: number): number | undefined => {
      const random = seededRandom(seed);
      return stopsAt(0.01, 300_000, () => random() < rate);
    };
    for (let seed = 1; seed <= 5; seed++) {
      expect(at(0.02, seed)).toBeLessThan(60_000);
      expect(at(0.005, seed)).toBeUndefined();
    }
  });
});

const GOOD = 60_000;
const ALL = 70_000;
const BATCH = 100;

/** A topic that names its model otherwise from GOOD on; read in batches, as from Kafka. */
const turnsBad: Source = async ({ sink, ledger, drain, stop }) => {
  const from = await ledger.resume(ID, { low: 0n, high: BigInt(ALL) });
  const open = sink.open(ID, from, { durable: async () => {}, moved: () => {} });
  try {
    while (open.next < BigInt(ALL)) {
      for (let i = 0; i < BATCH; i++) {
        const offset = Number(open.next);
        const name = offset < GOOD ? "model" : "modelName";
        const value = Buffer.from(`{"id":"${offset}","${name}":"m","input":1,"output":2}`);
        open.accept({ offset: open.next, timestamp: 1, key: null, value, valueBytes: value.length, headers: [] });
      }
      await sink.room();
      stop.throwIfAborted();
    }
  } finally {
    await drain();
  }
  return "read to the end";
};

describe("a topic that turns bad after many good messages", () => {
  const run = (store: Store, map: object = {}) =>
    runSource(testSession(store, { config: { capture: { map } } }), turnsBad);
  const sums = async (store: Store) => (await auditCaptures(store, { repair: false })).sums;

  test("stops the capture before rejects fill, with what to do, each time it is started", async () => {
    const store = memoryStore();
    for (let start = 1; start <= 3; start++) {
      await expect(run(store)).rejects.toMatchObject({
        code: "REJECT_RATE",
        exitCode: 2,
        details: {
          received: expect.stringContaining("missing_model"),
          hint: expect.stringContaining("--from-rejects"),
        },
      });
      const { captured, rejected, consumed } = await sums(store);
      expect([captured, consumed]).toEqual([GOOD, GOOD + rejected]);
      expect(rejected).toBeLessThanOrEqual(200 * start);
    }
  });

  test("goes on once the mapping is mended, and loses none of them", async () => {
    const store = memoryStore();
    await expect(run(store)).rejects.toMatchObject({ code: "REJECT_RATE" });
    const { rejected } = await sums(store);
    const map = { model: "$.modelName" };
    await run(store, map);
    const again = await rereadStage(testSession(store, { config: { capture: { map } } }), { dryRun: false });
    expect(again.captured).toBe(rejected);
    const { captured, rejected: still } = await sums(store);
    expect([captured, still]).toEqual([ALL, rejected]);
  });
});
