/** What the verdict of a model depends on: counts and limits, nothing else. */
import type { Gate } from "../../src/config/rules.ts";
import type { Looks } from "../anytime.ts";
import type { EmptyKind } from "../evidence.ts";
import type { Coverage, LatencyPair, RuleUse, Verdict } from "../summary.ts";

export interface ModelFacts {
  /** Null: the model is shown and decides nothing. */
  readonly gate: Gate | null;
  /** Models with a gate that the run was planned for: α is shared among them. */
  readonly gatedModels: number;
  readonly looks: Looks;
  /** Mismatches that no waiver accepts. */
  readonly k: number;
  /** Pairs that differ under a critical rule. */
  readonly critical: number;
  readonly coverage: Coverage;
  /** Pairs whose legacy answer could not be parsed; among coverage.notComparable. */
  readonly unparseable: number;
  /** Pairs that agree and hold nothing that could have differed. */
  readonly empty: Partial<Record<EmptyKind, number>>;
  readonly uncovered: readonly string[];
  /** Expired ignore rules that stand for this model, and expired waivers that name a difference of it. */
  readonly expired: readonly RuleUse[];
  readonly expiredWaivers: readonly string[];
  /** How the records were chosen when that proves nothing about the others: by id, by outcome; null when it does. */
  readonly narrowed: string | null;
  /** Not every captured request of the window was selected. */
  readonly sampled: boolean;
  readonly latency: LatencyPair;
  /** Of the candidate; null when its target has no price. */
  readonly costPer1000: number | null;
}

/** Where a model stands against its limit. */
export interface Standing {
  readonly n: number;
  readonly k: number;
  readonly lower: number;
  readonly upper: number;
  readonly limit: number;
  readonly confidence: number;
  readonly looks: Looks;
}

export interface Reason {
  readonly verdict: Verdict;
  readonly reason: string;
}
