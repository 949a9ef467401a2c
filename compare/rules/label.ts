/** label: the same class, written as a scalar or as a vector whose argmax is the class. */
import type { Rule } from "../../src/config/rules.ts";
import type { DiffKind } from "../../src/record.ts";
import type { JsonNode } from "../json/node.ts";
import type { Warning } from "../types.ts";
import { judgeExact } from "./exact.ts";
import { asNumber } from "./number.ts";
import type { ValueJudge } from "./rule.ts";

type LabelRule = Extract<Rule, { type: "label" }>;

export function labelJudge(rule: LabelRule): ValueJudge {
  return {
    accepts: (node) => node.kind === "string" || node.kind === "number" || node.kind === "boolean" || isVector(node),
    judge: (legacy, candidate, { warn }) => {
      const old = vectorOf(legacy);
      const now = vectorOf(candidate);
      if (old !== null && now !== null) return judgeVectors(old, now, rule.margin, warn);
      if (old !== null || now !== null) return "type";
      return judgeScalars(legacy, candidate, rule.coerce);
    },
  };
}

function isVector(node: JsonNode): boolean {
  return node.kind === "array" && node.items.every((item) => item.kind === "number");
}

function vectorOf(node: JsonNode): readonly number[] | null {
  if (node.kind !== "array") return null;
  return node.items.map((item) => (item.kind === "number" ? item.value : Number.NaN));
}

function judgeScalars(legacy: JsonNode, candidate: JsonNode, coerce: boolean): DiffKind | null {
  const old = asNumber(legacy, coerce) ?? legacy;
  const now = asNumber(candidate, coerce) ?? candidate;
  const kind = judgeExact(old, now);
  return kind === "value" ? "label_flip" : kind;
}

function judgeVectors(
  legacy: readonly number[],
  candidate: readonly number[],
  margin: number,
  warn: (warning: Warning) => void,
): DiffKind | null {
  if (legacy.length !== candidate.length) return "length";
  const legacyHasNan = legacy.some(Number.isNaN);
  if (legacyHasNan !== candidate.some(Number.isNaN)) return legacyHasNan ? "nan_legacy" : "nan_new";
  if (argmax(legacy) === argmax(candidate)) return null;
  if (topTwoGap(legacy) > margin) return "label_flip";
  warn("near_tie");
  return null;
}

/** Index of the largest value, the lowest on ties, the first NaN when there is one; −1 of an empty vector. */
export function argmax(values: readonly number[]): number {
  const nan = values.findIndex(Number.isNaN);
  if (nan >= 0) return nan;
  let best = values.length === 0 ? -1 : 0;
  values.forEach((value, index) => {
    if (value > (values[best] ?? value)) best = index;
  });
  return best;
}

/** How far the largest value stands above the second; ∞ when there is no second or a NaN decides. */
function topTwoGap(values: readonly number[]): number {
  let first = Number.NEGATIVE_INFINITY;
  let second = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (Number.isNaN(value)) return Number.POSITIVE_INFINITY;
    if (value > first) {
      second = first;
      first = value;
    } else if (value > second) second = value;
  }
  return first === second ? 0 : first - second;
}
