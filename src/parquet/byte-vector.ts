/** A column of texts or bytes: all values in one buffer, and where each of them lies. */
import { isUtf8 } from "node:buffer";
import { giveBack } from "../memory.ts";
import type { ColumnType } from "../record.ts";
import type { Constant } from "./constant.ts";
import type { ColumnValues } from "./types.ts";
import { type Levels, placeOf, type Vector } from "./vector.ts";

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

  release(): void {
    giveBack(this.data);
    this.data = Buffer.alloc(0);
    this.starts = new Int32Array(0);
    this.ends = new Int32Array(0);
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

  repeat(value: Constant, rows: number): void {
    if (typeof value === "number") throw new TypeError("a number in a column of bytes");
    const start = value === null ? -1 : this.#copy(value);
    this.starts.fill(start, 0, rows);
    this.ends.fill(value === null ? -1 : this.#used, 0, rows);
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
      giveBack(this.data);
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
