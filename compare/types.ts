/** Words of comparison. Pure data: what one pair, one model and one run came to. */
import type { DiffKind, ReplayOutcome } from "../src/record.ts";

/** Closed set. Ignored (only ignored differences) is never counted as match. */
export const PAIR_OUTCOMES = ["match", "mismatch", "ignored", "notComparable"] as const;
export type PairOutcome = (typeof PAIR_OUTCOMES)[number];

/** One side of a pair: an answer with its bytes. */
export interface Answer {
  readonly status: number;
  /** Media type as it came, parameters included. */
  readonly type: string;
  readonly body: Uint8Array;
}

/** What the target made of the request; `answer` is null unless the outcome is ok or model_error. */
export interface CandidateAnswer {
  readonly outcome: ReplayOutcome;
  readonly answer: Answer | null;
}

export interface Finding {
  /** Concrete path, `$.reasons[2]`. */
  readonly path: string;
  /** Path with `[*]` for indexes: the field. */
  readonly field: string;
  /** Type of the rule that judged, or `default`. */
  readonly rule: string;
  readonly kind: DiffKind;
  /** JSON text of each side as written, whole; null when absent. */
  readonly legacy: string | null;
  readonly candidate: string | null;
  /** candidate − legacy where both are finite numbers. */
  readonly delta: number | null;
  /** False for rules of weight advise: shown, never decides. */
  readonly gates: boolean;
  readonly critical: boolean;
}

/** Counters of things seen that do not decide by themselves. */
export type Warning =
  | "duplicate_member"
  | "byte_order_mark"
  | "bare_nan"
  | "unkeyed"
  | "repeated_id"
  | "findings_cut"
  | "raw_different"
  | "near_tie"
  | "borderline"
  | "time_without_zone";

export interface PairResult {
  readonly outcome: PairOutcome;
  /** Differences that count (gate and advise); ignored ones are only in `ignored`. */
  readonly findings: readonly Finding[];
  /** Differences that an ignore rule accepted, by field. */
  readonly ignored: readonly { readonly field: string; readonly kind: DiffKind }[];
  /** Why the pair could not be compared: a replay outcome, or legacy_unparseable. */
  readonly notComparable: string | null;
  readonly warnings: readonly Warning[];
  /** Output paths that no rule and no default covers (only when the model has no default). */
  readonly uncovered: readonly string[];
  /** Indexes into the model's rules that matched a value in this pair; null when bytes were equal. */
  readonly used: readonly number[] | null;
}
