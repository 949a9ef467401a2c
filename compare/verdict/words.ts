/** Phrases that reasons are made of. */
import { count, percent, plural } from "../report/figures.ts";
import type { Coverage, RuleUse } from "../summary.ts";

/** `models."*".rules[2]`, where a person looks in the config. */
export function rulePlace({ pattern, index }: Pick<RuleUse, "pattern" | "index">): string {
  return `models.${JSON.stringify(pattern)}.rules[${index}]`;
}

export function mismatches(k: number, n: number): string {
  const rate = n === 0 ? "" : ` (${percent(k / n)})`;
  return `${count(k)} ${k === 1 ? "mismatch" : "mismatches"} in ${plural(n, "pair")}${rate}`;
}

/** Rounded down: 99.9996 % never reads 100 %. */
export function confidenceText(confidence: number): string {
  return percent(confidence, "down");
}

export function coverageText({ captured, skipped, unpaired, notComparable }: Coverage): string {
  const parts = [
    `${count(unpaired)} without an answer`,
    `${count(notComparable)} not comparable`,
    `${count(skipped)} skipped`,
  ];
  return `of ${plural(captured, "selected record")} ${parts.join(", ")}`;
}
