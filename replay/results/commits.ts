/**
 * The results of one unit as a log of commits n = 0, 1, …: each any set of finished positions, sorted by
 * position, by conditional put. When another writer took n, its positions are left out here, now and later (our answer to
 * one of them may still be on its way), and n + 1 is tried: no position is ever stored twice.
 */
import type { Clock } from "../../src/clock.ts";
import { isCutoverError } from "../../src/errors.ts";
import { commitKey, type RangeId } from "../../src/lake/keys.ts";
import { LIMITS } from "../../src/limits.ts";
import { createObjectWriter, type Scratch } from "../../src/parquet/write.ts";
import { REPLAYS, type ReplayedRecord } from "../../src/record.ts";
import type { Store } from "../../src/store/port.ts";
import type { Budget } from "../pace/budget.ts";
import { commitColumns } from "./columns.ts";
import { type CommitFooter, readCommit } from "./stored.ts";
import type { TallyRow } from "./tally.ts";

export interface CommitLimits {
  readonly commitRows: number;
  readonly commitBytes: number;
  readonly commitAgeMs: number;
}

export interface CommitLogOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly run: string;
  readonly range: RangeId;
  /** Key of the capture object. */
  readonly captures: string;
  readonly bucket: number;
  readonly nextN: number;
  readonly call: { readonly number: number; readonly writer: string };
  readonly limits: CommitLimits;
  /** Unsaved bytes of all units. */
  readonly unsaved: Budget;
  /** Rows that are durable now; `ours` is false for those that another writer stored meanwhile. */
  readonly onStored: (rows: readonly TallyRow[], ours: boolean) => void;
  /** Commits are encoded in it, one after the other. */
  readonly scratch: Scratch;
}

export interface CommitLog {
  /** True for a position that another writer was seen to have stored. */
  has(offset: bigint): boolean;
  /** Takes a result; true when the log should be flushed. */
  add(record: ReplayedRecord): boolean;
  /** Bytes not yet being written. */
  readonly bytes: number;
  /** True when the oldest unsaved row is older than the limit. */
  isOld(): boolean;
  /** Makes durable all that was added before the call. One put at a time; throws what the store throws. */
  flush(): Promise<void>;
}

/** What a row costs beside its output. */
const ROW_OVERHEAD_BYTES = 512;

export function createCommitLog(options: CommitLogOptions): CommitLog {
  const { clock, limits, unsaved } = options;
  let rows: ReplayedRecord[] = [];
  let bytes = 0;
  let oldest = 0;
  let n = options.nextN;
  const theirs = new Set<bigint>();
  let writing: Promise<void> = Promise.resolve();

  const write = async (): Promise<void> => {
    if (rows.length === 0) return;
    const batch = rows.sort((a, b) => (a.offset < b.offset ? -1 : 1));
    const size = bytes;
    rows = [];
    bytes = 0;
    n = await store(options, batch, n, theirs);
    unsaved.free(size);
  };
  return {
    has: (offset) => theirs.has(offset),
    add(record) {
      const size = (record.output?.byteLength ?? 0) + ROW_OVERHEAD_BYTES;
      if (rows.length === 0) oldest = clock.monotonic();
      rows.push(record);
      bytes += size;
      unsaved.add(size);
      return rows.length >= limits.commitRows || bytes >= limits.commitBytes;
    },
    get bytes() {
      return bytes;
    },
    isOld: () => rows.length > 0 && clock.monotonic() - oldest >= limits.commitAgeMs,
    flush() {
      // A failed put fails every later flush as well: the call ends with that error.
      writing = writing.then(write);
      return writing;
    },
  };
}

/** Stores the batch in as many commits as its size asks for; returns the next free n. */
async function store(
  options: CommitLogOptions,
  batch: readonly ReplayedRecord[],
  from: number,
  theirs: Set<bigint>,
): Promise<number> {
  let n = from;
  let left = batch.filter(({ offset }) => !theirs.has(offset));
  while (left.length > 0) {
    const head = left.slice(0, fitting(left, options.limits));
    const key = commitKey(options.run, options.range, options.bucket, n);
    try {
      await options.store.put(key, encode(options, head, n), { ifAbsent: true });
      options.onStored(head, true);
      left = left.slice(head.length);
    } catch (error) {
      if (!isCutoverError(error, "STORE_EXISTS")) throw error;
      const { footer, rows } = await readCommit(options.store, key);
      // Also our own put whose reply was lost comes back as "exists".
      options.onStored(rows, footer.writer === options.call.writer);
      for (const { offset } of rows) theirs.add(offset);
      left = left.filter(({ offset }) => !theirs.has(offset));
    }
    n++;
  }
  return n;
}

/** How many rows of the front one commit may take: at least one. */
function fitting(rows: readonly ReplayedRecord[], limits: CommitLimits): number {
  let bytes = 0;
  const most = Math.min(rows.length, limits.commitRows);
  for (let i = 0; i < most; i++) {
    bytes += rows[i]?.output?.byteLength ?? 0;
    if (i > 0 && bytes > limits.commitBytes) return i;
  }
  return most;
}

function encode(options: CommitLogOptions, rows: readonly ReplayedRecord[], n: number): Uint8Array {
  const writer = createObjectWriter(REPLAYS, options.scratch);
  let start = 0;
  let bytes = 0;
  rows.forEach((row, i) => {
    bytes += (row.output?.byteLength ?? 0) + ROW_OVERHEAD_BYTES;
    if (bytes < LIMITS.rowGroupBytes && i < rows.length - 1) return;
    writer.rowGroup(commitColumns(rows.slice(start, i + 1)));
    start = i + 1;
    bytes = 0;
  });
  const { run, captures, bucket, call } = options;
  const footer: CommitFooter = { run, captures, bucket, n, rows: rows.length, call: call.number, writer: call.writer };
  return writer.finish(footer);
}
