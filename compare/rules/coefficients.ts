/** How alike two orders are. Small functions of their own, held to scipy by the tests. */

/** Kendall's tau-b in O(n log n) (Knight); NaN when one side is constant or holds a NaN. */
export function kendallTauB(x: readonly number[], y: readonly number[]): number {
  if ([...x, ...y].some(Number.isNaN)) return Number.NaN;
  const order = x.map((_, i) => i).sort((i, j) => ascending(x[i], x[j]) || ascending(y[i], y[j]));
  const xs = order.map((i) => x[i] as number);
  const ys = order.map((i) => y[i] as number);
  const pairs = (x.length * (x.length - 1)) / 2;
  const xTies = tiedPairs(xs.length, (i, j) => xs[i] === xs[j]);
  const bothTies = tiedPairs(xs.length, (i, j) => xs[i] === xs[j] && ys[i] === ys[j]);
  const { sorted, swaps } = sortCounting(ys);
  const yTies = tiedPairs(sorted.length, (i, j) => sorted[i] === sorted[j]);
  const difference = pairs - xTies - yTies + bothTies - 2 * swaps;
  // One root of the product, so that equal orders come to exactly 1.
  return clamp(difference / Math.sqrt((pairs - xTies) * (pairs - yTies)));
}

/** Pearson's correlation of average ranks; NaN when one side is constant or holds a NaN. */
export function spearman(x: readonly number[], y: readonly number[]): number {
  if ([...x, ...y].some(Number.isNaN)) return Number.NaN;
  const [a, b] = [averageRanks(x), averageRanks(y)];
  // Ranks are halves, so these sums of integers are exact and equal orders come to exactly 1.
  const doubleMean = x.length + 1;
  let [both, left, right] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [u, v] = [2 * (a[i] as number) - doubleMean, 2 * (b[i] as number) - doubleMean];
    both += u * v;
    left += u * u;
    right += v * v;
  }
  return clamp(both / Math.sqrt(left * right));
}

/** Share of weight that RBO leaves to each next depth. */
const PERSISTENCE = 0.9;

/** Rank-biased overlap of two orders of the same ids, extrapolated beyond the last (Webber, Moffat, Zobel 2010). */
export function rankBiasedOverlap(x: readonly number[], y: readonly number[]): number {
  const depth = x.length;
  const [seenX, seenY] = [new Set<number>(), new Set<number>()];
  let [shared, sum, weight] = [0, 0, 1];
  for (let at = 0; at < depth; at++) {
    const [a, b] = [x[at] as number, y[at] as number];
    if (a === b) shared++;
    else shared += Number(seenY.has(a)) + Number(seenX.has(b));
    seenX.add(a);
    seenY.add(b);
    weight *= PERSISTENCE;
    sum += (1 - shared / (at + 1)) * weight;
  }
  // 1 − what is missing at each depth: exactly 1 for equal orders. Beyond the end the overlap is whole.
  return 1 - (sum * (1 - PERSISTENCE)) / PERSISTENCE;
}

function ascending(a: number | undefined, b: number | undefined): number {
  const [x, y] = [a as number, b as number];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Pairs within runs of equal neighbours of a sorted list. */
function tiedPairs(length: number, same: (i: number, j: number) => boolean): number {
  let pairs = 0;
  let run = 0;
  for (let i = 1; i < length; i++) {
    run = same(i - 1, i) ? run + 1 : 0;
    pairs += run;
  }
  return pairs;
}

/** Merge sort that counts how many neighbours would have to change places. */
function sortCounting(values: readonly number[]): { sorted: readonly number[]; swaps: number } {
  if (values.length < 2) return { sorted: values, swaps: 0 };
  const middle = values.length >> 1;
  const left = sortCounting(values.slice(0, middle));
  const right = sortCounting(values.slice(middle));
  const sorted: number[] = [];
  let swaps = left.swaps + right.swaps;
  let at = 0;
  for (const value of left.sorted) {
    while (at < right.sorted.length && (right.sorted[at] as number) < value) sorted.push(right.sorted[at++] as number);
    swaps += at;
    sorted.push(value);
  }
  return { sorted: [...sorted, ...right.sorted.slice(at)], swaps };
}

/** 1-based; equal values share the mean of their ranks. */
export function averageRanks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => ascending(values[i], values[j]));
  const ranks = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to] as number] === values[order[from] as number]) to++;
    for (let i = from; i < to; i++) ranks[order[i] as number] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}

function clamp(coefficient: number): number {
  return Math.max(-1, Math.min(1, coefficient));
}
