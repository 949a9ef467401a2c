/** Errors, latency and cost against their limits, and coverage: what is asked of a service beside its answers. */
import type { Gate } from "../../src/config/rules.ts";
import { LIMITS } from "../../src/limits.ts";
import { count, duration, percent, plural } from "../report/figures.ts";
import type { LatencyPair } from "../summary.ts";
import type { ModelFacts, Reason } from "./facts.ts";

export function serviceReasons(facts: ModelFacts, gate: Gate): Reason[] {
  const failures = [coverage(facts, gate), errorRate(facts, gate)].filter((reason) => reason !== null);
  return [
    ...failures.map((reason): Reason => ({ verdict: "fail", reason })),
    ...latency(facts.latency, gate),
    ...cost(facts, gate),
  ];
}

function coverage({ coverage: { scope, unpaired }, unparseable }: ModelFacts, gate: Gate): string | null {
  const lost = unpaired + unparseable;
  if (lost === 0 || (scope - lost) / scope >= gate.minCoverage) return null;
  const parts = [
    ...(unpaired > 0 ? [`${plural(unpaired, "record")} without an answer`] : []),
    ...(unparseable > 0 ? [`${plural(unparseable, "legacy answer")} that cannot be parsed`] : []),
  ];
  const share = percent((scope - lost) / scope, "down");
  return `coverage ${share} is below ${percent(gate.minCoverage)}: ${parts.join(", ")} of ${count(scope)}`;
}

function errorRate({ coverage: { scope, notComparable } }: ModelFacts, gate: Gate): string | null {
  if (notComparable === 0 || notComparable / scope <= gate.maxErrorRate) return null;
  const rate = percent(notComparable / scope, "up");
  return `error rate ${rate} is above ${percent(gate.maxErrorRate)}: ${count(notComparable)} of ${count(scope)} failed`;
}

/** The candidate's p99 latency over legacy's; null where too few latencies of either are known to say. */
export function p99Ratio({ legacy, candidate }: LatencyPair): number | null {
  if (Math.min(legacy.count, candidate.count) < LIMITS.latencyLimitAnswers) return null;
  const [before, now] = [legacy.p99, candidate.p99];
  return before === null || now === null || before <= 0 ? null : now / before;
}

function latency({ legacy, candidate }: LatencyPair, { maxP99Ratio }: Gate): Reason[] {
  if (maxP99Ratio === null) return [];
  const least = LIMITS.latencyLimitAnswers;
  const [before, now] = [legacy.p99, candidate.p99];
  const ratio = p99Ratio({ legacy, candidate });
  if (ratio === null) {
    const have = `${count(legacy.count)} of legacy's and ${count(candidate.count)} warm ones of the candidate's`;
    const reason = `the latency limit needs ${count(least)} latencies of each side: there are ${have}`;
    return [{ verdict: "inconclusive", reason }];
  }
  if (ratio <= maxP99Ratio) return [];
  const sides = `${duration(before)} → ${duration(now)}`;
  const reason = `p99 latency is ×${ratio.toFixed(2)} of legacy's (${sides}), the limit is ×${maxP99Ratio}`;
  return [{ verdict: "fail", reason }];
}

function cost({ costPer1000 }: ModelFacts, { maxCostPer1000 }: Gate): Reason[] {
  if (maxCostPer1000 === null) return [];
  if (costPer1000 === null) {
    const reason = "the cost limit needs the target's `price`: perRequest, gbSecond and memoryGb";
    return [{ verdict: "error", reason }];
  }
  if (costPer1000 <= maxCostPer1000) return [];
  const reason = `1,000 calls cost ${money(costPer1000)}, the limit is ${money(maxCostPer1000)}`;
  return [{ verdict: "fail", reason }];
}

/** Four significant digits, in the currency of the price. */
export function money(amount: number): string {
  return String(Number(amount.toPrecision(4)));
}
