/** Exact binomial bounds. Own small functions, held to published values to 1e-9 and to scipy on a grid. */

export interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

/**
 * One-sided Clopper–Pearson bounds of a rate after k events in n trials, each at `confidence` (0 < confidence < 1).
 * No trial: anything is possible, lower 0 and upper 1.
 */
export function clopperPearson(k: number, n: number, confidence: number): Bounds {
  if (n === 0) return { lower: 0, upper: 1 };
  const tail = 1 - confidence;
  return { lower: lowerBound(k, n, tail), upper: upperBound(k, n, tail) };
}

/**
 * About how many more pairs at the present rate k/n until the upper bound is at most `limit`; 0 when it is already.
 * Null when no number of pairs would do: the rate itself is not below the limit, or so near that it would take
 * more than PAIRS_MAX.
 */
export function pairsNeeded(k: number, n: number, limit: number, confidence: number): number | null {
  const tail = 1 - confidence;
  return firstEnough(k, n, limit, (seen, pairs) => binomialAtMost(seen, pairs, limit) <= tail);
}

/**
 * How many more pairs at the present rate until `enough`, which must stay true once it is; 0 when it is already, null
 * when it never becomes true below PAIRS_MAX.
 */
export function firstEnough(
  k: number,
  n: number,
  limit: number,
  enoughAt: (k: number, n: number) => boolean,
): number | null {
  const rate = n === 0 ? 0 : k / n;
  if (limit >= 1) return 0;
  if (limit <= 0 || rate >= limit) return null;
  const enough = (pairs: number) => enoughAt(rate * pairs, pairs);
  if (n > 0 && enough(n)) return 0;
  let low = n;
  let high = Math.max(2 * n, 2);
  while (!enough(high)) {
    low = high;
    high *= 2;
    if (high > PAIRS_MAX) return null;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high - n;
}

/** Beyond this an answer is of no use to anyone, and the search would be slow. */
const PAIRS_MAX = 1e11;

/** The p at which k or fewer of n are as unlikely as `tail`. */
function upperBound(k: number, n: number, tail: number): number {
  if (k >= n) return 1;
  if (k === 0) return -Math.expm1(Math.log(tail) / n);
  return solve((p) => binomialAtMost(k, n, p) - tail, k / n, 1);
}

/** The p at which k or more of n are as unlikely as `tail`. */
function lowerBound(k: number, n: number, tail: number): number {
  if (k <= 0) return 0;
  if (k === n) return Math.exp(Math.log(tail) / n);
  return solve((p) => tail - regularisedBeta(k, n - k + 1, p), 0, k / n);
}

/**
 * The root of a decreasing function, to the last bits. By ratio while the ends lie far apart, so that tiny rates get theirs,
 * too; then by Chandrupatla's steps (1997), which take a third of the time of bisection.
 */
export function solve(f: (p: number) => number, from: number, to: number): number {
  let low = from;
  let high = to;
  for (let step = 0; step < 300 && (low === 0 || high / low > 4); step++) {
    const middle = low === 0 ? high / 8 : Math.sqrt(low * high);
    if (f(middle) > 0) low = middle;
    else high = middle;
  }
  return solveWithin(f, low, high);
}

/** `a` is the last point tried, `b` the other end of the bracket, `c` the point before. */
function solveWithin(f: (p: number) => number, low: number, high: number): number {
  let a = high;
  let fa = f(high);
  let b = low;
  let fb = f(low);
  let part = 0.5;
  for (let step = 0; step < 100; step++) {
    const x = a + part * (b - a);
    const fx = f(x);
    let c = a;
    let fc = fa;
    if (fx > 0 !== fa > 0) {
      c = b;
      fc = fb;
      b = a;
      fb = fa;
    }
    a = x;
    fa = fx;
    const best = Math.abs(fa) < Math.abs(fb) ? a : b;
    const least = (Number.EPSILON * Math.abs(best)) / Math.abs(b - a);
    if (fa === 0 || !(least < 0.5)) return best;
    const xi = (a - b) / (c - b);
    const phi = (fa - fb) / (fc - fb);
    const isSmooth = phi * phi < xi && (1 - phi) * (1 - phi) < 1 - xi;
    const inverse = (fa / (fb - fa)) * (fc / (fb - fc)) + (((c - a) / (b - a)) * fa * fb) / ((fc - fa) * (fc - fb));
    part = Math.min(1 - least, Math.max(least, isSmooth ? inverse : 0.5));
  }
  return Math.abs(fa) < Math.abs(fb) ? a : b;
}

/** P(X ≤ k) of Binomial(n, p); k and n may be fractions, as the beta function allows. */
function binomialAtMost(k: number, n: number, p: number): number {
  return complementaryBeta(k + 1, n - k, p);
}

/** I_x(a, b) for a, b > 0. */
export function regularisedBeta(a: number, b: number, x: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  return x < (a + 1) / (a + b + 2) ? betaTail(a, b, x, 1 - x) : 1 - betaTail(b, a, 1 - x, x);
}

/** 1 − I_x(a, b), without losing x where it is tiny. */
function complementaryBeta(a: number, b: number, x: number): number {
  if (x <= 0) return 1;
  if (x >= 1) return 0;
  return x < (a + 1) / (a + b + 2) ? 1 - betaTail(a, b, x, 1 - x) : betaTail(b, a, 1 - x, x);
}

/** I_x(a, b) by the continued fraction (Lentz), quick where x < (a+1)/(a+b+2); y = 1 − x. */
function betaTail(a: number, b: number, x: number, y: number): number {
  const TINY = 1e-300;
  const nonZero = (value: number) => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let sum = d;
  for (let m = 1; m <= ITERATIONS_MAX; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    sum *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    const factor = d * c;
    sum *= factor;
    if (Math.abs(factor - 1) < 1e-15) break;
  }
  // x^a·y^b / (a·B(a, b)), by the binomial density: sums of log-gammas would lose eight digits at n = 10^7.
  return ((binomialDensity(a, b, x, y) * b) / (a + b)) * sum;
}

/** The fraction settles in about √max(a, b) steps. */
const ITERATIONS_MAX = 2_000_000;

/** Γ(a+b+1)/(Γ(a+1)Γ(b+1))·x^a·y^b by the saddle point (Loader 2000); a, b > 0. */
function binomialDensity(a: number, b: number, x: number, y: number): number {
  return Math.exp(binomialExponent(a, b, x, y)) * Math.sqrt((a + b) / (2 * Math.PI * a * b));
}

/** ln of the same; a, b ≥ 0, and of large ones no digit is lost. */
export function logBinomialDensity(a: number, b: number, x: number, y: number): number {
  if (a === 0) return b === 0 ? 0 : b * Math.log1p(-x);
  if (b === 0) return a * Math.log(x);
  return binomialExponent(a, b, x, y) + 0.5 * Math.log((a + b) / (2 * Math.PI * a * b));
}

function binomialExponent(a: number, b: number, x: number, y: number): number {
  const n = a + b;
  return stirlingError(n) - stirlingError(a) - stirlingError(b) - deviance(a, n * x) - deviance(b, n * y);
}

/** ln Γ(z+1) − ((z+½) ln z − z + ½ ln 2π). */
function stirlingError(z: number): number {
  if (z < 16) return stirlingError(z + 1) + (z + 0.5) * Math.log1p(1 / z) - 1;
  const zz = z * z;
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / zz) / zz) / zz) / zz) / z;
}

/** z·ln(z/mean) + mean − z, by a series where the two are near and the terms would cancel. */
function deviance(z: number, mean: number): number {
  const gap = z - mean;
  if (Math.abs(gap) >= 0.1 * (z + mean)) return z * Math.log(z / mean) + mean - z;
  const ratio = gap / (z + mean);
  let sum = gap * ratio;
  let term = 2 * z * ratio;
  for (let j = 1; j < 1000; j++) {
    term *= ratio * ratio;
    const next = sum + term / (2 * j + 1);
    if (next === sum) break;
    sum = next;
  }
  return sum;
}
