/**
 * A bound that holds however often it is looked at: the Beta(1, 1/p0) mixture of likelihood ratios (Robbins 1970),
 * M_n(p) = B(k+a, n−k+b) / (B(a, b)·p^k·(1−p)^(n−k)). Under the true rate M is a martingale that begins at 1, so by
 * Ville's inequality it ever reaches 1/α with probability at most α; the rates below that are the bound.
 */
import { type Bounds, clopperPearson, firstEnough, logBinomialDensity, pairsNeeded, solve } from "./statistics.ts";

/** `fixed`: looked at once. `anytime`: while a run goes on, or when one is extended after a verdict. */
export type Looks = "fixed" | "anytime";

/** Bounds of a rate after k events in n trials, by the way the verdict is looked at. */
export function boundsOf(looks: Looks, k: number, n: number, confidence: number, limit: number): Bounds {
  return looks === "fixed" ? clopperPearson(k, n, confidence) : anytimeBounds(k, n, confidence, limit);
}

/** About how many more pairs until the upper bound is at most `limit`; see `pairsNeeded`. */
export function morePairs(looks: Looks, k: number, n: number, limit: number, confidence: number): number | null {
  if (looks === "fixed") return pairsNeeded(k, n, limit, confidence);
  const threshold = -Math.log(1 - confidence);
  return firstEnough(k, n, limit, (seen, pairs) => logMixture(seen, pairs, limit, priorOf(limit)) >= threshold);
}

/** The set {p: M_n(p) < 1/α}, an interval around k/n, for the mixture that is quickest at rates below `limit`. */
export function anytimeBounds(k: number, n: number, confidence: number, limit: number): Bounds {
  if (n === 0) return { lower: 0, upper: 1 };
  const threshold = -Math.log(1 - confidence);
  const prior = priorOf(limit);
  const over = (p: number): number => logMixture(k, n, p, prior) - threshold;
  return {
    lower: k === 0 ? 0 : solve(over, 0, k / n),
    upper: k === n ? 1 : solve((p) => -over(p), k / n, 1),
  };
}

/** Of a limit of 0, which no number of pairs proves, any prior will do. */
const SMALLEST_LIMIT = 1e-6;

function priorOf(limit: number): number {
  return 1 / Math.min(1, Math.max(limit, SMALLEST_LIMIT));
}

/** ln M_n(p) with a = 1, by the binomial density: B(k+1, j+1) = 1 / ((k+j+1)·C(k+j, k)), j = n − k + b − 1. */
function logMixture(k: number, n: number, p: number, b: number): number {
  const j = n - k + b - 1;
  const density = logBinomialDensity(k, j, p, 1 - p);
  return Math.log(b) + (b - 1) * Math.log1p(-p) - Math.log(k + j + 1) - density;
}
