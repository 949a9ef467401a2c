/**
 * Columns of one row group in typed arrays: no object per value. They keep their memory from row group to row
 * group, so that reading any number of rows takes what the largest row group takes.
 */
import { isUtf8 } from "node:buffer";
import type { ColumnSpec, ColumnType } from "../record.ts";
import type { ColumnValues } from "./types.ts";

/** Present rows of a page have level 1; undefined when all are present. */
export type Levels = Uint8Array | undefined;

/** How a column comes in: pages of values, or of places in the dictionary that came first. */
export interface Vector {
  /** Forgets all values and makes room for `rows`. */
  reset(rows: number): void;
  /** Takes the values of a dictionary, in Parquet's PLAIN encoding. */
  dictionary(page: Buffer, count: number): void;
  /** Takes rows from `row` on, in Parquet's PLAIN encoding. */
  plain(page: Buffer, row: number, count: number, levels: Levels): void;
  /** Takes rows from `row` on as places in the dictionary. */
  coded(codes: Int32Array, row: number, count: number, levels: Levels): void;
  /** Takes all rows as values of our types, null where there is none. */
  fill(values: ColumnValues): void;
}

/** Values of string, json and bytes columns. */
export class ByteVector implements Vector {
  /** The values; what lies between them has no meaning. */
  data: Buffer = Buffer.alloc(0);
  /** Where the value of a row begins in `data`, and where it ends; −1 for null. Rows may share one. */
  starts = new Int32Array(0);
  ends = new Int32Array(0);
  readonly #isText: boolean;
  #used = 0;
  #entries: { starts: Int32Array; ends: Int32Array; count: number } = NO_ENTRIES;
  #lastStart = -1;
  #lastText = "";

  constructor(type: ColumnType) {
    this.#isText = type !== "bytes";
  }

  /** The text of a row; asked again for the same place it is the same string. "" for null: ask `isNull` first. */
  text(row: number): string {
    const start = this.starts[row] as number;
    if (start === -1) return "";
    if (start !== this.#lastStart) {
      this.#lastText = this.data.toString("utf8", start, this.ends[row]);
      this.#lastStart = start;
    }
    return this.#lastText;
  }

  isNull(row: number): boolean {
    return this.starts[row] === -1;
  }

  /** A view that the next row group overwrites. Empty for null: ask `isNull` first. */
  bytes(row: number): Uint8Array {
    return this.isNull(row) ? this.data.subarray(0, 0) : this.data.subarray(this.starts[row], this.ends[row]);
  }

  reset(rows: number): void {
    if (this.starts.length < rows) {
      this.starts = new Int32Array(rows);
      this.ends = new Int32Array(rows);
    }
    this.#used = 0;
    this.#entries = NO_ENTRIES;
    this.#lastStart = -1;
  }

  dictionary(page: Buffer, count: number): void {
    this.#entries = { starts: new Int32Array(count), ends: new Int32Array(count), count };
    this.#append(page, count, this.#entries, 0, undefined);
  }

  plain(page: Buffer, row: number, count: number, levels: Levels): void {
    this.#append(page, count, this, row, levels);
  }

  coded(codes: Int32Array, row: number, count: number, levels: Levels): void {
    const { starts, ends } = this;
    const entries = this.#entries;
    for (let i = 0, next = 0; i < count; i++) {
      const isNull = levels !== undefined && levels[i] === 0;
      const code = isNull ? 0 : placeOf(codes, next++, entries.count);
      starts[row + i] = isNull ? -1 : (entries.starts[code] as number);
      ends[row + i] = isNull ? -1 : (entries.ends[code] as number);
    }
  }

  fill(values: ColumnValues): void {
    for (const [row, value] of values.entries()) {
      const bytes = typeof value === "string" ? Buffer.from(value) : (value as Uint8Array | null);
      this.starts[row] = bytes === null ? -1 : this.#used;
      if (bytes !== null) this.#copy(bytes);
      this.ends[row] = bytes === null ? -1 : this.#used;
    }
  }

  /** Copies a page of values, each behind its length in four bytes, and notes where they stand. */
  #append(page: Buffer, count: number, to: Spans, row: number, levels: Levels): void {
    let at = this.#copy(page);
    const begin = at;
    const { data } = this;
    const end = this.#used;
    for (let i = 0; i < count; i++) {
      if (levels !== undefined && levels[i] === 0) {
        to.starts[row + i] = -1;
        to.ends[row + i] = -1;
        continue;
      }
      if (at + 4 > end) throw new Error("a page ends before its last value");
      const length = data.readUInt32LE(at);
      // Zeroed lengths are ASCII, which parts the values: the page is UTF-8 exactly when each of them is.
      if (this.#isText) data.fill(0, at, at + 4);
      const start = at + 4;
      at = start + length;
      if (at > end) throw new Error("a value reaches beyond its page");
      to.starts[row + i] = start;
      to.ends[row + i] = at;
    }
    if (this.#isText && !isUtf8(data.subarray(begin, at))) throw new Error("text that is not UTF-8");
  }

  /** Where the copy begins in `data`. */
  #copy(bytes: Uint8Array): number {
    const begin = this.#used;
    this.#used += bytes.length;
    if (this.#used > this.data.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.#used, 2 * this.data.length));
      grown.set(this.data.subarray(0, begin));
      this.data = grown;
    }
    this.data.set(bytes, begin);
    return begin;
  }
}

interface Spans {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

const NO_ENTRIES = { starts: new Int32Array(0), ends: new Int32Array(0), count: 0 };

/** Columns of numbers: `T` has one place a row. */
abstract class FixedVector<T extends Float64Array | BigInt64Array> implements Vector {
  values: T;
  /** 1 for null. */
  nulls = new Uint8Array(0);
  protected entries: T;
  readonly #make: (length: number) => T;
  readonly #width: number;

  constructor(width: number, make: (length: number) => T) {
    this.#width = width;
    this.#make = make;
    this.values = make(0);
    this.entries = make(0);
  }

  /** Puts `count` values of a page, from byte `offset` on, into `to` from `at` on. */
  protected abstract decode(page: DataView, offset: number, count: number, to: T, at: number): void;

  isNull(row: number): boolean {
    return this.nulls[row] === 1;
  }

  reset(rows: number): void {
    if (this.values.length < rows) {
      this.values = this.#make(rows);
      this.nulls = new Uint8Array(rows);
    } else {
      this.nulls.fill(0);
    }
    this.entries = this.#make(0);
  }

  dictionary(page: Buffer, count: number): void {
    this.entries = this.#make(count);
    this.decode(viewOf(page), 0, count, this.entries, 0);
  }

  plain(page: Buffer, row: number, count: number, levels: Levels): void {
    const view = viewOf(page);
    if (levels === undefined) {
      this.decode(view, 0, count, this.values, row);
      return;
    }
    for (let i = 0, offset = 0; i < count; i++) {
      if (levels[i] === 0) this.nulls[row + i] = 1;
      else {
        this.decode(view, offset, 1, this.values, row + i);
        offset += this.#width;
      }
    }
  }

  coded(codes: Int32Array, row: number, count: number, levels: Levels): void {
    const { values, entries } = this;
    for (let i = 0, next = 0; i < count; i++) {
      if (levels !== undefined && levels[i] === 0) this.nulls[row + i] = 1;
      else values[row + i] = entries[placeOf(codes, next++, entries.length)] as T[number];
    }
  }

  fill(values: ColumnValues): void {
    for (const [row, value] of values.entries()) {
      if (value === null) this.nulls[row] = 1;
      else this.values[row] = (typeof value === "boolean" ? Number(value) : value) as T[number];
    }
  }
}

type Decode = (view: DataView, offset: number) => number;

/** Columns of int32, double, timestamp and boolean (0 or 1); the value of a null row has no meaning. */
export class NumberVector extends FixedVector<Float64Array> {
  readonly #decode: Decode;

  constructor(type: ColumnType) {
    const { width, decode } = NUMBERS[type] ?? { width: 8, decode: readDouble };
    super(width, (length) => new Float64Array(length));
    this.#decode = decode;
  }

  protected override decode(page: DataView, offset: number, count: number, to: Float64Array, at: number): void {
    const decode = this.#decode;
    const width = decode === readInt32 ? 4 : 8;
    for (let i = 0; i < count; i++) to[at + i] = decode(page, offset + i * width);
  }
}

const readInt32: Decode = (view, offset) => view.getInt32(offset, true);
const readDouble: Decode = (view, offset) => view.getFloat64(offset, true);
/** Without a bigint between: exact up to 2^53, the nearest double beyond. */
const readLong: Decode = (view, offset) => view.getInt32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);

const NUMBERS: Partial<Record<ColumnType, { width: number; decode: Decode }>> = {
  int32: { width: 4, decode: readInt32 },
  double: { width: 8, decode: readDouble },
  timestamp: { width: 8, decode: readLong },
};

/** Columns of int64. */
export class Int64Vector extends FixedVector<BigInt64Array> {
  constructor() {
    super(8, (length) => new BigInt64Array(length));
  }

  protected override decode(page: DataView, offset: number, count: number, to: BigInt64Array, at: number): void {
    const target = new DataView(to.buffer);
    for (let i = 0; i < 2 * count; i++) target.setInt32(8 * at + 4 * i, page.getInt32(offset + 4 * i), false);
  }
}

function placeOf(codes: Int32Array, at: number, count: number): number {
  const code = codes[at] as number;
  if (code < 0 || code >= count) throw new Error(`place ${code} in a dictionary of ${count}`);
  return code;
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
