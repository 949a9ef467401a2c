/** ulp: distance in units in the last place, as many doubles (floats at width 32) as lie between the two. */
import type { Rule } from "../../src/config/rules.ts";
import { judgeOfNumbers } from "./number.ts";
import type { ValueJudge } from "./rule.ts";

type UlpRule = Extract<Rule, { type: "ulp" }>;

export function ulpJudge(rule: UlpRule): ValueJudge {
  const max = BigInt(rule.max);
  return judgeOfNumbers(rule.coerce, (legacy, candidate) => {
    const distance = ulpDistance(legacy.value, candidate.value, rule.width);
    return distance !== null && distance <= max;
  });
}

/**
 * Null where no number of steps leads from one to the other: NaN against a number, an infinity against anything
 * else. That the largest double has ∞ as its neighbour does not make an overflow a rounding error.
 */
export function ulpDistance(a: number, b: number, width: 32 | 64): bigint | null {
  const [x, y] = width === 32 ? [Math.fround(a), Math.fround(b)] : [a, b];
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) && Number.isNaN(y) ? 0n : null;
  if (!Number.isFinite(x) || !Number.isFinite(y)) return x === y ? 0n : null;
  const [i, j] = width === 32 ? [order32(x), order32(y)] : [order64(x), order64(y)];
  return i > j ? i - j : j - i;
}

const view = new DataView(new ArrayBuffer(8));

/** Place of a double among all doubles in order; −0 and 0 share theirs. */
function order64(value: number): bigint {
  view.setFloat64(0, Math.abs(value));
  const place = view.getBigUint64(0);
  return value < 0 ? -place : place;
}

function order32(value: number): bigint {
  view.setFloat32(0, Math.abs(value));
  const place = BigInt(view.getUint32(0));
  return value < 0 ? -place : place;
}
