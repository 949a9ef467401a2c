/** How far the numbers of a field lie apart, pair by pair: what a tolerance would have to allow. */

/** Mismatch rates for which a tolerance is told. */
export const RATES = [0, 1e-4, 1e-3] as const;

/** What one pair needs on one field: the most of any of its elements. */
export interface PairNeed {
  /** Smallest atol beside rtol 0. */
  readonly atol: number;
  /** Smallest rtol beside atol 0; ∞ where legacy is 0. */
  readonly rtol: number;
}

/** No tolerance helps: another type, a value on one side only, NaN or ∞ against a number. */
export const STUCK: PairNeed = { atol: Number.POSITIVE_INFINITY, rtol: Number.POSITIVE_INFINITY };

/** `apart` > 0 is |new − legacy|. Smallest as `number` reckons: apart ≤ atol, and apart ≤ rtol·|legacy|. */
export function needOf(legacy: number, apart: number): PairNeed {
  const size = Math.abs(legacy);
  if (size === 0) return { atol: apart, rtol: Number.POSITIVE_INFINITY };
  let rtol = apart / size;
  // The quotient is rounded: a few doubles to and fro find the first that holds.
  while (rtol < Number.POSITIVE_INFINITY && !(apart <= rtol * size)) rtol = neighbour(rtol, 1n);
  while (rtol > 0 && apart <= neighbour(rtol, -1n) * size) rtol = neighbour(rtol, -1n);
  return { atol: apart, rtol };
}

/** The needs of a field over the pairs of a model: only the largest are kept, as many as a rate can leave out. */
export class FieldNeeds {
  /** Pairs that differ, and those of them that no tolerance helps. */
  pairs = 0;
  stuck = 0;
  readonly #atols: Largest;
  readonly #rtols: Largest;

  /** `selected` is at least the number of the model's pairs. */
  constructor(selected: number) {
    const kept = Math.floor(selected * Math.max(...RATES)) + 1;
    this.#atols = new Largest(kept);
    this.#rtols = new Largest(kept);
  }

  add({ atol, rtol }: PairNeed): void {
    this.pairs++;
    if (atol === Number.POSITIVE_INFINITY) this.stuck++;
    this.#atols.add(atol);
    this.#rtols.add(rtol);
  }

  /** The smallest tolerance under which at most `rate` of `n` pairs differ; null when none is. */
  atol(rate: number, n: number): number | null {
    return finite(this.#atols.at(Math.floor(rate * n)));
  }

  rtol(rate: number, n: number): number | null {
    return finite(this.#rtols.at(Math.floor(rate * n)));
  }
}

/** The `kept` largest of many numbers. */
class Largest {
  readonly #kept: number;
  #values: number[] = [];

  constructor(kept: number) {
    this.#kept = kept;
  }

  add(value: number): void {
    this.#values.push(value);
    if (this.#values.length >= 2 * this.#kept + 1_000) this.#cut();
  }

  /** The one that `rank` others are not smaller than; 0 when there are no more than `rank`. */
  at(rank: number): number {
    this.#cut();
    return this.#values[rank] ?? 0;
  }

  #cut(): void {
    this.#values = this.#values.sort((a, b) => b - a).slice(0, this.#kept);
  }
}

function finite(value: number): number | null {
  return value === Number.POSITIVE_INFINITY ? null : value;
}

const bits = new DataView(new ArrayBuffer(8));

function neighbour(value: number, by: bigint): number {
  bits.setFloat64(0, value);
  bits.setBigInt64(0, bits.getBigInt64(0) + by);
  return bits.getFloat64(0);
}
