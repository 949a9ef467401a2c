/** What the findings of one group have in common, pair by pair: what a rule would have to allow to accept them all. */
import type { Rule } from "../../src/config/rules.ts";
import type { JsonNode, JsonNumber } from "../json/node.ts";
import { readDecimal } from "../json/number.ts";
import { parseJsonText } from "../json/parse.ts";
import { roundedKey } from "../rules/decimal.ts";
import { asNumber, distance } from "../rules/number.ts";
import { stringJudge } from "../rules/string.ts";
import { isoTime } from "../rules/time.ts";
import { needOf } from "../tolerance/needs.ts";
import type { Finding } from "../types.ts";

/** Most digits after the point that rounding is looked for. */
const SCALE_MAX = 12;
/** Ways of normalising a text, the least first. */
export const STRING_WAYS = ["nfc", "trim", "case", "nfc trim", "nfc case", "trim case", "nfc trim case"] as const;
export type StringWay = (typeof STRING_WAYS)[number];

type StringRule = Extract<Rule, { type: "string" }>;
type DecisionRule = Extract<Rule, { type: "decision" }>;

export function stringRule(path: string, way: StringWay): StringRule {
  const has = (name: string): boolean => way.split(" ").includes(name);
  const flags = { nfc: has("nfc"), trim: has("trim"), case: has("case"), replace: [] };
  return { type: "string", path, weight: "gate", critical: false, ...flags };
}

const WAYS = STRING_WAYS.map((way) => ({ way, judge: stringJudge(stringRule("$", way), "").judge }));
const QUIET = { warn: () => {}, path: () => "$", legacyText: () => "", candidateText: () => "" };

/** Largest and smallest of what numbers need. */
interface Range {
  readonly most: number;
  readonly least: number;
}

export class Evidence {
  findings = 0;
  /** Both sides are numbers everywhere; with `coerced`, some are written as text. */
  numbers = true;
  coerced = false;
  atol: Range = { most: 0, least: Number.POSITIVE_INFINITY };
  rtol: Range = { most: 0, least: Number.POSITIVE_INFINITY };
  /** Rounded to float32 they are the same. */
  float32 = true;
  /** Largest number of digits after the point at which all are equal after rounding; null when there is none. */
  scale: number | null = SCALE_MAX;
  /** Digits after the point that the candidate has at most. */
  digits = 0;
  /** Both sides are times everywhere; the largest distance in microseconds. */
  times = true;
  microseconds = 0n;
  /** Ways under which all texts are equal. */
  ways: readonly (typeof WAYS)[number][] = WAYS;
  /** Gap of legacy's two largest, of vectors; ∞ where a value is none. */
  labelGap = 0;
  /** Class of legacy → class of the candidate; null when one maps to two. */
  errors: Map<string, string> | null = new Map();
  /** Distance from the threshold that a band would have to reach; by the thresholds of the rule. */
  band = 0;
  readonly #thresholds: readonly number[];

  constructor(rule: Rule | undefined) {
    const { threshold, thresholds = threshold === undefined ? [] : [threshold] } =
      rule?.type === "decision" ? (rule as DecisionRule) : {};
    this.#thresholds = thresholds;
  }

  add({ legacy, candidate }: Pick<Finding, "legacy" | "candidate">): void {
    this.findings++;
    const [old, now] = [nodeOf(legacy), nodeOf(candidate)];
    this.#addNumbers(old, now);
    this.#addTimes(old, now);
    const texts = old?.kind === "string" && now?.kind === "string";
    this.ways = texts ? this.ways.filter(({ judge }) => judge(old, now, QUIET) === null) : [];
    this.labelGap = Math.max(this.labelGap, gapOf(old));
    this.#addErrors(legacy, candidate);
  }

  #addNumbers(old: JsonNode | null, now: JsonNode | null): void {
    const [a, b] = [old && asNumber(old, true), now && asNumber(now, true)];
    if (!a || !b || !Number.isFinite(a.value) || !Number.isFinite(b.value)) {
      this.numbers = false;
      return;
    }
    if (old?.kind !== now?.kind || old?.kind === "string") this.coerced = true;
    const apart = distance(a, b);
    const need = needOf(a.value, apart);
    this.atol = widen(this.atol, need.atol);
    this.rtol = widen(this.rtol, need.rtol);
    this.float32 &&= Math.fround(a.value) === Math.fround(b.value);
    this.digits = Math.max(this.digits, digitsOf(b));
    while (this.scale !== null && !sameAt(a, b, this.scale)) this.scale = this.scale === 0 ? null : this.scale - 1;
    for (const threshold of this.#thresholds) {
      if (a.value >= threshold === b.value >= threshold) continue;
      this.band = Math.max(this.band, Math.abs(a.value - threshold), Math.abs(b.value - threshold));
    }
  }

  #addTimes(old: JsonNode | null, now: JsonNode | null): void {
    const [a, b] = [old, now].map((node) => (node?.kind === "string" ? isoTime(node.value) : null));
    if (!a || !b) this.times = false;
    else {
      const apart = b.microseconds - a.microseconds;
      const size = apart < 0n ? -apart : apart;
      if (size > this.microseconds) this.microseconds = size;
    }
  }

  #addErrors(legacy: string | null, candidate: string | null): void {
    const [from, to] = [classOf(legacy), classOf(candidate)];
    if (this.errors === null || from === null || to === null) return;
    const known = this.errors.get(from);
    if (known !== undefined && known !== to) this.errors = null;
    else this.errors.set(from, to);
  }
}

function nodeOf(text: string | null): JsonNode | null {
  if (text === null) return null;
  const parsed = parseJsonText(text);
  return parsed.ok ? parsed.document.root : null;
}

function widen({ most, least }: Range, value: number): Range {
  return { most: Math.max(most, value), least: Math.min(least, value) };
}

function digitsOf({ raw }: JsonNumber): number {
  const exponent = readDecimal(raw)?.exponent ?? 0n;
  return exponent < 0n ? Number(-exponent) : 0;
}

function sameAt(a: JsonNumber, b: JsonNumber, scale: number): boolean {
  const key = roundedKey(a.raw, scale, "half-even");
  return key !== null && key === roundedKey(b.raw, scale, "half-even");
}

function gapOf(node: JsonNode | null): number {
  if (node?.kind !== "array") return Number.POSITIVE_INFINITY;
  const values = node.items.map((item) => (item.kind === "number" ? item.value : Number.NaN)).sort((a, b) => b - a);
  const gap = (values[0] ?? Number.NaN) - (values[1] ?? Number.NaN);
  return Number.isFinite(gap) ? gap : Number.POSITIVE_INFINITY;
}

function classOf(text: string | null): string | null {
  const node = nodeOf(text);
  return node?.kind === "string" ? node.value : node?.kind === "number" ? node.raw : null;
}
