/** The rule types that judge one value by itself: their judges, in the order in which they judge a value. */
import type { Rule } from "../../src/config/rules.ts";
import { type CustomFunctions, customJudge } from "./custom.ts";
import { decimalJudge } from "./decimal.ts";
import { decisionJudge } from "./decision.ts";
import { labelJudge } from "./label.ts";
import { numberJudge } from "./number.ts";
import { probsJudge } from "./probs.ts";
import { rankJudge } from "./rank.ts";
import type { ValueJudge } from "./rule.ts";
import { stringJudge } from "./string.ts";
import { timeJudge } from "./time.ts";
import { topkJudge } from "./topk.ts";
import { ulpJudge } from "./ulp.ts";
import { vectorJudge } from "./vector.ts";

/** Null of the types that judge otherwise: exact, list, presence, error, ignore. Throws CONFIG at `place`. */
export function valueJudge(rule: Rule, place: string, functions: CustomFunctions): ValueJudge | null {
  switch (rule.type) {
    case "number":
      return numberJudge(rule);
    case "ulp":
      return ulpJudge(rule);
    case "decimal":
      return decimalJudge(rule);
    case "time":
      return timeJudge(rule);
    case "string":
      return stringJudge(rule, place);
    case "label":
      return labelJudge(rule);
    case "decision":
      return decisionJudge(rule, place);
    case "topk":
      return topkJudge(rule, place);
    case "rank":
      return rankJudge(rule, place);
    case "vector":
      return vectorJudge(rule);
    case "probs":
      return probsJudge(rule);
    case "custom":
      return customJudge(rule, place, functions);
    default:
      return null;
  }
}
