/** Where the positions of a capture object stand in it, without a bigint for each of them. */
import { CutoverError } from "../src/errors.ts";
import type { ObjectReader } from "../src/parquet/types.ts";
import { Vectors } from "../src/parquet/vectors.ts";

/** Above this many positions in a range the index is a map: a range may be mostly holes (compaction, retention). */
const DIRECT_INDEX_POSITIONS = 4_194_304;
export const NO_ROW = -1;

export interface RowIndex {
  readonly rows: number;
  /** Row of the capture object at a position; −1 when there is none. */
  rowOf(offset: bigint): number;
  /** The same for a scanned column of positions, by their place in it. */
  rowsOf(offsets: BigInt64Array): (at: number) => number;
}

/** Reads the positions of a capture object. PARQUET_CORRUPT when one lies outside the range or stands twice. */
export async function indexRows(reader: ObjectReader, first: bigint, last: bigint): Promise<RowIndex> {
  const span = last - first + 1n;
  const index =
    span <= BigInt(DIRECT_INDEX_POSITIONS) ? new DirectIndex(first, Number(span)) : new SparseIndex(first, last);
  const columns = new Vectors();
  for (const [group, { rows }] of reader.rowGroups.entries()) {
    await reader.scan(group, ["offset"], columns);
    const offsets = columns.int64s("offset").values;
    const wrong = index.add(offsets, rows);
    if (wrong < rows) throw corrupt(reader, `each position from ${first} to ${last} at most once`, offsets[wrong]);
  }
  return index;
}

export function corrupt(reader: ObjectReader, expected: string, received: unknown): CutoverError {
  return new CutoverError("PARQUET_CORRUPT", "a row does not belong here", {
    place: reader.key,
    expected,
    received: String(received),
  });
}

/** A place for every position of the range. */
class DirectIndex implements RowIndex {
  rows = 0;
  readonly #first: bigint;
  readonly #rows: Int32Array;

  constructor(first: bigint, span: number) {
    this.#first = first;
    this.#rows = new Int32Array(span).fill(NO_ROW);
  }

  /** Takes the next `count` rows; gives the place of the first that does not belong, or `count`. */
  add(offsets: BigInt64Array, count: number): number {
    const distance = distancesFrom(this.#first, offsets);
    const rows = this.#rows;
    for (let at = 0; at < count; at++) {
      const place = distance(at);
      // Outside of the range there is no element, which is not NO_ROW either.
      if (rows[place] !== NO_ROW) return at;
      rows[place] = this.rows++;
    }
    return count;
  }

  rowOf(offset: bigint): number {
    return this.rowsOf(BigInt64Array.of(offset))(0);
  }

  rowsOf(offsets: BigInt64Array): (at: number) => number {
    const distance = distancesFrom(this.#first, offsets);
    const rows = this.#rows;
    return (at) => {
      const place = distance(at);
      return place >= 0 && place < rows.length ? (rows[place] as number) : NO_ROW;
    };
  }
}

class SparseIndex implements RowIndex {
  rows = 0;
  readonly #first: bigint;
  readonly #last: bigint;
  readonly #rows = new Map<bigint, number>();

  constructor(first: bigint, last: bigint) {
    this.#first = first;
    this.#last = last;
  }

  add(offsets: BigInt64Array, count: number): number {
    for (let at = 0; at < count; at++) {
      const offset = offsets[at] as bigint;
      if (offset < this.#first || offset > this.#last || this.#rows.has(offset)) return at;
      this.#rows.set(offset, this.rows++);
    }
    return count;
  }

  rowOf(offset: bigint): number {
    return this.#rows.get(offset) ?? NO_ROW;
  }

  rowsOf(offsets: BigInt64Array): (at: number) => number {
    return (at) => this.rowOf(offsets[at] as bigint);
  }
}

const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/**
 * How far each position lies from `first`, from the halves in which it lies in memory. Exact up to 2^53; what lies
 * further away is rounded, and still much too far.
 */
function distancesFrom(first: bigint, { buffer, byteOffset, length }: BigInt64Array): (at: number) => number {
  const highs = new Int32Array(buffer, byteOffset, 2 * length);
  const lows = new Uint32Array(buffer, byteOffset, 2 * length);
  const firstHigh = Number(first >> 32n);
  const firstLow = Number(first & 0xffffffffn);
  return (at) =>
    ((highs[2 * at + HIGH] as number) - firstHigh) * 2 ** 32 + ((lows[2 * at + 1 - HIGH] as number) - firstLow);
}
