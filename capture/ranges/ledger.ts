/**
 * The ledger: ranges of positions, each committed by one capture object under the key of its first
 * position, by a conditional put. The chain of objects is the truth; what a source remembers is a hint.
 */
import { CutoverError, isCutoverError, messageOf } from "../../src/errors.ts";
import { sha256Hex } from "../../src/hash.ts";
import { type CaptureFooter, FOOTER_KEY } from "../../src/lake/footer.ts";
import { captureKey, rejectsKey } from "../../src/lake/keys.ts";
import { giveBack } from "../../src/memory.ts";
import type { Store } from "../../src/store/port.ts";
import type { LedgerView, LogIdentity, PartitionId } from "../port.ts";
import { createEncoder, type Encoder } from "./encoder.ts";
import type { Range } from "./range.ts";
import { readCaptureFooter, resume } from "./resume.ts";

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
  const encoder = createEncoder();
  /** Of the partitions that were resumed: what a range is to be held against before it is put. */
  const identities = new Map<string, LogIdentity>();
  return {
    async resume(id, bounds, hint, identity) {
      const point = await resume(store, id, bounds, hint, identity);
      if (identity) identities.set(nameOf(id), identity);
      return point;
    },
    commit: (range) => commit(store, encoder, range, identities.get(nameOf(range.id))),
  };
}

function nameOf({ log, partition }: PartitionId): string {
  return `${log}/${partition}`;
}

async function commit(store: Store, encoder: Encoder, range: Range, identity?: LogIdentity): Promise<Commit> {
  const key = captureKey({ ...range.id, first: range.first });
  const rejects = await putRejects(store, encoder, range);
  const topicId = identity?.topicId;
  const { body, footer } = await encoder.captures(range, {
    ...range.footer(rejects?.named ?? null),
    firstMessage: range.firstMessage === null ? null : String(range.firstMessage),
    ...(topicId === undefined ? {} : { topicId }),
  });
  // After the last message was taken: had the topic been replaced by then, it shows now.
  await identity?.confirm();
  try {
    const metadata = objectMetadata(footer);
    const info = await store.put(key, body, { ifAbsent: true, ...(metadata ? { metadata } : {}) });
    // After a failure a request that was given up may still be reading it.
    giveBack(body);
    return { kind: "written", key, footer, bytes: info.size + (rejects?.bytes ?? 0), objects: rejects ? 2 : 1 };
  } catch (error) {
    if (!isCutoverError(error, "STORE_EXISTS")) throw error;
    const theirs = await readCaptureFooter(store, key);
    const conflict = conflictWith(range, theirs, topicId);
    if (conflict !== undefined) throw conflictError(store, key, conflict, error);
    // It may be our own, kept before its answer was lost; equal footers do not tell that from a twin's.
    return { kind: "taken", key, next: BigInt(theirs.last) + 1n };
  }
}

async function putRejects(store: Store, encoder: Encoder, range: Range) {
  if (range.rejects.length === 0) return undefined;
  const body = await encoder.rejects(range);
  const sha256 = sha256Hex(body);
  const key = rejectsKey({ ...range.id, first: range.first }, range.next - 1n, sha256);
  // Not conditional: the key holds the hash of the content, so an object there is this one.
  const info = await store.put(key, body);
  return { bytes: info.size, named: { key, rows: range.rejects.length, sha256 } };
}

/** Without the models: who wants these reads the object's own footer. */
function objectMetadata({ models: _, ...footer }: CaptureFooter): Record<string, string> | undefined {
  const text = JSON.stringify(footer);
  return text.length <= METADATA_BYTES_MAX ? { [FOOTER_KEY]: text } : undefined;
}

/**
 * Whether the object at our first position was written from another log: undefined when it may be ours. The topic's
 * id tells; without ids, the first message of both, if it is of the same position. Compaction and retention may have
 * gone on between the two readings, so a message that only one of them holds says nothing.
 */
function conflictWith(range: Range, theirs: CaptureFooter, topicId: string | undefined): string | undefined {
  if (topicId !== undefined && theirs.topicId !== undefined)
    return topicId === theirs.topicId ? undefined : `is of the topic id ${theirs.topicId}`;
  if (range.firstMessage === null || theirs.firstMessage !== String(range.firstMessage)) return undefined;
  return theirs.firstSha === range.firstSha ? undefined : `holds another message at ${range.firstMessage}`;
}

function conflictError(store: Store, key: string, conflict: string, cause: unknown): CutoverError {
  return new CutoverError("LEDGER_CONFLICT", `the object that holds this range ${conflict}`, {
    place: `${store.url} ${key}`,
    expected: "a range of the same log",
    received: `${messageOf(cause)}: the topic was deleted and created again, or this is another cluster`,
    hint: "capture the new topic into another store (store: in cutover.yaml), or move the old captures of it away",
  });
}
