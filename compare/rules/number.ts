/** number: |new − legacy| ≤ atol + rtol·|legacy|, numpy's form. */
import type { Rule } from "../../src/config/rules.ts";
import type { JsonNode, JsonNumber } from "../json/node.ts";
import { exactInteger, sameNumber } from "../json/number.ts";
import { numberKind } from "./exact.ts";
import type { ValueJudge } from "./rule.ts";

type NumberRule = Extract<Rule, { type: "number" }>;

/** Relative difference below which rounding to doubles decides: 32 units in the last place. */
const ROUNDING = 32 * Number.EPSILON;
const NUMERIC = /^(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|NaN|-?Infinity)$/;

export function numberJudge(rule: NumberRule): ValueJudge {
  return judgeOfNumbers(rule.coerce, (legacy, candidate) => withinTolerance(legacy, candidate, rule));
}

/** For rules about two numbers: anything else is a difference of type. */
export function judgeOfNumbers(
  coerce: boolean,
  passes: (legacy: JsonNumber, candidate: JsonNumber) => boolean,
): ValueJudge {
  return {
    accepts: (node) => asNumber(node, coerce) !== null,
    judge: (legacyNode, candidateNode) => {
      const legacy = asNumber(legacyNode, coerce);
      const candidate = asNumber(candidateNode, coerce);
      if (legacy === null || candidate === null) return "type";
      return passes(legacy, candidate) ? null : numberKind(legacy, candidate);
    },
  };
}

/** The value as a number; numeric strings only with `coerce`. Null when it is none. */
export function asNumber(node: JsonNode, coerce: boolean): JsonNumber | null {
  if (node.kind === "number") return node;
  if (!coerce || node.kind !== "string" || !NUMERIC.test(node.value)) return null;
  return { kind: "number", start: node.start, end: node.end, raw: node.value, value: Number(node.value) };
}

function withinTolerance(legacy: JsonNumber, candidate: JsonNumber, rule: NumberRule): boolean {
  const old = rule.width === 32 ? Math.fround(legacy.value) : legacy.value;
  const now = rule.width === 32 ? Math.fround(candidate.value) : candidate.value;
  if (Number.isNaN(old) || Number.isNaN(now)) return Number.isNaN(old) && Number.isNaN(now);
  if (!Number.isFinite(old) || !Number.isFinite(now)) return old === now;
  const allowed = rule.atol + rule.rtol * Math.abs(old);
  if (rule.width === 32) return Math.abs(now - old) <= allowed;
  return allowed === 0 ? sameNumber(legacy, candidate) : distance(legacy, candidate) <= allowed;
}

/** |new − legacy| of finite numbers as doubles; exact for integers so near each other that their doubles are off by as much. */
export function distance(legacy: JsonNumber, candidate: JsonNumber): number {
  const rounded = Math.abs(candidate.value - legacy.value);
  const larger = Math.max(Math.abs(legacy.value), Math.abs(candidate.value));
  if (larger <= Number.MAX_SAFE_INTEGER || rounded > larger * ROUNDING) return rounded;
  const [a, b] = [exactInteger(legacy), exactInteger(candidate)];
  if (a === null || b === null) return rounded;
  return Number(a > b ? a - b : b - a);
}
