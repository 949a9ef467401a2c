/** probs: two distributions, each summing to 1, with little divergence between them. */
import type { Rule } from "../../src/config/rules.ts";
import type { JsonNumber } from "../json/node.ts";
import type { ValueJudge } from "./rule.ts";
import { judgeVectors, numbersOf } from "./vector.ts";

type ProbsRule = Extract<Rule, { type: "probs" }>;

/**
 * What legacy gave decides what is asked: of a distribution a distribution (kind shape otherwise), of a vector
 * that is none the same numbers, each within the tolerance of the sum.
 */
export function probsJudge(rule: ProbsRule): ValueJudge {
  return {
    accepts: (node) => numbersOf(node) !== null,
    judge: (legacyNode, candidateNode) => {
      const [legacy, candidate] = [numbersOf(legacyNode), numbersOf(candidateNode)];
      if (!legacy || !candidate) return "type";
      if (!isDistribution(legacy, rule.sum)) return judgeVectors(legacy, candidate, { method: "max", limit: rule.sum });
      if (legacy.length !== candidate.length) return "length";
      if (!isDistribution(candidate, rule.sum)) return "shape";
      const divergence = jensenShannon(
        legacy.map(({ value }) => value),
        candidate.map(({ value }) => value),
      );
      return divergence <= rule.divergence ? null : "value";
    },
  };
}

function isDistribution(values: readonly JsonNumber[], tolerance: number): boolean {
  let sum = 0;
  for (const { value } of values) {
    if (!(value >= 0) || !Number.isFinite(value)) return false;
    sum += value;
  }
  return Math.abs(sum - 1) <= tolerance;
}

/** Jensen–Shannon divergence in nats (not its root) of the two, each first brought to the sum 1. */
export function jensenShannon(a: readonly number[], b: readonly number[]): number {
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const [sumA, sumB] = [total(a), total(b)];
  let twice = 0;
  for (let i = 0; i < a.length; i++) {
    const [p, q] = [(a[i] as number) / sumA, (b[i] as number) / sumB];
    const middle = (p + q) / 2;
    if (p > 0) twice += p * Math.log(p / middle);
    if (q > 0) twice += q * Math.log(q / middle);
  }
  return Math.max(0, twice / 2);
}
