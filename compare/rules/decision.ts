/** decision: both scores on the same side of every threshold; inside the band a flip is borderline, and counted. */
import type { Rule } from "../../src/config/rules.ts";
import { CutoverError } from "../../src/errors.ts";
import { numberKind } from "./exact.ts";
import type { ValueJudge } from "./rule.ts";

type DecisionRule = Extract<Rule, { type: "decision" }>;

/** Throws CONFIG at `place` unless the rule names exactly one of `threshold` and `thresholds`. */
export function decisionJudge(rule: DecisionRule, place: string): ValueJudge {
  const thresholds = rule.thresholds ?? (rule.threshold === undefined ? [] : [rule.threshold]);
  if (thresholds.length === 0 || (rule.threshold !== undefined && rule.thresholds !== undefined)) {
    throw new CutoverError("CONFIG", "a decision rule needs one of threshold and thresholds", {
      place,
      expected: "`threshold: 0.5` or `thresholds: [0.2, 0.8]`",
      received: thresholds.length === 0 ? "neither" : "both",
      hint: "write the threshold that the service applies to this score",
    });
  }
  return {
    accepts: (node) => node.kind === "number",
    judge: (legacyNode, candidateNode, { warn }) => {
      if (legacyNode.kind !== "number" || candidateNode.kind !== "number") return "type";
      const legacy = legacyNode.value;
      const candidate = candidateNode.value;
      if (Number.isNaN(legacy) !== Number.isNaN(candidate)) return numberKind(legacyNode, candidateNode);
      const crossed = thresholds.filter((threshold) => legacy >= threshold !== candidate >= threshold);
      if (crossed.length === 0) return null;
      const near = (value: number, threshold: number) => Math.abs(value - threshold) <= rule.band;
      if (!crossed.every((threshold) => near(legacy, threshold) && near(candidate, threshold))) return "decision_flip";
      warn("borderline");
      return null;
    },
  };
}
