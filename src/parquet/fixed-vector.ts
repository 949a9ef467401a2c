/** A column of numbers in one typed array. */
import { endianness } from "node:os";
import type { ColumnType } from "../record.ts";
import type { Constant } from "./constant.ts";
import type { ColumnValues } from "./types.ts";
import { type Levels, placeOf, type Vector } from "./vector.ts";

type Numbers = Float64Array | BigInt64Array;

/** How a type stands in pages: bytes of a value, and how it is read. */
interface Fixed<T extends Numbers> {
  readonly width: number;
  /** Values stand in pages as they stand in memory, where that is little-endian. */
  readonly sameInMemory?: boolean;
  readonly make: (length: number) => T;
  readonly read: (page: DataView, at: number) => T[number];
}

const LITTLE_ENDIAN = endianness() === "LE";

/** Values of a fixed width. Int64 are bigints; int32, double, timestamp and boolean (0 or 1) are numbers. */
export class FixedVector<T extends Numbers> implements Vector {
  /** The value of a null row has no meaning. */
  values: T;
  #nulls = new Uint8Array(0);
  #entries: T;
  readonly #fixed: Fixed<T>;

  constructor(fixed: Fixed<T>) {
    this.#fixed = fixed;
    this.values = fixed.make(0);
    this.#entries = this.values;
  }

  isNull(row: number): boolean {
    return this.#nulls[row] === 1;
  }

  reset(rows: number): void {
    if (this.#nulls.length < rows) {
      this.values = this.#fixed.make(rows);
      this.#nulls = new Uint8Array(rows);
    } else {
      this.#nulls.fill(0);
    }
    this.#entries = this.#fixed.make(0);
  }

  release(): void {
    this.values = this.#fixed.make(0);
    this.#nulls = new Uint8Array(0);
  }

  dictionary(page: Buffer, count: number): void {
    this.#entries = this.#fixed.make(count);
    const { read, width } = this.#fixed;
    const view = viewOf(page);
    for (let i = 0; i < count; i++) this.#entries[i] = read(view, i * width);
  }

  plain(page: Buffer, row: number, count: number, levels: Levels): void {
    const { values } = this;
    const { read, width, sameInMemory = false } = this.#fixed;
    if (levels === undefined && sameInMemory && LITTLE_ENDIAN) {
      if (page.length < count * width) throw new Error("a page ends before its last value");
      const { buffer, byteOffset } = values;
      new Uint8Array(buffer, byteOffset + row * width, count * width).set(page.subarray(0, count * width));
      return;
    }
    const view = viewOf(page);
    for (let i = 0, at = 0; i < count; i++) {
      if (levels !== undefined && levels[i] === 0) {
        this.#nulls[row + i] = 1;
        continue;
      }
      values[row + i] = read(view, at);
      at += width;
    }
  }

  coded(codes: Int32Array, row: number, count: number, levels: Levels): void {
    const { values } = this;
    const entries = this.#entries;
    for (let i = 0, next = 0; i < count; i++) {
      if (levels !== undefined && levels[i] === 0) this.#nulls[row + i] = 1;
      else values[row + i] = entries[placeOf(codes, next++, entries.length)] as T[number];
    }
  }

  repeat(value: Constant, rows: number): void {
    if (value instanceof Uint8Array) throw new TypeError("a text in a column of numbers");
    if (value === null) this.#nulls.fill(1, 0, rows);
    else (this.values as Float64Array).fill(value, 0, rows);
  }

  fill(values: ColumnValues): void {
    for (const [row, value] of values.entries()) {
      if (value === null) this.#nulls[row] = 1;
      else this.values[row] = (typeof value === "boolean" ? Number(value) : value) as T[number];
    }
  }
}

export type NumberVector = FixedVector<Float64Array>;
export type Int64Vector = FixedVector<BigInt64Array>;

const floats = (length: number): Float64Array => new Float64Array(length);
export const NUMBERS = {
  int32: { width: 4, make: floats, read: (page, at) => page.getInt32(at, true) },
  double: { width: 8, sameInMemory: true, make: floats, read: (page, at) => page.getFloat64(at, true) },
  // Without a bigint between: exact up to 2^53, the nearest double beyond.
  timestamp: {
    width: 8,
    make: floats,
    read: (page, at) => page.getInt32(at + 4, true) * 2 ** 32 + page.getUint32(at, true),
  },
  // As codes, 0 and 1, of a dictionary of these two: our pages of booleans are run lengths.
  boolean: { width: 1, make: floats, read: (page, at) => page.getUint8(at) },
} satisfies Partial<Record<ColumnType, Fixed<Float64Array>>>;
export const INT64: Fixed<BigInt64Array> = {
  width: 8,
  sameInMemory: true,
  make: (length) => new BigInt64Array(length),
  read: (page, at) => page.getBigInt64(at, true),
};

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
