/**
 * summary.json: everything that report, gate and CI read. A pure function of the replays and the rules, so
 * the same replays give the same bytes: no clock, no host, no order of work in here.
 */
import type { DiffKind } from "../src/record.ts";
import type { EmptyKind } from "./evidence.ts";
import type { ExemplarChoice, Explanation, Signature, Slice } from "./triage/types.ts";
import type { Warning } from "./types.ts";

export type Verdict = "pass" | "fail" | "inconclusive" | "error";

export interface FieldCounts {
  /** Compared pairs of the model. */
  readonly n: number;
  /** Pairs in which this rule type failed on this field, and no waiver accepts it. */
  readonly k: number;
  readonly kinds: Partial<Record<DiffKind, number>>;
  /** Pairs in which an ignore rule accepted a difference here. */
  readonly ignored?: number;
  /** Pairs in which waivers accept all its failures here. */
  readonly waived?: number;
  /** The same of a run against the legacy system itself: advice, never subtracted. Absent without `--noise`. */
  readonly noise?: { readonly n: number; readonly k: number };
}

/** Pairs that differ in what the answers say, or in what is decided by them. */
export interface ParityLine {
  readonly k: number;
  readonly rate: number;
  readonly upper: number;
  readonly lower: number;
}

export interface VersionCounts {
  /** As legacy named it; "" where it named none, null for all beyond the first 32 in order of text. */
  readonly version: string | null;
  readonly n: number;
  readonly k: number;
}

export interface WaiverUse {
  readonly fingerprint: string;
  readonly reason: string;
  readonly owner: string;
  readonly expires: string;
  /** Pairs with a difference that it names. */
  readonly pairs: number;
  /** Its day has passed: it accepts nothing any more. */
  readonly expired?: true;
}

export interface ModelSummary {
  readonly n: number;
  readonly k: number;
  readonly rate: number;
  /** One-sided bounds at confidence 1 − α/m: Clopper–Pearson's, or those that hold at every look. */
  readonly upper: number;
  readonly lower: number;
  /** Largest mismatch rate allowed; null when the model has no gate. */
  readonly limit: number | null;
  readonly confidence: number | null;
  /** Every captured request was compared: nothing is claimed about others. Absent where the bound is judged. */
  readonly evidence?: "census";
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  /** Pairs that differ under a critical rule; absent when there is none. */
  readonly critical?: number;
  /** Pairs among outcomes.ignored that mismatch but for waivers; absent when there is none. */
  readonly waived?: number;
  /** `decision` is null where no rule judges one. */
  readonly parity?: { readonly value: ParityLine; readonly decision: ParityLine | null };
  /** Pairs that agree and hold nothing that could have differed; absent when there is none. */
  readonly empty?: Partial<Record<EmptyKind, number>>;
  /** By the legacy model's version, where it changed inside the window. */
  readonly versions?: readonly VersionCounts[];
  /** Of the candidate, in the currency of its target's price; absent without one. */
  readonly costPer1000?: number;
  /** About so many more pairs are needed (inconclusive only). */
  readonly pairsNeeded: number | null;
  readonly coverage: Coverage;
  readonly outcomes: Outcomes;
  /** Share of the scope that could not be compared. */
  readonly errorRate: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly warnings: Partial<Record<Warning, number>>;
  /** Path → rule type → counts. */
  readonly fields: Readonly<Record<string, Readonly<Record<string, FieldCounts>>>>;
  /** Output paths without a rule, at most 20; any makes the verdict error. */
  readonly uncovered: readonly string[];
  readonly latency: LatencyPair;
}

export interface Coverage {
  /** Rows of the pinned selection: scope + skipped. */
  readonly captured: number;
  readonly scope: number;
  readonly compared: number;
  readonly unpaired: number;
  readonly notComparable: number;
  readonly skipped: number;
  /** `skipped` by reason; the sum is `skipped`. */
  readonly skippedBy: Readonly<Record<string, number>>;
}

export interface Outcomes {
  readonly match: number;
  readonly mismatch: number;
  readonly ignored: number;
}

export interface Group {
  /** `2:` and 12 hex: version of the scheme, hash of the parts below; a dot and 8 hex of the template where there is one. */
  readonly fingerprint: string;
  readonly model: string;
  readonly path: string;
  readonly kind: DiffKind;
  readonly rule: string;
  readonly direction: string;
  readonly magnitude: string;
  /** Shapes of two texts, `order <n>→order <n>`; `none` where direction and magnitude say it, `*` of every shape. Absent in older summaries. */
  readonly template?: string;
  readonly count: number;
  /** Of them accepted by a waiver; absent when none is. */
  readonly waived?: number;
  /** Of the model's mismatches. */
  readonly share: number;
  /** Findings over compared pairs of the model, waived ones included, with bounds as the model's own. Absent in older summaries. */
  readonly rate?: number;
  readonly upper?: number;
  readonly lower?: number;
  /** What the two values have to do with each other, as a sentence; null when no signature holds. */
  readonly cause: string | null;
  readonly signature?: Signature;
  /** What the inputs of its pairs have in common, as a sentence; null when nothing sets them apart. */
  readonly slice: string | null;
  readonly sliced?: Slice;
  /** Sampled pairs of numbers, legacy and candidate, at most 64, for drawings; absent where there are none. */
  readonly points?: readonly (readonly [legacy: number, candidate: number])[];
  readonly exemplars: readonly string[];
  /** The exemplars with what differed, for report and terminal. */
  readonly examples: readonly GroupExample[];
}

export interface GroupExample {
  readonly position: string;
  readonly id: string;
  readonly path: string;
  readonly legacy: string | null;
  readonly candidate: string | null;
  /** What it was chosen for; absent for one that only its place in the sample chose. */
  readonly why?: ExemplarChoice;
  /** candidate − legacy of two numbers. */
  readonly delta?: number;
  /** The captured request, masked as configured and cut; absent where it was not read. */
  readonly input?: string;
  /** A request of the same model that agrees, the nearest one seen. */
  readonly neighbour?: { readonly position: string; readonly id: string; readonly input: string };
}

/** Milliseconds; null without enough answers. */
export interface Quantiles {
  readonly count: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export interface LatencyPair {
  readonly legacy: Quantiles;
  /** Cold starts apart; `cold` is absent where the target told of none. */
  readonly candidate: Quantiles;
  readonly cold?: Quantiles;
}

export interface RuleUse {
  /** Pattern and index in the config, path and type of the rule. */
  readonly pattern: string;
  readonly index: number;
  readonly path: string;
  readonly type: string;
}

/** Something that should have been compared and could not be. */
export interface Problem {
  /** Key of the object, or what the check was about. */
  readonly place: string;
  readonly message: string;
}

export interface Summary {
  readonly run: string;
  /** First 12 hex of the rules hash. */
  readonly rules: string;
  readonly verdict: Verdict;
  /** Pass, fail, inconclusive, error: exits 0, 1, 3, 5; nothing compared exits 4. */
  readonly exitCode: number;
  readonly reasons: readonly string[];
  /** Models whose own verdict is pass. */
  readonly ready: readonly string[];
  readonly coverage: Coverage;
  readonly outcomes: Outcomes;
  readonly models: Readonly<Record<string, ModelSummary>>;
  readonly groups: readonly Group[];
  /** Causes guessed, the one that explains most first; absent when nothing was found to claim. */
  readonly explanations?: readonly Explanation[];
  readonly latency: LatencyPair;
  readonly warnings: Partial<Record<Warning, number>>;
  /** Rules that matched no value in any pair that was parsed. */
  readonly unusedRules: readonly RuleUse[];
  /** Ignore rules whose day has passed: they accept nothing any more. Absent when there is none. */
  readonly expiredRules?: readonly RuleUse[];
  /** Every waiver in the file; absent when there is none. */
  readonly waivers?: readonly WaiverUse[];
  /** How bounds hold: at one look, or at every look of a sequential run. Absent: at one. */
  readonly looks?: "anytime";
  /** The run against the legacy system that `noise` of the fields comes from. */
  readonly noise?: { readonly run: string; readonly verdict: Verdict };
  /** At most 100; any makes the verdict error. Absent when there is none. */
  readonly problems?: readonly Problem[];
  readonly config: { readonly hash: string };
  /** Digest of what was judged: the pinned objects and every commit; a gate over other replays is refused. */
  readonly inputs: { readonly captures: string; readonly replays: string };
  readonly target: string;
  /** Schema version of this document, and of the program. */
  readonly schema: 1;
  readonly version: string;
}
