/** How many objects a quiet topic makes: small files are what makes a lake slow. By a simulated clock, all else real. */
import { describe, expect, test } from "vitest";
import { auditCaptures } from "../../../capture/audit/audit.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/port.ts";
import { type Slot, startWriter, type Writer } from "./simulation.ts";

const DAY_S = 86_400;
/** 35 messages a second over six partitions; partitions rotate each by itself, so one of them shows all. */
const PER_SECOND = 35 / 6;
const OBJECTS_A_DAY = 300;

const records = (n: number): Slot[] => Array.from({ length: n }, () => "record");

async function objects(store: Store): Promise<number> {
  let count = 0;
  for await (const _ of store.list("captures/")) count++;
  return count;
}

/** Lets `seconds` go by: messages that have come since, then the tick of every second. */
async function live(writer: Writer, log: readonly Slot[], from: number, seconds: number): Promise<void> {
  for (let second = from; second < from + seconds; second++) {
    writer.clock.advance(1_000);
    const arrived = Math.min(log.length, Math.floor((second + 1) * PER_SECOND));
    writer.feed(log, arrived - Number(writer.sink.next));
    writer.recorder.tick();
    await writer.sink.settled;
  }
}

async function expectOnce(store: Store, consumed: number): Promise<void> {
  expect(await auditCaptures(store, { repair: false })).toMatchObject({ ok: true, sums: { consumed } });
}

describe("a quiet topic at the defaults", { timeout: 180_000 }, () => {
  test("makes at most 300 objects a day and partition", async () => {
    const store = memoryStore();
    const log = records(Math.floor(DAY_S * PER_SECOND));
    const writer = await startWriter(store, log);
    await live(writer, log, 0, DAY_S);
    await writer.recorder.flush();
    expect(await objects(store)).toBeLessThanOrEqual(OBJECTS_A_DAY);
    await expectOnce(store, log.length);
  });

  test.each([
    ["told to stop, one more for each time", true, 4],
    ["killed, none more: what was not durable is read again", false, 0],
  ])("restarted: %s", async (_name, drains, more) => {
    const store = memoryStore();
    const hours = 4;
    const log = records(Math.floor(hours * 3_600 * PER_SECOND));
    let writer = await startWriter(store, log);
    // In the middle of an interval, where it costs most.
    for (let hour = 0; hour < hours; hour++) {
      const offset = hour * 100;
      await live(writer, log, hour * 3_600 + offset, 3_600 - offset);
      if (drains) await writer.recorder.flush();
      writer = await startWriter(store, log);
      await live(writer, log, (hour + 1) * 3_600, (hour + 1) * 100);
    }
    await writer.recorder.flush();
    const perHour = OBJECTS_A_DAY / 24;
    expect(await objects(store)).toBeLessThanOrEqual(hours * perHour + more);
    await expectOnce(store, log.length);
  });

  test("that falls silent is written after the interval, once, and restarts then write nothing", async () => {
    const store = memoryStore();
    const log = records(7);
    const writer = await startWriter(store, log);
    await live(writer, log, 0, 2);
    expect(await objects(store)).toBe(0);
    await live(writer, log, 2, 3_600);
    expect(await objects(store)).toBe(1);
    for (let restart = 0; restart < 5; restart++) {
      const again = await startWriter(store, log);
      await live(again, log, 3_602, 600);
      await again.recorder.flush();
    }
    expect(await objects(store)).toBe(1);
    await expectOnce(store, log.length);
  });
});
