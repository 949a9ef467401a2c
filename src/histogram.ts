/**
 * Latencies as integer counts in log-linear buckets: 128 per power of two, so a quantile is off by at most
 * 0.8 %. Only integers inside, so that merging in any order gives the same histogram to the bit.
 */
const SUB_BITS = 7;
const SUB = 2 ** SUB_BITS;
/** Values are kept in whole microseconds, up to 2^46 (two years); larger ones count as that. */
const MAX_US = 2 ** 46;

export interface Histogram {
  readonly count: number;
  /** Adds one latency in milliseconds; negative and NaN count as 0. */
  add(ms: number): void;
  merge(other: Histogram): void;
  /** Milliseconds at quantile q (0 to 1), by nearest rank; null when empty. */
  quantile(q: number): number | null;
  toJSON(): HistogramJson;
}

/** Buckets are [index, count] in ascending order; min and max in microseconds, null when empty. */
export interface HistogramJson {
  readonly count: number;
  readonly minUs: number | null;
  readonly maxUs: number | null;
  readonly buckets: readonly (readonly [number, number])[];
}

export function createHistogram(from?: HistogramJson): Histogram {
  return new LogLinearHistogram(from);
}

/** A class, as there are two for each model and object: closures would take more than the counts. */
class LogLinearHistogram implements Histogram {
  count: number;
  #minUs: number;
  #maxUs: number;
  readonly #buckets: Map<number, number>;

  constructor(from?: HistogramJson) {
    this.#buckets = new Map(from?.buckets);
    this.count = from?.count ?? 0;
    this.#minUs = from?.minUs ?? Number.POSITIVE_INFINITY;
    this.#maxUs = from?.maxUs ?? 0;
  }

  add(ms: number): void {
    const us = ms > 0 ? Math.min(Math.round(ms * 1000), MAX_US) : 0;
    this.#put(bucketOf(us), 1);
    this.count++;
    this.#minUs = Math.min(this.#minUs, us);
    this.#maxUs = Math.max(this.#maxUs, us);
  }

  merge(other: Histogram): void {
    const { buckets, count, minUs, maxUs } = other.toJSON();
    for (const [index, n] of buckets) this.#put(index, n);
    this.count += count;
    this.#minUs = Math.min(this.#minUs, minUs ?? Number.POSITIVE_INFINITY);
    this.#maxUs = Math.max(this.#maxUs, maxUs ?? 0);
  }

  quantile(q: number): number | null {
    if (this.count === 0) return null;
    const rank = Math.max(1, Math.ceil(q * this.count));
    let seen = 0;
    for (const [index, n] of this.#sorted()) {
      seen += n;
      if (seen >= rank) return Math.min(Math.max(middleOf(index), this.#minUs), this.#maxUs) / 1000;
    }
    return this.#maxUs / 1000;
  }

  toJSON(): HistogramJson {
    return {
      count: this.count,
      minUs: this.count === 0 ? null : this.#minUs,
      maxUs: this.count === 0 ? null : this.#maxUs,
      buckets: this.#sorted(),
    };
  }

  #put(index: number, n: number): void {
    this.#buckets.set(index, (this.#buckets.get(index) ?? 0) + n);
  }

  #sorted(): [number, number][] {
    return [...this.#buckets].sort(([a], [b]) => a - b);
  }
}

/** Below 2·SUB every value has its own bucket; above, each power of two is cut into SUB equal parts. */
function bucketOf(us: number): number {
  if (us < 2 * SUB) return us;
  const log2 = us < 2 ** 32 ? 31 - Math.clz32(us) : Math.floor(Math.log2(us));
  const shift = log2 - SUB_BITS;
  return shift * SUB + Math.floor(us / 2 ** shift);
}

function middleOf(index: number): number {
  if (index < 2 * SUB) return index;
  const shift = Math.floor(index / SUB) - 1;
  const start = (index - shift * SUB) * 2 ** shift;
  return start + Math.floor((2 ** shift - 1) / 2);
}
