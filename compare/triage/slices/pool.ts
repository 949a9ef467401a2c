/** The rows of one model with the lowest hashes, in one typed array: remembering a row makes no object. */

/** Findings of a row that are remembered: a code of path and kind, and one of the group. */
export const MARKS_PER_ROW = 4;
export const MARK_WORDS = 2 * MARKS_PER_ROW;

export interface PoolRow {
  readonly hash: number;
  /** Code of the capture object. */
  readonly place: number;
  readonly offset: bigint;
  /** Row of the capture object. */
  readonly row: number;
  /** Family and group by turns; 0 where there is none. Empty of a match. */
  readonly marks: Uint32Array;
}

/** Order of rows of equal hash, by the places they lie in. */
export type ComparePlaces = (a: number, b: number) => number;

/** Words of a row: hash, place, row, lower and upper half of the offset, then its marks. */
const PLACE = 1;
const ROW = 2;
const LOW = 3;
const HIGH = 4;
const MARKS = 5;

/**
 * Gathers rows and lets go of all but the lowest `keep` now and then: those that go are never among the lowest of any
 * union, so what stays in the end does not depend on the order of adding.
 */
export class Pool {
  size = 0;
  /** A row of a greater hash would not stay. */
  #highest = 0xffffffff;
  #words = new Uint32Array(0);
  readonly #width: number;

  constructor(hasMarks: boolean) {
    this.#width = MARKS + (hasMarks ? MARK_WORDS : 0);
  }

  /** Whether a row of this hash may stay: asked before anything is made for it. */
  takes(hash: number): boolean {
    return hash <= this.#highest;
  }

  /** The caller has asked whether it takes the hash. `marks`: of a pool that has them. */
  add(hash: number, place: number, row: number, low: number, high: number, marks?: Uint32Array): void {
    const at = this.#room();
    const words = this.#words;
    words[at] = hash;
    words[at + PLACE] = place;
    words[at + ROW] = row;
    words[at + LOW] = low;
    words[at + HIGH] = high;
    if (marks !== undefined) words.set(marks, at + MARKS);
  }

  /** Takes over a row of another pool of its kind, whose place has another code here. */
  copy(from: Pool, index: number, place: number): void {
    const at = this.#room();
    const start = index * from.#width;
    this.#words.set(from.#words.subarray(start, start + from.#width), at);
    this.#words[at + PLACE] = place;
  }

  hashAt(index: number): number {
    return this.#words[index * this.#width] as number;
  }

  placeAt(index: number): number {
    return this.#words[index * this.#width + PLACE] as number;
  }

  /** Of a pool that takes no more rows. */
  at(index: number): PoolRow {
    return new WordsRow(this.#words, index * this.#width, this.#width - MARKS);
  }

  /** Lets go of all but the lowest `keep`, and orders those by hash, place and position. */
  cut(keep: number, comparePlaces: ComparePlaces): void {
    const width = this.#width;
    const old = this.#words;
    const order = Array.from({ length: this.size }, (_, index) => index * width).sort(
      (a, b) =>
        (old[a] as number) - (old[b] as number) ||
        comparePlaces(old[a + PLACE] as number, old[b + PLACE] as number) ||
        (old[a + HIGH] as number) - (old[b + HIGH] as number) ||
        (old[a + LOW] as number) - (old[b + LOW] as number),
    );
    this.size = Math.min(keep, order.length);
    this.#words = new Uint32Array(this.size * width);
    for (let index = 0; index < this.size; index++) {
      const start = order[index] as number;
      this.#words.set(old.subarray(start, start + width), index * width);
    }
    if (order.length >= keep) this.#highest = this.size === 0 ? 0 : this.hashAt(this.size - 1);
  }

  /** The rows as they lie, with other codes for their places. */
  toWords(codes: ReadonlyMap<number, number>): Uint32Array {
    const words = this.#words.slice(0, this.size * this.#width);
    for (let at = PLACE; at < words.length; at += this.#width) words[at] = codes.get(words[at] as number) ?? 0;
    return words;
  }

  /** A pool of such words. */
  static fromWords(words: Uint32Array, hasMarks: boolean): Pool {
    const pool = new Pool(hasMarks);
    pool.#words = Uint32Array.from(words);
    pool.size = words.length / pool.#width;
    return pool;
  }

  /** Place of the first word of a new row. */
  #room(): number {
    const at = this.size++ * this.#width;
    if (at + this.#width > this.#words.length) {
      const grown = new Uint32Array(Math.max(8 * this.#width, 2 * at));
      grown.set(this.#words);
      this.#words = grown;
    }
    return at;
  }
}

/** Reads from the words of its pool: the hundred thousand rows of a full sample took 32 MB as objects of values. */
class WordsRow implements PoolRow {
  readonly #words: Uint32Array;
  readonly #start: number;
  readonly #marks: number;

  constructor(words: Uint32Array, start: number, marks: number) {
    this.#words = words;
    this.#start = start;
    this.#marks = marks;
  }

  get hash(): number {
    return this.#words[this.#start] as number;
  }

  get place(): number {
    return this.#words[this.#start + PLACE] as number;
  }

  get row(): number {
    return this.#words[this.#start + ROW] as number;
  }

  get offset(): bigint {
    const low = this.#words[this.#start + LOW] as number;
    const high = this.#words[this.#start + HIGH] as number;
    return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low));
  }

  get marks(): Uint32Array {
    const start = this.#start + MARKS;
    return this.#marks === 0 ? NO_MARKS : this.#words.subarray(start, start + this.#marks);
  }
}

const NO_MARKS = new Uint32Array(0);
