/** vector: one statistic of two lists of numbers within a limit. */
import type { Rule } from "../../src/config/rules.ts";
import type { DiffKind } from "../../src/record.ts";
import type { JsonNode, JsonNumber } from "../json/node.ts";
import { sameNumber } from "../json/number.ts";
import { numberKind } from "./exact.ts";
import { distance } from "./number.ts";
import type { ValueJudge } from "./rule.ts";

type VectorRule = Extract<Rule, { type: "vector" }>;
export type VectorStatistic = Pick<VectorRule, "method" | "limit" | "q">;

export function vectorJudge(rule: VectorRule): ValueJudge {
  return {
    accepts: (node) => numbersOf(node) !== null,
    judge: (legacy, candidate) => {
      const [old, now] = [numbersOf(legacy), numbersOf(candidate)];
      return old && now ? judgeVectors(old, now, rule) : "type";
    },
  };
}

/** The elements when all are numbers; null otherwise. */
export function numbersOf(node: JsonNode): readonly JsonNumber[] | null {
  if (node.kind !== "array") return null;
  return node.items.every((item) => item.kind === "number") ? (node.items as readonly JsonNumber[]) : null;
}

/** Equal numbers pass every statistic, so that rounding inside it makes no difference of none. */
export function judgeVectors(
  legacy: readonly JsonNumber[],
  candidate: readonly JsonNumber[],
  rule: VectorStatistic,
): DiffKind | null {
  if (legacy.length !== candidate.length) return "length";
  const differing = legacy.findIndex((value, i) => !sameNumber(value, candidate[i] as JsonNumber));
  if (differing < 0) return null;
  const nan = legacy.findIndex((value, i) => Number.isNaN(value.value) !== Number.isNaN(candidate[i]?.value));
  if (nan >= 0) return numberKind(legacy[nan] as JsonNumber, candidate[nan] as JsonNumber);
  if (rule.method === "cosine") {
    const finite = [...legacy, ...candidate].every(({ value }) => Number.isFinite(value));
    return finite && cosine(valuesOf(legacy), valuesOf(candidate)) >= rule.limit ? null : "value";
  }
  const apart = legacy.map((value, i) => apartness(value, candidate[i] as JsonNumber));
  return statistic(apart, rule) <= rule.limit ? null : "value";
}

/** |new − legacy|: 0 for the same NaN or infinity (of whatever literal), ∞ for another. */
function apartness(legacy: JsonNumber, candidate: JsonNumber): number {
  const finite = Number.isFinite(legacy.value) && Number.isFinite(candidate.value);
  if (finite) return sameNumber(legacy, candidate) ? 0 : distance(legacy, candidate);
  return Object.is(legacy.value, candidate.value) ? 0 : Number.POSITIVE_INFINITY;
}

function statistic(apart: readonly number[], { method, q = 1 }: VectorStatistic): number {
  if (method === "l2") return norm(apart);
  return method === "quantile" ? quantile(apart, q) : apart.reduce((a, b) => Math.max(a, b), 0);
}

/** Scaled by the largest, so that no square overflows or is lost. */
export function norm(values: readonly number[]): number {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  let sum = 0;
  for (const value of values) sum += (value / largest) ** 2;
  return largest * Math.sqrt(sum);
}

/** Zero against zero is 1, zero against anything else 0. */
export function cosine(a: readonly number[], b: readonly number[]): number {
  const scale = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const [scaleA, scaleB] = [scale(a), scale(b)];
  if (scaleA === 0 || scaleB === 0) return scaleA === scaleB ? 1 : 0;
  let [dot, left, right] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [(a[i] as number) / scaleA, (b[i] as number) / scaleB];
    dot += x * y;
    left += x * x;
    right += y * y;
  }
  return Math.max(-1, Math.min(1, dot / Math.sqrt(left * right)));
}

/** Linear interpolation between the two nearest, as numpy's default does. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort();
  const at = q * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? 0;
  const above = sorted[Math.ceil(at)] ?? below;
  const share = at - Math.floor(at);
  if (share === 0 || below === above) return below;
  return share >= 0.5 ? above - (above - below) * (1 - share) : below + (above - below) * share;
}

function valuesOf(numbers: readonly JsonNumber[]): number[] {
  return numbers.map(({ value }) => value);
}
