/** Bounds of byte strings in the order of Parquet's statistics: unsigned bytes, a prefix before what it begins. */
import type { BoundaryOrder } from "hyparquet/src/types.js";
import type { ByteColumn } from "./types.ts";

/** Rows that hold the least and the greatest value; −1 when all are null. */
export interface RowBounds {
  readonly min: number;
  readonly max: number;
  readonly nulls: number;
}

/** Over rows [start, end). */
export function boundsOf(values: ByteColumn, start: number, end: number): RowBounds {
  let min = -1;
  let max = -1;
  let nulls = 0;
  for (let row = start; row < end; row++) {
    if ((values.length[row] as number) < 0) nulls++;
    else if (min < 0) min = max = row;
    else if (compareRows(values, row, min) < 0) min = row;
    else if (compareRows(values, row, max) > 0) max = row;
  }
  return { min, max, nulls };
}

/** The nulls alone, without a look at any value. */
export function nullsOf({ length }: ByteColumn, start: number, end: number): RowBounds {
  let nulls = 0;
  for (let row = start; row < end; row++) if ((length[row] as number) < 0) nulls++;
  return { min: -1, max: -1, nulls };
}

export function joinBounds(values: ByteColumn, a: RowBounds, b: RowBounds): RowBounds {
  const nulls = a.nulls + b.nulls;
  if (a.min < 0) return { ...b, nulls };
  if (b.min < 0) return { ...a, nulls };
  return {
    min: compareRows(values, b.min, a.min) < 0 ? b.min : a.min,
    max: compareRows(values, b.max, a.max) > 0 ? b.max : a.max,
    nulls,
  };
}

/** How the bounds of consecutive pages follow each other; pages of nulls alone do not count. */
export function orderOf(values: ByteColumn, pages: readonly RowBounds[]): BoundaryOrder {
  let ascending = true;
  let descending = true;
  let before: RowBounds | undefined;
  for (const page of pages) {
    if (page.min < 0) continue;
    for (const bound of before ? (["min", "max"] as const) : []) {
      const order = compareRows(values, (before as RowBounds)[bound], page[bound]);
      if (order > 0) ascending = false;
      if (order < 0) descending = false;
    }
    before = page;
  }
  if (ascending) return "ASCENDING";
  return descending ? "DESCENDING" : "UNORDERED";
}

/** The value of a row that is not null. */
export function sliceOf({ chunks, chunk, start, length }: ByteColumn, row: number): Uint8Array {
  const from = start[row] as number;
  return (chunks[chunk[row] as number] as Uint8Array).subarray(from, from + (length[row] as number));
}

function compareRows({ chunks, chunk, start, length }: ByteColumn, a: number, b: number): number {
  const aBytes = chunks[chunk[a] as number] as Uint8Array;
  const bBytes = chunks[chunk[b] as number] as Uint8Array;
  const aStart = start[a] as number;
  const bStart = start[b] as number;
  const aLength = length[a] as number;
  const bLength = length[b] as number;
  const shared = Math.min(aLength, bLength);
  for (let i = 0; i < shared; i++) {
    const order = (aBytes[aStart + i] as number) - (bBytes[bStart + i] as number);
    if (order !== 0) return order;
  }
  return aLength - bLength;
}
