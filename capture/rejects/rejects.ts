/** Rejected messages as they stand in the store: only those that a capture object names exist. */
import { inOrder } from "../../src/ahead.ts";
import { CutoverError, isCutoverError } from "../../src/errors.ts";
import { shownObjects } from "../../src/lake/captures.ts";
import { captureKey, parseRejectsKey, partitionPrefix, type RejectsId, rejectsPrefix } from "../../src/lake/keys.ts";
import { LIMITS } from "../../src/limits.ts";
import { openObject } from "../../src/parquet/read.ts";
import { REJECTS, type RejectReason } from "../../src/record.ts";
import type { ObjectInfo, Store } from "../../src/store/port.ts";
import type { Header, Message, PartitionId } from "../port.ts";
import { readCaptureFooter } from "../ranges/resume.ts";

export interface RejectedMessage extends Message {
  /** Why it was rejected. */
  readonly reason: RejectReason;
}

export interface RejectsObject {
  readonly id: RejectsId;
  readonly info: ObjectInfo;
  readonly rows: number;
}

/** The partitions that have rejects, in key order. */
export async function rejectPartitions(store: Store, signal: AbortSignal): Promise<PartitionId[]> {
  const found: PartitionId[] = [];
  for await (const { key } of shownObjects(store, rejectsPrefix, signal)) {
    const id = parseRejectsKey(key);
    const last = found.at(-1);
    if (id && (last?.log !== id.log || last.partition !== id.partition)) found.push(id);
  }
  return found;
}

/** Rejects objects of a partition that reach to `from` or beyond and begin before `to`, in order. Orphans are left out. */
export async function* namedRejects(
  store: Store,
  { log, partition }: PartitionId,
  { from, to }: { readonly from: bigint; readonly to?: bigint | undefined },
  signal: AbortSignal,
): AsyncGenerator<RejectsObject> {
  async function* wanted(): AsyncGenerator<{ id: RejectsId; info: ObjectInfo }> {
    for await (const info of shownObjects(store, partitionPrefix("rejects", log, partition), signal)) {
      const id = parseRejectsKey(info.key);
      if (id && id.last >= from && (to === undefined || id.first < to)) yield { id, info };
    }
  }
  const checked = inOrder(wanted(), LIMITS.footerReads, async ({ id, info }) => {
    const rows = await namedRows(store, id, info.key);
    return rows === undefined ? undefined : { id, info, rows };
  });
  for await (const object of checked) if (object) yield object;
}

/** Rows that the capture object of the range says this object has; undefined when it does not name it. */
async function namedRows(store: Store, id: RejectsId, key: string): Promise<number | undefined> {
  try {
    const { rejects } = await readCaptureFooter(store, captureKey(id));
    return rejects?.key === key ? rejects.rows : undefined;
  } catch (error) {
    if (isCutoverError(error, "STORE_MISSING")) return undefined;
    throw error;
  }
}

/** The messages of one object, a row group at a time. PARQUET_CORRUPT when they are not as many as were named. */
export async function* rejectedMessages(
  store: Store,
  { info, rows }: RejectsObject,
  signal: AbortSignal,
): AsyncGenerator<RejectedMessage[]> {
  const object = await openObject(store, info.key, REJECTS, { info, signal });
  try {
    if (object.rows !== rows) {
      throw new CutoverError("PARQUET_CORRUPT", "a rejects object is not the one that its capture object names", {
        place: `${store.url} ${info.key}`,
        expected: `${rows} rows`,
        received: `${object.rows} rows`,
        hint: "cutover captures --audit",
      });
    }
    for (let group = 0; group < object.rowGroups.length; group++) {
      const columns = await object.read(group, COLUMNS);
      const at = <T>(name: (typeof COLUMNS)[number], row: number): T => columns[name]?.[row] as T;
      yield Array.from({ length: object.rowGroups[group]?.rows ?? 0 }, (_, row) => {
        const value = at<Uint8Array | null>("value", row);
        const reason = at<RejectReason>("reason", row);
        return {
          offset: at<bigint>("offset", row),
          timestamp: at<number>("timestamp", row),
          key: at<Uint8Array | null>("key", row),
          value,
          valueBytes: reason === "too_large" ? bytesBeforeCut(at("detail", row)) : (value?.length ?? 0),
          headers: headersOf(at("headers", row)),
          reason,
        };
      });
    }
  } finally {
    object.close();
  }
}

const COLUMNS = ["offset", "timestamp", "key", "value", "headers", "reason", "detail"] as const;

/** A message above the limit may be kept in part, and can never be a record: its size stands in the detail. */
function bytesBeforeCut(detail: string): number {
  const told = Number(/\d+/.exec(detail)?.[0] ?? 0);
  return Math.max(told, LIMITS.messageBytes + 1);
}

function headersOf(json: string): Header[] {
  return (JSON.parse(json) as [string, string][]).map(([name, value]) => [name, Buffer.from(value, "base64")]);
}
