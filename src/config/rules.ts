/** Parity rules as written in `models.<pattern>.rules`. Exact readings stand in ARCHITECTURE.md and the guide. */
import { z } from "zod";

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
const width = z.union([z.literal(64), z.literal(32)]).default(64);

export const ruleSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("exact"), ...common }),
  z.strictObject({
    type: z.literal("number"),
    ...common,
    atol: nonNegative,
    rtol: nonNegative,
    width,
    coerce: z.boolean().default(false),
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
    coerce: z.boolean().default(false),
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
});
export type ModelSettings = z.infer<typeof modelSchema>;
