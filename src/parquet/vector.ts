/** One column of a row group in typed arrays, as the side that reads pages sees it. */
import type { Constant } from "./constant.ts";
import type { ColumnValues } from "./types.ts";

/** Present rows of a page have level 1; undefined when all are present. */
export type Levels = Uint8Array | undefined;

/** How a column comes in: pages of values, or of places in the dictionary that came first. */
export interface Vector {
  /** Forgets all values and makes room for `rows`. */
  reset(rows: number): void;
  /** Gives its memory back; `reset` takes new. */
  release(): void;
  /** Takes the values of a dictionary, in Parquet's PLAIN encoding. */
  dictionary(page: Buffer, count: number): void;
  /** Takes rows from `row` on, in Parquet's PLAIN encoding. */
  plain(page: Buffer, row: number, count: number, levels: Levels): void;
  /** Takes rows from `row` on as places in the dictionary. */
  coded(codes: Int32Array, row: number, count: number, levels: Levels): void;
  /** Takes the same value for all rows: a text as its bytes, a boolean as 0 or 1, null where there is none. */
  repeat(value: Constant, rows: number): void;
  /** Takes all rows as values of our types, null where there is none. */
  fill(values: ColumnValues): void;
}

/** A place in a dictionary of `count`, checked. */
export function placeOf(codes: Int32Array, at: number, count: number): number {
  const code = codes[at] as number;
  if (code < 0 || code >= count) throw new Error(`place ${code} in a dictionary of ${count}`);
  return code;
}
