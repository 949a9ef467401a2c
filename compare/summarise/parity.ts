/** Value parity and decision parity: the same pairs, asked two questions. */
import type { ResolvedRule } from "../../src/config/models.ts";
import { isDecisionRule } from "../accumulate/count.ts";
import type { ModelTally } from "../accumulate/tally.ts";
import { boundsOf, type Looks } from "../anytime.ts";
import type { ModelSummary, ParityLine } from "../summary.ts";
import type { ModelVerdict } from "../verdict.ts";

/** Bounds are at the confidence of the model's verdict; without a gate at 99 %. */
export function parityOf(
  counts: ModelTally,
  n: number,
  rules: readonly ResolvedRule[],
  { confidence, limit }: Pick<ModelVerdict, "confidence" | "limit">,
  looks: Looks,
): NonNullable<ModelSummary["parity"]> {
  const line = (k: number): ParityLine => ({
    k,
    rate: n === 0 ? 0 : k / n,
    ...boundsOf(looks, k, n, confidence ?? UNGATED_CONFIDENCE, limit ?? 0),
  });
  const decides = rules.some(({ rule }) => isDecisionRule(rule.type));
  return { value: line(counts.valueMismatch), decision: decides ? line(counts.decisionMismatch) : null };
}

const UNGATED_CONFIDENCE = 0.99;
