/** Parity rules as written in `models.<pattern>.rules`. Exact readings stand in ARCHITECTURE.md and the guide. */
import { z } from "zod";
import { microsecondsSchema } from "./units.ts";

const common = {
  /** `$.codes[*].score`; names with dots quoted: `$["a.b"]`. `$` is the whole answer, `$..*` every value. */
  path: z.string().min(1),
  /** gate: a failure is a mismatch. advise: counted and shown, never decides. */
  weight: z.enum(["gate", "advise"]).default("gate"),
  why: z.string().optional(),
  /** One mismatch of this rule fails the gate. */
  critical: z.boolean().default(false),
};
const nonNegative = z.number().min(0);
const coerce = z.boolean().default(false);
/** Of topk and rank: where in an element its id stands (the element itself when absent), and the score to order by. */
const place = z.string().min(1);
export const CUSTOM_USE = /^[^#\s][^#]*#[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
const width = z.union([z.literal(64), z.literal(32)]).default(64);

export const ruleSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("exact"), ...common }),
  z.strictObject({
    type: z.literal("number"),
    ...common,
    atol: nonNegative,
    rtol: nonNegative,
    width,
    coerce,
  }),
  z.strictObject({
    type: z.literal("ulp"),
    ...common,
    /** Largest distance, in units in the last place of the width. */
    max: z.int().min(0),
    width,
    coerce,
  }),
  z.strictObject({
    type: z.literal("decimal"),
    ...common,
    /** Digits after the point; −3 rounds to thousands. */
    scale: z.int().min(-1_000).max(1_000),
    /** half-up goes away from zero at a half, down towards zero always. */
    rounding: z.enum(["half-even", "half-up", "down"]).default("half-even"),
    coerce,
  }),
  z.strictObject({
    type: z.literal("time"),
    ...common,
    /** Microseconds; written as `250us`, `5ms`, `1s`, `2m`, `1h`, `1d`, or 0. */
    tolerance: microsecondsSchema.prefault(0),
    /** Numbers are epoch times in this unit. */
    unit: z.enum(["s", "ms", "us"]).optional(),
    /** Reads epoch times in text, and lets text stand against a number. */
    coerce,
  }),
  z.strictObject({
    type: z.literal("string"),
    ...common,
    trim: z.boolean().default(false),
    /** true: compared after Unicode default case folding. */
    case: z.boolean().default(false),
    nfc: z.boolean().default(false),
    replace: z.array(z.strictObject({ pattern: z.string().min(1), with: z.string() })).default([]),
  }),
  z.strictObject({
    type: z.literal("label"),
    ...common,
    /** Near-tie of legacy's top two, when the value is a vector. */
    margin: nonNegative.default(0),
    coerce,
  }),
  z.strictObject({
    type: z.literal("decision"),
    ...common,
    threshold: z.number().optional(),
    thresholds: z.array(z.number()).min(1).optional(),
    /** Half-width around a threshold inside which a change of side is borderline, not a mismatch. */
    band: nonNegative.default(0),
  }),
  z.strictObject({
    type: z.literal("topk"),
    ...common,
    k: z.int().min(1),
    id: place.optional(),
    by: place.optional(),
    /** Each id that both have moved at most so many places. */
    places: z.int().min(0).optional(),
    /** At least so many ids are shared; all of the longer list when absent. */
    overlap: z.int().min(0).optional(),
  }),
  z.strictObject({
    type: z.literal("rank"),
    ...common,
    method: z.enum(["kendall", "spearman", "rbo"]),
    /** Least coefficient. */
    min: z.number().min(-1).max(1),
    id: place.optional(),
    by: place.optional(),
    /** Lists that do not hold the same ids are judged by those they share. */
    partial: z.boolean().default(false),
  }),
  z.strictObject({
    type: z.literal("vector"),
    ...common,
    method: z.enum(["l2", "cosine", "max", "quantile"]),
    /** Least cosine; of the others the largest difference. */
    limit: z.number(),
    /** Which quantile of the differences, 0 to 1. */
    q: z.number().min(0).max(1).optional(),
  }),
  z.strictObject({
    type: z.literal("probs"),
    ...common,
    /** How far a sum may be from 1. */
    sum: nonNegative.default(1e-6),
    /** Largest Jensen–Shannon divergence, in nats. */
    divergence: nonNegative,
  }),
  z.strictObject({
    type: z.literal("list"),
    ...common,
    mode: z.enum(["ordered", "multiset", "set", "keyed"]).default("ordered"),
    /** Path of the key inside an element, for mode keyed. */
    key: z.string().optional(),
  }),
  z.strictObject({
    type: z.literal("presence"),
    ...common,
    state: z.enum(["required", "optional", "legacyOnly", "newOnly"]),
  }),
  z.strictObject({
    type: z.literal("error"),
    ...common,
    path: z.string().min(1).default("$"),
    /** Legacy error class → new error class. */
    map: z.record(z.string(), z.string()).default({}),
    /** Path of the class inside the error body; the HTTP status when absent. */
    class: z.string().optional(),
  }),
  z.strictObject({
    type: z.literal("ignore"),
    ...common,
    reason: z.string().min(1),
    owner: z.string().min(1),
    /** Day (UTC) after which the rule no longer applies. */
    expires: z.iso.date(),
  }),
  z.strictObject({
    type: z.literal("custom"),
    ...common,
    /** `./checks.mjs#sameAddress`: an exported function of a module beside the config file. */
    use: z.string().regex(CUSTOM_USE, { error: "expected MODULE#FUNCTION, such as ./checks.mjs#sameAddress" }),
  }),
]);
export type Rule = z.infer<typeof ruleSchema>;
export type RuleType = Rule["type"];

/** What a model must keep to pass; unsaid members come from later patterns, then from GATE_DEFAULTS. */
export const gateSchema = z.strictObject({
  maxMismatchRate: z.number().min(0).max(1).optional(),
  confidence: z.number().gt(0.5).lt(1).optional(),
  /** bound: the upper bound of the rate is judged. census: every captured request was compared, for rare models. */
  evidence: z.enum(["bound", "census"]).optional(),
  /** Mismatches allowed in all; none under `census` unless it is said. */
  maxMismatches: z.int().min(0).optional(),
  minCoverage: z.number().min(0).max(1).optional(),
  maxErrorRate: z.number().min(0).max(1).optional(),
  /** Largest share of pairs in which both answers hold nothing but null, NaN or empty values, or are both errors. */
  maxEmptyShare: z.number().min(0).max(1).optional(),
  /** The candidate's p99 latency over legacy's, cold starts apart. */
  maxP99Ratio: z.number().gt(0).optional(),
  /** In the currency of the target's `price`. */
  maxCostPer1000: z.number().min(0).optional(),
});
export type WrittenGate = z.infer<typeof gateSchema>;
/** Limits that hold only when they are said; null when they are not. */
type OptionalLimit = "maxMismatches" | "maxP99Ratio" | "maxCostPer1000";
export type Gate = { readonly [K in Exclude<keyof WrittenGate, OptionalLimit>]-?: NonNullable<WrittenGate[K]> } & {
  readonly [K in OptionalLimit]: number | null;
};

export const GATE_DEFAULTS: Gate = {
  maxMismatchRate: 0.001,
  confidence: 0.99,
  evidence: "bound",
  maxMismatches: null,
  minCoverage: 1,
  maxErrorRate: 0.001,
  maxEmptyShare: 0.5,
  maxP99Ratio: null,
  maxCostPer1000: null,
};

export const modelSchema = z.strictObject({
  rules: z.array(ruleSchema).default([]),
  /** Judges every output path that no rule matches. */
  default: z.enum(["exact"]).optional(),
  gate: gateSchema.optional(),
  /**
   * Paths as in rules, and `$..name` for a member at any depth: their values are shown as `•••` wherever inputs and
   * answers are shown, and stand so in diffs/ and in the summary. Every matching pattern adds. Nothing is judged by it.
   */
  mask: z.array(z.string().min(1)).optional(),
});
export type ModelSettings = z.infer<typeof modelSchema>;
