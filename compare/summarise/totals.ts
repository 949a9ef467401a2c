/** Sums over models, and quantiles. */
import { createHistogram, type Histogram } from "../../src/histogram.ts";
import { addCounts } from "../accumulate/fields.ts";
import type { ModelTally, RunTally } from "../accumulate/tally.ts";
import type { Coverage, LatencyPair, ModelSummary, Outcomes, Quantiles, Summary } from "../summary.ts";
import type { Warning } from "../types.ts";

/** Answers below which a quantile says nothing. */
const QUANTILE_MIN = { p50: 1, p95: 20, p99: 100 } as const;

type Latencies = Pick<ModelTally, "legacyLatency" | "candidateLatency" | "coldLatency">;

export function latencyOfRun(tally: RunTally): LatencyPair {
  const all: Latencies = {
    legacyLatency: createHistogram(),
    candidateLatency: createHistogram(),
    coldLatency: createHistogram(),
  };
  for (const model of tally.models.values()) {
    all.legacyLatency.merge(model.legacyLatency);
    all.candidateLatency.merge(model.candidateLatency);
    all.coldLatency.merge(model.coldLatency);
  }
  return latencyOf(all);
}

export function latencyOf({ legacyLatency, candidateLatency, coldLatency }: Latencies): LatencyPair {
  return {
    legacy: quantiles(legacyLatency),
    candidate: quantiles(candidateLatency),
    ...(coldLatency.count > 0 ? { cold: quantiles(coldLatency) } : {}),
  };
}

function quantiles(histogram: Histogram): Quantiles {
  const { count } = histogram;
  const at = (q: number, least: number): number | null => (count >= least ? histogram.quantile(q) : null);
  return {
    count,
    p50: at(0.5, QUANTILE_MIN.p50),
    p95: at(0.95, QUANTILE_MIN.p95),
    p99: at(0.99, QUANTILE_MIN.p99),
  };
}

export function addCoverage(parts: readonly Coverage[]): Coverage {
  const total = (pick: (part: Coverage) => number): number => sum(parts.map(pick));
  const skippedBy = new Map<string, number>();
  for (const part of parts) {
    addCounts(skippedBy, new Map(Object.entries(part.skippedBy)));
  }
  return {
    captured: total((part) => part.captured),
    scope: total((part) => part.scope),
    compared: total((part) => part.compared),
    unpaired: total((part) => part.unpaired),
    notComparable: total((part) => part.notComparable),
    skipped: total((part) => part.skipped),
    skippedBy: sorted(skippedBy),
  };
}

export function addOutcomes(parts: readonly Outcomes[]): Outcomes {
  return {
    match: sum(parts.map(({ match }) => match)),
    mismatch: sum(parts.map(({ mismatch }) => mismatch)),
    ignored: sum(parts.map(({ ignored }) => ignored)),
  };
}

export function addWarnings(parts: readonly ModelSummary["warnings"][]): Summary["warnings"] {
  const counts = new Map<Warning, number>();
  for (const part of parts) addCounts(counts, new Map(Object.entries(part) as [Warning, number][]));
  return sorted(counts);
}

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** As an object with its members in order of text. */
export function sorted<K extends string, V>(entries: ReadonlyMap<K, V>): Record<K, V> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1))) as Record<K, V>;
}
