/**
 * What stages see of Parquet. Values in and out, by column type: string and json as string, bytes as
 * Uint8Array, int32, double and timestamp as number, int64 as bigint, boolean as boolean, and null
 * where the column is nullable.
 */
import type { Vectors } from "./vectors.ts";

export type ColumnValues = readonly unknown[];

/**
 * Values of a string, json or bytes column where they lie in memory: as text they must be UTF-8. The bytes
 * stay as they are until the object is finished. Row `i` is chunks[chunk[i]] from start[i] on; a length of −1 is null.
 */
export interface ByteColumn {
  readonly rows: number;
  readonly chunks: readonly Uint8Array[];
  readonly chunk: Int32Array;
  readonly start: Int32Array;
  readonly length: Int32Array;
}

/** A string column of few distinct texts: row `i` is words[word[i]]; −1 is null. */
export interface WordColumn {
  readonly rows: number;
  readonly words: readonly string[];
  readonly word: Int32Array;
}

/**
 * An int32, int64, timestamp, double or boolean (0, 1) column. An int64 is `base` + its number, which must be whole and
 * safe. In a nullable column NaN is null.
 */
export interface NumberColumn {
  readonly rows: number;
  readonly numbers: Float64Array;
  readonly base?: bigint;
}

/** What is packed straight from where it lies, without an object a value. */
export type PackedColumn = ByteColumn | WordColumn | NumberColumn;

/** Values to write. A function is called when the turn of its column has come, so that one column is in memory. */
export type ColumnInput = ColumnValues | (() => ColumnValues | PackedColumn);

export interface ObjectWriter {
  /** Appends one row group; every column of the table, all of one length. The caller bounds its bytes. */
  rowGroup(columns: Readonly<Record<string, ColumnInput>>): void;
  /** Takes the bytes written since the last take, so that a file may be streamed; `finish` then returns the rest. */
  take(): Uint8Array;
  /** Writes indexes, bloom filters and the footer; `meta` becomes the JSON document under FOOTER_KEY. */
  finish(meta: Readonly<Record<string, unknown>>): Uint8Array;
}

export interface RowGroupInfo {
  readonly rows: number;
  /** Uncompressed bytes, all columns. */
  readonly bytes: number;
}

/** What a footer says of one column chunk. Texts and bytes may be cut (`exact` false): they are bounds, not values. */
export interface Bounds {
  readonly min: number | bigint | string;
  readonly max: number | bigint | string;
  /** Both are values that stand in the chunk. */
  readonly exact: boolean;
}

export interface ObjectReader {
  readonly key: string;
  /** The JSON document under FOOTER_KEY, unchecked. */
  readonly meta: unknown;
  readonly rows: number;
  readonly rowGroups: readonly RowGroupInfo[];
  /** Uncompressed bytes of one column over the whole file. */
  columnBytes(name: string): number;
  /** Bounds of a number, timestamp or text column in one row group, from the footer; undefined when it tells none. */
  bounds(rowGroup: number, column: string): Bounds | undefined;
  /** False when no row of the row group holds this text, as its bloom filter tells; true when it may. */
  mayHold(rowGroup: number, column: string, text: string): Promise<boolean>;
  /** Columns of one row group, by name. Byte values may share memory: copy what outlives the row group. */
  read(rowGroup: number, columns: readonly string[]): Promise<Record<string, ColumnValues>>;
  /**
   * The values of chosen rows of one row group, in their order; `rows` ascend. Only pages that hold one of them are
   * unpacked, and only those are fetched where the file has an index of its pages. Nothing shares memory.
   */
  pick(rowGroup: number, rows: readonly number[], columns: readonly string[]): Promise<Record<string, ColumnValues>>;
  /** Columns of one row group in typed arrays, in memory that the caller reuses: for whoever looks at every row of a run. */
  scan(rowGroup: number, columns: readonly string[], into: Vectors): Promise<void>;
  /** Gives back at once the memory that would else wait for the garbage collector. Reading on is possible, only slower. */
  close(): void;
}

/** What the footer says. */
export interface ObjectMeta {
  readonly key: string;
  /** Bytes of the object. */
  readonly size: number;
  readonly rows: number;
  /** The JSON document under FOOTER_KEY; its own members are unchecked. */
  readonly meta: unknown;
}
