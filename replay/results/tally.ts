/** Counts over stored results. Integers only; the same rows give the same tally in any order. */
import { createHistogram, type Histogram } from "../../src/histogram.ts";
import type { ReplayedRecord } from "../../src/record.ts";

/** What a tally reads of a row. */
export type TallyRow = Pick<ReplayedRecord, "model" | "outcome" | "attempts" | "throttles" | "latencyMs" | "coldStart">;

export interface Tally {
  /** Results that are answers (ok, model_error), and those that are not. */
  replayed: number;
  failed: number;
  attempts: number;
  throttles: number;
  /** Results that share the answer of another request: among `replayed`, and in no latency. */
  shared: number;
  /** Of answers; cold starts apart. */
  readonly latency: Histogram;
  readonly coldLatency: Histogram;
  /** Results by model, and failed ones by outcome. */
  readonly models: Map<string, number>;
  readonly failures: Map<string, number>;
}

export function createTally(): Tally {
  return {
    replayed: 0,
    failed: 0,
    attempts: 0,
    throttles: 0,
    shared: 0,
    latency: createHistogram(),
    coldLatency: createHistogram(),
    models: new Map(),
    failures: new Map(),
  };
}

export function addToTally(tally: Tally, row: TallyRow): void {
  if (row.outcome === "ok" || row.outcome === "model_error") {
    tally.replayed++;
    if (row.attempts === 0) tally.shared++;
    else (row.coldStart ? tally.coldLatency : tally.latency).add(row.latencyMs);
  } else {
    tally.failed++;
    tally.failures.set(row.outcome, (tally.failures.get(row.outcome) ?? 0) + 1);
  }
  tally.attempts += row.attempts;
  tally.throttles += row.throttles;
  tally.models.set(row.model, (tally.models.get(row.model) ?? 0) + 1);
}
