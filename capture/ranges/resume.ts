/** Where a partition is read on: from its objects, with what the source remembers as a hint, and never on another log. */
import { z } from "zod";
import { CutoverError, isCutoverError } from "../../src/errors.ts";
import { parseCaptureFooter } from "../../src/lake/captures.ts";
import type { CaptureFooter } from "../../src/lake/footer.ts";
import { captureKey, originKey, parseCaptureKey, partitionPrefix } from "../../src/lake/keys.ts";
import { readMeta } from "../../src/parquet/read.ts";
import { CAPTURES } from "../../src/record.ts";
import type { ObjectInfo, Store } from "../../src/store/port.ts";
import type { CommitHint, LogBounds, LogIdentity, PartitionId, ResumePoint } from "../port.ts";

/** The footer of a capture object, checked as every reader of the lake checks it. */
export async function readCaptureFooter(store: Store, key: string, info?: ObjectInfo): Promise<CaptureFooter> {
  const range = parseCaptureKey(key);
  if (!range)
    throw new CutoverError("PARQUET_FOREIGN", "not the key of a capture object", { place: `${store.url} ${key}` });
  const { meta, rows } = await readMeta(store, key, CAPTURES, info ? { info } : {});
  return parseCaptureFooter(`${store.url} ${key}`, meta, range, rows);
}

export async function resume(
  store: Store,
  id: PartitionId,
  bounds: LogBounds,
  hint?: CommitHint,
  identity?: LogIdentity,
): Promise<ResumePoint> {
  const chain = (await hintedChain(store, id, hint)) ?? (await listedChain(store, id, hint));
  const next = chain ? endOf(chain.last) : identity ? await originOf(store, id, bounds.low, identity) : bounds.low;
  if (bounds.high < next) throw endsBelow(store, id, bounds, next);
  if (chain && identity) await refuseOther(store, id, bounds, chain.last, identity);
  const { before } = chain ?? {};
  const isLost = bounds.low > next;
  const readableFrom = isLost ? bounds.low : next;
  if (before === undefined) return { next, readableFrom };
  // What retention deleted beyond the hole is held by the object behind it.
  const beyond = readableFrom > before;
  return { next, readableFrom: beyond ? before : readableFrom, before };
}

const originSchema = z.object({ first: z.string().regex(/^\d{1,19}$/), topicId: z.string().optional() });

/**
 * Where the first object of a partition begins: the earliest position that was ever seen of it. Two writers that start
 * while there is none may find different earliest positions, for retention goes on; one conditional put decides, or
 * both could commit what they have in common.
 */
async function originOf(store: Store, id: PartitionId, low: bigint, { topicId }: LogIdentity): Promise<bigint> {
  const key = originKey(id.log, id.partition);
  const own = { first: String(low), ...(topicId === undefined ? {} : { topicId }) };
  try {
    await store.put(key, Buffer.from(JSON.stringify(own)), { ifAbsent: true, contentType: "application/json" });
    return low;
  } catch (error) {
    if (!isCutoverError(error, "STORE_EXISTS")) throw error;
  }
  const origin = originSchema.parse(JSON.parse(Buffer.from(await store.get(key)).toString("utf8")));
  if (topicId !== undefined && origin.topicId !== undefined && origin.topicId !== topicId)
    throw otherLog(store, key, `topic id ${origin.topicId}`, `topic id ${topicId}`);
  return BigInt(origin.first);
}

interface Chain {
  /** Of the object that reading goes on after. */
  readonly last: CaptureFooter;
  /** First position of the next object, when a hole stands between. */
  readonly before: bigint | undefined;
}

/** What a hint may name without being believed: gone, damaged, not ours. The listing then tells. */
const UNUSABLE_HINT = ["STORE_MISSING", "PARQUET_CORRUPT", "PARQUET_FOREIGN", "SCHEMA_VERSION"] as const;

/** From the object that the commit names, if that object ends just before the commit; what follows it is listed. */
async function hintedChain(store: Store, id: PartitionId, hint?: CommitHint): Promise<Chain | undefined> {
  const named = hint ? parseCaptureKey(hint.metadata) : undefined;
  if (!hint || named?.log !== id.log || named.partition !== id.partition) return undefined;
  try {
    const footer = await readCaptureFooter(store, hint.metadata);
    if (endOf(footer) !== hint.offset) return undefined;
    return await follow(store, footer, await objectsOf(store, id, hint.metadata));
  } catch (error) {
    if (isCutoverError(error, ...UNUSABLE_HINT)) return undefined;
    throw error;
  }
}

/** From the greatest object at or before the committed offset; without a usable one, from the last object. */
async function listedChain(store: Store, id: PartitionId, hint?: CommitHint): Promise<Chain | undefined> {
  const objects = await objectsOf(store, id);
  let start: bigint | undefined;
  let greatest: bigint | undefined;
  for (const first of objects.keys()) {
    greatest = first;
    if (hint && hint.offset >= 0n && first <= hint.offset) start = first;
  }
  const info = objects.get(start ?? greatest ?? -1n);
  return info && follow(store, await readCaptureFooter(store, info.key, info), objects);
}

/** By first position, in order. */
async function objectsOf(store: Store, id: PartitionId, startAfter?: string): Promise<Map<bigint, ObjectInfo>> {
  const objects = new Map<bigint, ObjectInfo>();
  const prefix = partitionPrefix("captures", id.log, id.partition);
  for await (const info of store.list(prefix, startAfter === undefined ? {} : { startAfter })) {
    const first = parseCaptureKey(info.key)?.first;
    if (first !== undefined) objects.set(first, info);
  }
  return objects;
}

/** Objects that chain on are walked over here, not found by one lost put after the other. */
async function follow(store: Store, start: CaptureFooter, objects: ReadonlyMap<bigint, ObjectInfo>): Promise<Chain> {
  let last = start;
  for (let info = objects.get(endOf(last)); info; info = objects.get(endOf(last)))
    last = await readCaptureFooter(store, info.key, info);
  const end = endOf(last);
  for (const first of objects.keys()) if (first > end) return { last, before: first };
  return { last, before: undefined };
}

function endOf(footer: CaptureFooter): bigint {
  return BigInt(footer.last) + 1n;
}

/**
 * LEDGER_CONFLICT when the log cannot be the one that the last object was written from. Its topic id tells for sure.
 * Without one, the message where the object's first one stood must be that one. Where there is no message any more
 * (compaction, retention) nothing is said.
 */
async function refuseOther(
  store: Store,
  id: PartitionId,
  bounds: LogBounds,
  last: CaptureFooter,
  identity: LogIdentity,
): Promise<void> {
  const key = captureKey({ ...id, first: BigInt(last.first) });
  if (last.topicId !== undefined && identity.topicId !== undefined) {
    if (last.topicId === identity.topicId) return;
    throw otherLog(store, key, `topic id ${last.topicId}`, `topic id ${identity.topicId}`);
  }
  // A position that held no message, of an aborted transaction for one, can hold none later.
  const at = BigInt(last.firstMessage ?? last.first);
  if (at < bounds.low) return;
  const message = await identity.firstAt(at);
  if (message === undefined || message.offset !== at || message.sha === last.firstSha) return;
  const held = last.firstSha === null ? "no message" : `the message of sha256 ${short(last.firstSha)}`;
  throw otherLog(store, key, `${held} at ${at}, as captured`, `the message of sha256 ${short(message.sha)}`);
}

function short(sha: string): string {
  return sha.slice(0, 12);
}

const OTHER_STORE =
  "capture the new topic into another store (store: in cutover.yaml), or move the old captures of it away";

function otherLog(store: Store, key: string, expected: string, received: string): CutoverError {
  return new CutoverError("LEDGER_CONFLICT", "the log is not the one that was captured", {
    place: `${store.url} ${key}`,
    expected,
    received: `${received}: the topic was deleted and created again, or this is another cluster`,
    hint: OTHER_STORE,
  });
}

function endsBelow(store: Store, id: PartitionId, bounds: LogBounds, next: bigint): CutoverError {
  return new CutoverError("LEDGER_CONFLICT", `${id.log} partition ${id.partition} ends before what is captured of it`, {
    place: `${store.url} ${partitionPrefix("captures", id.log, id.partition)}`,
    expected: `a log that goes on at ${next}`,
    received: `a log that ends at ${bounds.high}: the topic was deleted and created again, or has lost its end`,
    hint: OTHER_STORE,
  });
}
