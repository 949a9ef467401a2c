/** The rows of one model with the lowest hashes, in typed arrays: remembering a row makes no object that stays. */

/** Findings of a row that are remembered: a code of path and kind, and one of the group. */
export const MARKS_PER_ROW = 4;
const MARK_WORDS = 2 * MARKS_PER_ROW;

export interface PoolRow {
  readonly hash: number;
  /** Code of the capture object. */
  readonly place: number;
  readonly offset: bigint;
  /** Row of the capture object. */
  readonly row: number;
  /** Family and group by turns; 0 where there is none. Of a match undefined. */
  readonly marks?: Uint32Array | undefined;
}

/** Order of rows of equal hash, by the places they lie in. */
export type ComparePlaces = (a: number, b: number) => number;

/**
 * Gathers rows and lets go of all but the lowest `keep` now and then: those that go are never among the lowest of any
 * union, so what stays in the end does not depend on the order of adding.
 */
export class Pool {
  size = 0;
  /** A row of a greater hash would not stay. */
  #highest = 0xffffffff;
  #hashes = new Uint32Array(0);
  #places = new Uint32Array(0);
  #offsets = new BigInt64Array(0);
  #rows = new Uint32Array(0);
  #marks = new Uint32Array(0);
  readonly #markWords: number;

  constructor(hasMarks: boolean) {
    this.#markWords = hasMarks ? MARK_WORDS : 0;
  }

  /** Whether a row of this hash may stay: asked before anything is made for it. */
  takes(hash: number): boolean {
    return hash <= this.#highest;
  }

  add({ hash, place, offset, row, marks }: PoolRow): void {
    if (!this.takes(hash)) return;
    if (this.size === this.#hashes.length) this.#grow();
    const at = this.size++;
    this.#hashes[at] = hash;
    this.#places[at] = place;
    this.#offsets[at] = offset;
    this.#rows[at] = row;
    if (marks !== undefined) this.#marks.set(marks.subarray(0, this.#markWords), at * this.#markWords);
  }

  at(index: number): PoolRow {
    const words = this.#markWords;
    return {
      hash: this.#hashes[index] as number,
      place: this.#places[index] as number,
      offset: this.#offsets[index] as bigint,
      row: this.#rows[index] as number,
      ...(words > 0 ? { marks: this.#marks.slice(index * words, (index + 1) * words) } : {}),
    };
  }

  /** Lets go of all but the lowest `keep`, and orders those by hash, place and position. */
  cut(keep: number, comparePlaces: ComparePlaces): void {
    const order = Array.from({ length: this.size }, (_, at) => at).sort(
      (a, b) =>
        (this.#hashes[a] as number) - (this.#hashes[b] as number) ||
        comparePlaces(this.#places[a] as number, this.#places[b] as number) ||
        Number((this.#offsets[a] as bigint) - (this.#offsets[b] as bigint)),
    );
    const kept = order.slice(0, keep).map((at) => this.at(at));
    this.size = 0;
    this.#highest = 0xffffffff;
    for (const row of kept) this.add(row);
    if (order.length >= keep) this.#highest = kept.at(-1)?.hash ?? 0;
  }

  #grow(): void {
    const length = Math.max(16, 2 * this.size);
    this.#hashes = grown(this.#hashes, new Uint32Array(length));
    this.#places = grown(this.#places, new Uint32Array(length));
    this.#rows = grown(this.#rows, new Uint32Array(length));
    this.#marks = grown(this.#marks, new Uint32Array(length * this.#markWords));
    const offsets = new BigInt64Array(length);
    offsets.set(this.#offsets);
    this.#offsets = offsets;
  }
}

function grown(from: Uint32Array, to: Uint32Array): Uint32Array<ArrayBuffer> {
  to.set(from);
  return to as Uint32Array<ArrayBuffer>;
}
