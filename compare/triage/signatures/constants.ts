/** Signatures of a value that no longer follows legacy's: a default, a bound, an index that counts from elsewhere. */
import { DISTINCT_LEAST, distinct, type Hypothesis, holdsForMost, SHARE_LEAST, shareOf } from "./evidence.ts";
import type { NumberPair } from "./pairs.ts";

type Found = Hypothesis<NumberPair> | null;

/** `family`: all findings of the field, which show whether legacy's values lie on one side of the constant. */
export function defaultOrBound(pairs: readonly NumberPair[], family: readonly NumberPair[]): Found {
  if (distinct(pairs.map(({ x }) => x)) < DISTINCT_LEAST) return null;
  const [value] = mostFrequent(pairs.map(({ y }) => y));
  if (value === undefined) return null;
  const isValue = ({ y }: NumberPair): boolean => y === value;
  if (!holdsForMost(pairs, isValue)) return bounds(pairs);
  const bound = boundSide(family.filter(isValue), value);
  if (bound === null) return { name: "constant_default", parameters: { value }, holds: isValue };
  return { name: "clipped", parameters: { [bound]: value }, holds: isValue };
}

/** Of the farthest value beyond a bound: the nearest is not farther than this share, or the bound is none. */
const GAP_SHARE = 0.1;

/**
 * Values that are cut at a bound lie on one side of it, and come near it. 0 or less of what is positive, more than 0 of
 * what is negative, and 1 of what is a share, are no bounds that anyone sets: they are defaults.
 */
function boundSide(pairs: readonly NumberPair[], value: number): "lower" | "upper" | null {
  const above = pairs.every(({ x }) => x > value);
  const below = pairs.every(({ x }) => x < value);
  if (!above && !below) return null;
  if (above && value <= 0 && pairs.every(({ x }) => x > 0)) return null;
  if (below && value > 0 && pairs.every(({ x }) => x < 0)) return null;
  if (value === 1 && below && pairs.every(({ x }) => x >= 0)) return null;
  const gaps = pairs.map(({ x }) => Math.abs(x - value));
  const near = Math.min(...gaps) <= Math.max(GAP_SHARE, 5 / pairs.length) * Math.max(...gaps);
  return near ? (above ? "upper" : "lower") : null;
}

/** A lower and an upper bound at once. */
function bounds(pairs: readonly NumberPair[]): Found {
  const downs = pairs.filter(({ x, y }) => y < x);
  const ups = pairs.filter(({ x, y }) => y > x);
  const [upper] = mostFrequent(downs.map(({ y }) => y));
  const [lower] = mostFrequent(ups.map(({ y }) => y));
  if (upper === undefined || lower === undefined || lower >= upper) return null;
  for (const side of [downs, ups]) if (distinct(side.map(({ x }) => x)) < DISTINCT_LEAST) return null;
  const holds = ({ x, y }: NumberPair): boolean => y === (x > upper ? upper : x < lower ? lower : x);
  return holdsForMost(pairs, holds) ? { name: "clipped", parameters: { lower, upper }, holds } : null;
}

/** Pairs, and distinct values, that show that one step is no jitter: it goes one way alone. */
const STEPS_LEAST = 20;

/** Whole numbers one up, or one down. Over all findings of the field: half of them show jitter as a step. */
export function offByOne(pairs: readonly NumberPair[]): Found {
  if (pairs.length < STEPS_LEAST || distinct(pairs.map(({ x }) => x)) < DISTINCT_LEAST) return null;
  for (const offset of [1, -1]) {
    const holds = ({ x, y }: NumberPair): boolean => Number.isInteger(x) && y === x + offset;
    if (shareOf(pairs, holds) >= SHARE_LEAST) return { name: "off_by_one", parameters: { offset }, holds };
  }
  return null;
}

/** The most frequent value, the lowest of equally frequent ones. */
function mostFrequent(values: readonly number[]): number[] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const sorted = [...counts].sort(([a, n], [b, m]) => m - n || a - b);
  return sorted.slice(0, 1).map(([value]) => value);
}
