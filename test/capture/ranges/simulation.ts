/** A log, writers that can be killed at any call of the store, and what a reader then finds in the store. */

import type { CommitHint, LogIdentity, Message, PartitionSink } from "../../../capture/port.ts";
import { createLedger, type Ledger } from "../../../capture/ranges/ledger.ts";
import { createRecorder, type Recorder } from "../../../capture/ranges/recorder.ts";
import type { Clock } from "../../../src/clock.ts";
import { configSchema, type WrittenConfig } from "../../../src/config/schema.ts";
import { shownObjects } from "../../../src/lake/captures.ts";
import { openObject } from "../../../src/parquet/read.ts";
import { CAPTURES, REJECTS, type TableSpec } from "../../../src/record.ts";
import type { Store } from "../../../src/store/port.ts";

export const LOG = "topic@00000000";
export const ID = { log: LOG, partition: 3 };

/** What stands at each position: a record, a tombstone, broken JSON, or nothing. */
export type Slot = "record" | "tombstone" | "broken" | "absent";

export function messageAt(offset: number, slot: Slot): Message {
  const json = `{"id":"r${offset}","model":"m${offset % 3}","input":{"n": ${offset}.0},"output":[${offset}]}`;
  const value = slot === "tombstone" ? null : Buffer.from(slot === "broken" ? json.slice(1) : json);
  return {
    offset: BigInt(offset),
    timestamp: 1_000 + offset,
    key: null,
    value,
    valueBytes: value?.length ?? 0,
    headers: [],
  };
}

export interface FakeClock extends Clock {
  advance(ms: number): void;
}

export function fakeClock(): FakeClock {
  let now = 0;
  return {
    now: () => now,
    monotonic: () => now,
    sleep: () => new Promise(() => {}),
    advance(ms) {
      now += ms;
    },
  };
}

/** A store that stops answering after `puts` writes: before the last one is kept, or (`kept`) after. */
export function killable(store: Store, puts: number, kept: boolean): Store {
  let left = puts;
  const killed = new Error("killed");
  return {
    ...store,
    async put(key, body, options) {
      if (left-- > 0) return store.put(key, body, options);
      if (kept && left === -1) await store.put(key, body, options);
      throw killed;
    },
  };
}

export interface Writer {
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  readonly clock: FakeClock;
  readonly commits: CommitHint[];
  sink: PartitionSink;
  /** Set by the ledger: read on from here. */
  movedTo: bigint | undefined;
  /** Offers positions from the sink's next on, at most `count` of them. Returns whether the end is reached. */
  feed(log: readonly Slot[], count: number): boolean;
}

export async function startWriter(
  store: Store,
  log: readonly Slot[],
  capture: WrittenConfig["capture"] = {},
  hint?: CommitHint,
  low = 0n,
  identity?: LogIdentity,
): Promise<Writer> {
  const ledger = createLedger(store);
  const clock = fakeClock();
  const settings = configSchema.parse({ capture: { maxRejectRate: 1, ...capture } }).capture;
  const recorder = createRecorder({ ledger, settings, clock });
  const from = await ledger.resume(ID, { low, high: BigInt(log.length) }, hint, identity);
  const commits: CommitHint[] = [];
  const writer: Writer = {
    ledger,
    recorder,
    clock,
    commits,
    movedTo: undefined,
    sink: recorder.open(ID, from, {
      durable: async (last, key) => void commits.push({ offset: last + 1n, metadata: key }),
      moved(next) {
        writer.movedTo = next;
      },
    }),
    feed(slots, count) {
      const start = Number(writer.sink.next);
      const end = Math.min(slots.length, start + count);
      for (let at = start; at < end; at++) {
        const slot = slots[at] as Slot;
        if (slot !== "absent") writer.sink.accept(messageAt(at, slot));
      }
      writer.sink.skipTo(BigInt(end));
      return end === slots.length;
    },
  };
  return writer;
}

/** Reads and writes to the end of the log, however often another writer gets in between. */
export async function finish(writer: Writer, log: readonly Slot[], step = 7): Promise<void> {
  for (;;) {
    while (!writer.feed(log, step));
    await writer.recorder.flush();
    writer.recorder.failed.throwIfAborted();
    if (writer.sink.next === BigInt(log.length)) return;
  }
}

/** Rows of a dataset by position; a position that stands twice is listed twice. */
export async function rowsOf(store: Store, table: TableSpec, column: string): Promise<Map<number, string[]>> {
  const rows = new Map<number, string[]>();
  for await (const info of shownObjects(store, `${table.dataset}/`)) {
    const object = await openObject(store, info.key, table);
    for (let group = 0; group < object.rowGroups.length; group++) {
      const values = await object.read(group, ["offset", column]);
      (values.offset ?? []).forEach((offset, i) => {
        const text = Buffer.from((values[column]?.[i] ?? "") as Uint8Array).toString();
        rows.set(Number(offset), [...(rows.get(Number(offset)) ?? []), text]);
      });
    }
  }
  return rows;
}

export const capturedInputs = (store: Store): Promise<Map<number, string[]>> => rowsOf(store, CAPTURES, "input");
export const rejectedValues = (store: Store): Promise<Map<number, string[]>> => rowsOf(store, REJECTS, "value");
