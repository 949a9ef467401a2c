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
  const buckets = new Map<number, number>(from?.buckets ?? []);
  let count = from?.count ?? 0;
  let minUs = from?.minUs ?? Number.POSITIVE_INFINITY;
  let maxUs = from?.maxUs ?? 0;

  const sorted = (): [number, number][] => [...buckets].sort(([a], [b]) => a - b);
  return {
    get count() {
      return count;
    },
    add(ms) {
      const us = ms > 0 ? Math.min(Math.round(ms * 1000), MAX_US) : 0;
      const index = bucketOf(us);
      buckets.set(index, (buckets.get(index) ?? 0) + 1);
      count++;
      minUs = Math.min(minUs, us);
      maxUs = Math.max(maxUs, us);
    },
    merge(other) {
      const json = other.toJSON();
      for (const [index, n] of json.buckets) buckets.set(index, (buckets.get(index) ?? 0) + n);
      count += json.count;
      minUs = Math.min(minUs, json.minUs ?? Number.POSITIVE_INFINITY);
      maxUs = Math.max(maxUs, json.maxUs ?? 0);
    },
    quantile(q) {
      if (count === 0) return null;
      const rank = Math.max(1, Math.ceil(q * count));
      let seen = 0;
      for (const [index, n] of sorted()) {
        seen += n;
        if (seen >= rank) return Math.min(Math.max(middleOf(index), minUs), maxUs) / 1000;
      }
      return maxUs / 1000;
    },
    toJSON: () => ({
      count,
      minUs: count === 0 ? null : minUs,
      maxUs: count === 0 ? null : maxUs,
      buckets: sorted(),
    }),
  };
}

/** Below 2·SUB every value has its own bucket; above, each power of two is cut into SUB equal parts. */
function bucketOf(us: number): number {
  if (us < 2 * SUB) return us;
  const shift = Math.floor(Math.log2(us)) - SUB_BITS;
  return shift * SUB + Math.floor(us / 2 ** shift);
}

function middleOf(index: number): number {
  if (index < 2 * SUB) return index;
  const shift = Math.floor(index / SUB) - 1;
  const start = (index - shift * SUB) * 2 ** shift;
  return start + Math.floor((2 ** shift - 1) / 2);
}
