/** The hypergeometric tail of Fisher's exact test, in logarithms: probabilities far below the smallest double are told apart. */
import { logBinomialDensity } from "../../statistics.ts";

/**
 * ln P(X ≥ hits), X the marked ones among `drawn` of `all`, of which `marked` are marked: how likely so many come by
 * chance alone. −∞ when it cannot be.
 */
export function logTail(hits: number, drawn: number, marked: number, all: number): number {
  const least = Math.max(0, drawn + marked - all);
  const most = Math.min(drawn, marked);
  if (hits <= least) return 0;
  if (hits > most) return Number.NEGATIVE_INFINITY;
  // Below the middle the other tail is summed, so that terms only fall.
  const middle = ((drawn + 1) * (marked + 1)) / (all + 2);
  if (hits > middle)
    return Math.min(0, logMass(hits, drawn, marked, all) + Math.log(ratioSum(hits, drawn, marked, all)));
  const below = logMass(hits - 1, drawn, marked, all) + Math.log(ratioSumBelow(hits - 1, drawn, marked, all));
  return Math.log1p(-Math.min(1, Math.exp(below)));
}

/** ln P(X = hits): three binomial densities at the rate of all, of which the powers cancel. */
function logMass(hits: number, drawn: number, marked: number, all: number): number {
  const rate = drawn / all;
  if (rate === 1) return hits === marked ? 0 : Number.NEGATIVE_INFINITY;
  const rest = 1 - rate;
  return (
    logBinomialDensity(hits, marked - hits, rate, rest) +
    logBinomialDensity(drawn - hits, all - marked - drawn + hits, rate, rest) -
    logBinomialDensity(drawn, all - drawn, rate, rest)
  );
}

/** Σ P(X = x) / P(X = hits) over x ≥ hits. */
function ratioSum(hits: number, drawn: number, marked: number, all: number): number {
  let sum = 1;
  let term = 1;
  for (let x = hits; x < Math.min(drawn, marked) && term > 1e-18 * sum; x++) {
    term *= ((drawn - x) * (marked - x)) / ((x + 1) * (all - drawn - marked + x + 1));
    sum += term;
  }
  return sum;
}

/** The same over x ≤ hits. */
function ratioSumBelow(hits: number, drawn: number, marked: number, all: number): number {
  let sum = 1;
  let term = 1;
  for (let x = hits; x > Math.max(0, drawn + marked - all) && term > 1e-18 * sum; x--) {
    term *= (x * (all - drawn - marked + x)) / ((drawn - x + 1) * (marked - x + 1));
    sum += term;
  }
  return sum;
}
