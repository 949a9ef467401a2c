/**
 * The ledger: ranges of positions, each committed by one capture object under the key of its first
 * position, by a conditional put. The chain of objects is the truth; what a source remembers is a hint.
 */
import { CutoverError, isCutoverError, messageOf } from "../src/errors.ts";
import { sha256Hex } from "../src/hash.ts";
import { parseCaptureFooter } from "../src/lake/captures.ts";
import { type CaptureFooter, FOOTER_KEY } from "../src/lake/footer.ts";
import { captureKey, parseCaptureKey, partitionPrefix, rejectsKey } from "../src/lake/keys.ts";
import { readMeta } from "../src/parquet/read.ts";
import { Scratch } from "../src/parquet/write.ts";
import { CAPTURES } from "../src/record.ts";
import type { ObjectInfo, Store } from "../src/store/port.ts";
import { encodeCaptures, encodeRejects } from "./encode.ts";
import type { CommitHint, LedgerView, LogBounds, PartitionId, ResumePoint } from "./port.ts";
import type { Range } from "./range.ts";

/** Object metadata may take 2 KiB in all; a footer with many gaps stands in the object alone. */
const METADATA_BYTES_MAX = 1_900;

/** What became of a range. */
export type Commit =
  /** It is durable as `key`. `bytes` and `objects` count what was written. */
  | {
      readonly kind: "written";
      readonly key: string;
      readonly footer: CaptureFooter;
      readonly bytes: number;
      readonly objects: number;
    }
  /** Another writer holds these positions: reading goes on at `next`. */
  | { readonly kind: "taken"; readonly key: string; readonly next: bigint };

export interface Ledger extends LedgerView {
  /** Writes rejects, then the capture object. LEDGER_CONFLICT when the positions hold another log. */
  commit(range: Range): Promise<Commit>;
}

export function createLedger(store: Store): Ledger {
  // As many as there are writes at once, which the recorder bounds.
  const spare: Scratch[] = [];
  return {
    resume: (id, bounds, hint) => resume(store, id, bounds, hint),
    async commit(range) {
      const scratch = spare.pop() ?? new Scratch(SCRATCH_BYTES);
      try {
        return await commit(store, range, scratch);
      } finally {
        spare.push(scratch);
      }
    },
  };
}

/** More than an object of the default rotation takes; a larger one makes it grow. */
const SCRATCH_BYTES = 40 * 1024 * 1024;

/** The footer of a capture object, checked as every reader of the lake checks it. */
export async function readCaptureFooter(store: Store, key: string, info?: ObjectInfo): Promise<CaptureFooter> {
  const range = parseCaptureKey(key);
  if (!range)
    throw new CutoverError("PARQUET_FOREIGN", "not the key of a capture object", { place: `${store.url} ${key}` });
  const { meta, rows } = await readMeta(store, key, CAPTURES, info ? { info } : {});
  return parseCaptureFooter(`${store.url} ${key}`, meta, range, rows);
}

async function resume(store: Store, id: PartitionId, bounds: LogBounds, hint?: CommitHint): Promise<ResumePoint> {
  const next = (await hintedEnd(store, id, hint)) ?? (await listedEnd(store, id, hint)) ?? bounds.low;
  if (bounds.high < next) throw endsBelow(store, id, bounds, next);
  const lost = bounds.low > next;
  return { next, readableFrom: lost ? bounds.low : next };
}

/** The position after the object that the commit names, if that object ends just before the commit. */
async function hintedEnd(store: Store, id: PartitionId, hint?: CommitHint): Promise<bigint | undefined> {
  const named = hint ? parseCaptureKey(hint.metadata) : undefined;
  if (!hint || named?.log !== id.log || named.partition !== id.partition) return undefined;
  try {
    const footer = await readCaptureFooter(store, hint.metadata);
    return BigInt(footer.last) + 1n === hint.offset ? hint.offset : undefined;
  } catch (error) {
    if (isCutoverError(error, "STORE_MISSING")) return undefined;
    throw error;
  }
}

/**
 * The position after the greatest object at or before the committed offset; without a usable one, after
 * the last object. Objects that follow it are walked over here, not found by one lost put after the other.
 */
async function listedEnd(store: Store, id: PartitionId, hint?: CommitHint): Promise<bigint | undefined> {
  const objects = new Map<bigint, ObjectInfo>();
  let start: bigint | undefined;
  let greatest: bigint | undefined;
  for await (const info of store.list(partitionPrefix("captures", id.log, id.partition))) {
    const first = parseCaptureKey(info.key)?.first;
    if (first === undefined) continue;
    objects.set(first, info);
    greatest = first;
    if (hint && hint.offset >= 0n && first <= hint.offset) start = first;
  }
  let info = objects.get(start ?? greatest ?? -1n);
  let end: bigint | undefined;
  while (info) {
    end = BigInt((await readCaptureFooter(store, info.key, info)).last) + 1n;
    info = objects.get(end);
  }
  return end;
}

function endsBelow(store: Store, id: PartitionId, bounds: LogBounds, next: bigint): CutoverError {
  return new CutoverError("LEDGER_CONFLICT", `${id.log} partition ${id.partition} ends before what is captured of it`, {
    place: `${store.url} ${partitionPrefix("captures", id.log, id.partition)}`,
    expected: `a log that goes on at ${next}`,
    received: `a log that ends at ${bounds.high}: the topic was deleted and created again, or has lost its end`,
    hint: "capture the new topic into another store (store: in cutover.yaml), or move the old captures of it away",
  });
}

async function commit(store: Store, range: Range, scratch: Scratch): Promise<Commit> {
  const key = captureKey({ ...range.id, first: range.first });
  const rejects = await putRejects(store, range);
  const footer = range.footer(rejects?.named ?? null);
  const body = await encodeCaptures(range, footer, scratch);
  try {
    const metadata = objectMetadata(footer);
    const info = await store.put(key, body, { ifAbsent: true, ...(metadata ? { metadata } : {}) });
    return { kind: "written", key, footer, bytes: info.size + (rejects?.bytes ?? 0), objects: rejects ? 2 : 1 };
  } catch (error) {
    if (!isCutoverError(error, "STORE_EXISTS")) throw error;
    const theirs = await readCaptureFooter(store, key);
    const conflict = conflictWith(range, theirs);
    if (conflict !== undefined) throw conflictError(store, key, conflict, error);
    // It may be our own, kept before its answer was lost; equal footers do not tell that from a twin's.
    return { kind: "taken", key, next: BigInt(theirs.last) + 1n };
  }
}

async function putRejects(store: Store, range: Range) {
  if (range.rejects.length === 0) return undefined;
  const body = await encodeRejects(range);
  const sha256 = sha256Hex(body);
  const key = rejectsKey({ ...range.id, first: range.first }, range.next - 1n, sha256);
  // Not conditional: the key holds the hash of the content, so an object there is this one.
  const info = await store.put(key, body);
  return { bytes: info.size, named: { key, rows: range.rejects.length, sha256 } };
}

function objectMetadata(footer: CaptureFooter): Record<string, string> | undefined {
  const text = JSON.stringify(footer);
  return text.length <= METADATA_BYTES_MAX ? { [FOOTER_KEY]: text } : undefined;
}

/**
 * Whether the object at our first position was written from another log: undefined when it may be ours.
 * A first message that both ranges hold must be the same; one that compaction or retention has removed
 * between the two readings cannot be compared.
 */
function conflictWith(range: Range, theirs: CaptureFooter): string | undefined {
  if (range.firstMessage === null || range.firstMessage > BigInt(theirs.last)) return undefined;
  if (theirs.firstSha === null) return `holds no message where this log has one at ${range.firstMessage}`;
  if (range.firstMessage > range.first || theirs.firstSha === range.firstSha) return undefined;
  return `starts with another message than this log has at ${range.firstMessage}`;
}

function conflictError(store: Store, key: string, conflict: string, cause: unknown): CutoverError {
  return new CutoverError("LEDGER_CONFLICT", `the object that holds this range ${conflict}`, {
    place: `${store.url} ${key}`,
    expected: "a range of the same log",
    received: `${messageOf(cause)}: the topic was deleted and created again, or this is another cluster`,
    hint: "capture the new topic into another store (store: in cutover.yaml), or move the old captures of it away",
  });
}
