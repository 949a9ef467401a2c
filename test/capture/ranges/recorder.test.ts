import { describe, expect, test } from "vitest";
import { createSampler } from "../../../capture/mapping/sample.ts";
import { captureKey } from "../../../src/lake/keys.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/port.ts";
import { finish, ID, type Slot, startWriter } from "./simulation.ts";

const records = (n: number): Slot[] => Array.from({ length: n }, () => "record");

async function firsts(store: Store): Promise<number[]> {
  const found: number[] = [];
  for await (const { key } of store.list("captures/")) found.push(Number(key.slice(-28, -8)));
  return found;
}

describe("rotation", () => {
  test("by records", async () => {
    const store = memoryStore();
    await finish(await startWriter(store, records(10), { rotate: { records: 4 } }), records(10));
    expect(await firsts(store)).toEqual([0, 4, 8]);
  });

  test("by bytes before compression", async () => {
    const store = memoryStore();
    await finish(await startWriter(store, records(10), { rotate: { bytes: 400 } }), records(10));
    const found = await firsts(store);
    expect(found.length).toBeGreaterThan(2);
    expect(found.length).toBeLessThan(10);
  });

  test("by the interval, also while no message comes, and never an empty range", async () => {
    const store = memoryStore();
    const writer = await startWriter(store, records(10), { rotate: { interval: "5m" } });
    writer.clock.advance(600_000);
    writer.recorder.tick();
    writer.feed(records(10), 3);
    writer.clock.advance(299_999);
    writer.recorder.tick();
    expect(writer.sink.next).toBe(3n);
    await writer.sink.settled;
    expect(await firsts(store)).toEqual([]);
    writer.clock.advance(1);
    writer.recorder.tick();
    await writer.sink.settled;
    writer.clock.advance(600_000);
    writer.recorder.tick();
    await writer.sink.settled;
    expect(await firsts(store)).toEqual([0]);
  });

  test("under memory pressure the source waits until the largest partition is durable", async () => {
    const store = memoryStore();
    const writer = await startWriter(store, records(400), { memory: "700KB" });
    writer.feed(records(400), 300);
    const room = writer.recorder.room();
    expect(room).toBeDefined();
    await room;
    expect(await firsts(store)).toEqual([0]);
    expect(writer.recorder.room()).toBeUndefined();
  });
});

describe("rejects", () => {
  const half: Slot[] = Array.from({ length: 400 }, (_, i) => (i % 2 ? "broken" : "record"));

  test("above the share allowed stop the capture, after what was consumed is durable", async () => {
    const store = memoryStore();
    const writer = await startWriter(store, half, { maxRejectRate: 0.2 });
    writer.feed(half, 90);
    expect(writer.recorder.failed.aborted).toBe(false);
    writer.feed(half, 20);
    expect(writer.recorder.failed.reason).toMatchObject({
      code: "REJECT_RATE",
      exitCode: 2,
      details: {
        received: expect.stringContaining("bad_json 5"),
        place: expect.stringMatching(/^topic@00000000\/3\/1: not JSON/),
      },
    });
    await writer.recorder.flush();
    expect(writer.recorder.totals).toMatchObject({ consumed: 110, captured: 55, rejected: 55 });
  });

  test("at the share allowed do not", async () => {
    const writer = await startWriter(memoryStore(), half, { maxRejectRate: 0.5 });
    await finish(writer, half);
    expect(writer.recorder.totals).toMatchObject({ consumed: 400, captured: 200, rejected: 200 });
  });
});

describe("a store that fails", () => {
  test("stops the capture, and no later range is written past the hole", async () => {
    const store = memoryStore();
    const key = captureKey({ ...ID, first: 4n });
    const broken: Store = {
      ...store,
      put: (name, body, options) =>
        name === key ? Promise.reject(new Error("disk on fire")) : store.put(name, body, options),
    };
    const writer = await startWriter(broken, records(12), { rotate: { records: 4 } });
    writer.feed(records(12), 12);
    await writer.recorder.flush();
    expect(writer.recorder.failed.reason).toMatchObject({ message: "disk on fire" });
    expect(await firsts(store)).toEqual([0]);
  });
});

describe("a sample", () => {
  const sampler = createSampler([
    { models: "a/*", rate: 0 },
    { models: "*", rate: 0.25 },
    { models: "b", rate: 1 },
  ]);

  test("is decided by the first pattern that matches the model, by id alone", () => {
    const kept = (model: string): number =>
      Array.from({ length: 4_000 }, (_, i) => sampler({ id: `id${i}`, model })).filter(Boolean).length;
    expect(kept("a/x")).toBe(0);
    expect(kept("b")).toBeGreaterThan(900);
    expect(kept("b")).toBeLessThan(1_100);
    expect(kept("b")).toBe(kept("b"));
  });

  test("keeps everything of a model that no pattern matches", () => {
    expect(createSampler([{ models: "x", rate: 0 }])({ id: "id", model: "y" })).toBe(true);
  });

  test("counts what it leaves out", async () => {
    const store = memoryStore();
    const writer = await startWriter(store, records(30), { sample: [{ models: "m1", rate: 0 }] });
    await finish(writer, records(30));
    expect(writer.recorder.totals).toMatchObject({ consumed: 30, captured: 20, sampledOut: 10 });
  });
});
