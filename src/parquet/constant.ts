/** Columns whose every row the footer tells: all null, or all of one value. Most columns of a replay are. */
import { isUtf8 } from "node:buffer";
import type { ColumnMetaData, FileMetaData } from "hyparquet";
import { WRITTEN_BY } from "./schema.ts";

/** Values that bounds are never cut from, whoever wrote them; longer ones are read from their pages. */
const WHOLE_BYTES = 64;

/** What all rows of a chunk hold, as it stands in the footer; a text as its bytes. */
export type Constant = Uint8Array | number | null;

/**
 * Undefined where the footer does not say it beyond doubt. Only of files of our own writer, whose bounds are exact:
 * others cut theirs, or leave out that they did.
 */
export function constantOf(
  { created_by }: FileMetaData,
  { type, statistics, num_values }: ColumnMetaData,
): Constant | undefined {
  if (statistics === undefined || !created_by?.startsWith(WRITTEN_BY)) return undefined;
  const { min_value: min, max_value: max, null_count: nulls } = statistics;
  if (nulls === num_values) return null;
  if (nulls !== 0n) return undefined;
  if (min instanceof Uint8Array && max instanceof Uint8Array) {
    // Bounds lie in the footer's memory, which is given back when the object is closed: reading on goes to the pages.
    if ((min.buffer as ArrayBuffer).detached) return undefined;
    return min.length <= WHOLE_BYTES && Buffer.compare(min, max) === 0 && isUtf8(min) ? min : undefined;
  }
  // Bounds of doubles leave NaN out, and zero is one of both zeros.
  if (type === "INT32" && typeof min === "number" && min === max) return min;
  return typeof min === "boolean" && min === max ? Number(min) : undefined;
}
