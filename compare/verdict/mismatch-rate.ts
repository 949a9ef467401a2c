/** Mismatches against their limit: by the bound of the rate, or, where every request was compared, by their number. */
import type { Gate } from "../../src/config/rules.ts";
import { morePairs } from "../anytime.ts";
import { count, percent, plural } from "../report/figures.ts";
import type { ModelFacts, Reason, Standing } from "./facts.ts";
import { confidenceText, mismatches } from "./words.ts";

export function mismatchFailures({ critical }: ModelFacts, gate: Gate, at: Standing): Reason[] {
  const { n, k, lower, limit, confidence } = at;
  const found: string[] = [];
  if (gate.evidence === "bound" && n > 0 && lower > limit) {
    const least = `with ${confidenceText(confidence)} confidence more than ${percent(lower, "down")}`;
    found.push(`${mismatches(k, n)}; ${least}, the limit is ${percent(limit)}`);
  }
  const most = mostMismatches(gate);
  if (most !== null && k > most) found.push(`${mismatches(k, n)}; at most ${count(most)} are allowed`);
  if (critical > 0) {
    found.push(`${plural(critical, "pair")} ${critical === 1 ? "differs" : "differ"} under a critical rule`);
  }
  return found.map((reason) => ({ verdict: "fail", reason }));
}

export function mismatchDoubts(facts: ModelFacts, gate: Gate, at: Standing): Reason[] {
  const reason = gate.evidence === "census" ? censusDoubt(facts) : boundDoubt(at);
  return reason === null ? [] : [{ verdict: "inconclusive", reason }];
}

/** What a model that passes has shown. */
export function mismatchProof(gate: Gate, { n, k, upper, limit, confidence, looks }: Standing): string {
  if (gate.evidence === "census") {
    const allowed = `at most ${count(mostMismatches(gate) ?? 0)} allowed`;
    return `census: ${mismatches(k, n)}, ${allowed}; every captured request was compared; no claim about future traffic`;
  }
  const most = `with ${confidenceText(confidence)} confidence at most ${percent(upper, "up")}`;
  const how = looks === "anytime" ? " (a bound that holds at every look)" : "";
  return `${mismatches(k, n)}; ${most}${how}, the limit is ${percent(limit)}`;
}

/** Of a census none are allowed unless it is said. */
function mostMismatches({ evidence, maxMismatches }: Gate): number | null {
  return evidence === "census" ? (maxMismatches ?? 0) : maxMismatches;
}

function boundDoubt(at: Standing): string | null {
  const { n, k, lower, upper, limit, confidence } = at;
  if (n === 0 || lower > limit || upper <= limit) return null;
  const most = `with ${confidenceText(confidence)} confidence at most ${percent(upper, "up")}`;
  const needed = neededOf(at);
  const advice =
    needed === null ? "no number of pairs can prove that at this rate" : `about ${count(needed)} more pairs are needed`;
  return `${mismatches(k, n)}; ${most}, the limit is ${percent(limit)}: ${advice}`;
}

/** About how many more pairs the bound needs; null when it needs none, or when none would do. */
export function neededOf({ n, k, upper, limit, confidence, looks }: Standing): number | null {
  return upper > limit ? morePairs(looks, k, n, limit, confidence) : null;
}

function censusDoubt({ coverage: { captured, compared }, sampled }: ModelFacts): string | null {
  if (sampled) return "a census needs every captured request of the window, and the run selected a part of them";
  if (compared === captured) return null;
  return `a census needs every captured request compared: ${count(compared)} of ${count(captured)} are`;
}
