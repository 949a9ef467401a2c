/** What a call measures, for DogStatsD: summed here, so that a request costs no datagram, and sent about once a second. */
import { LIMITS } from "../../src/limits.ts";
import type { Metrics, Tags } from "../../src/metrics.ts";
import type { ReplayedRecord, ReplayOutcome } from "../../src/record.ts";
import { isAnswer, nameOf } from "./tally.ts";

export interface Measure {
  /** `legacyMs`: what legacy took for the same input. */
  result(record: ReplayedRecord, legacyMs: number | null): void;
  /** Sends what was summed since the last time. */
  send(): void;
}

interface Sums {
  readonly outcomes: Map<ReplayOutcome, number>;
  readonly errors: Map<string, number>;
  tries: number;
  throttles: number;
  coldStarts: number;
}

const OTHER = "other";

export function createMeasure(metrics: Metrics, target: string): Measure {
  const base: Tags = { target, stage: "replay" };
  /** By the model as it stands in the tag; models beyond the first so many are one. */
  const models = new Map<string, Sums>();
  let samples = 0;
  const sumsOf = (model: string): [string, Sums] => {
    const name = models.has(model) || models.size < LIMITS.metricModels ? model : OTHER;
    let sums = models.get(name);
    if (!sums) {
      sums = { outcomes: new Map(), errors: new Map(), tries: 0, throttles: 0, coldStarts: 0 };
      models.set(name, sums);
    }
    return [name, sums];
  };
  return {
    result({ model, outcome, errorClass, attempts, throttles, latencyMs, coldStart }, legacyMs) {
      const [name, sums] = sumsOf(model);
      add(sums.outcomes, outcome);
      if (errorClass !== null) add(sums.errors, nameOf(sums.errors, errorClass));
      sums.tries += attempts;
      sums.throttles += throttles;
      if (coldStart === true) sums.coldStarts++;
      // A bounded share one by one: the quantiles of the run come from the store, not from here. An answer that is
      // shared took no time of its own.
      if (!isAnswer(outcome) || attempts === 0 || samples++ >= LIMITS.latencySamplesPerSecond) return;
      const tags = { ...base, model: name };
      metrics.distribution("replay.latency", latencyMs, { ...tags, outcome, kind: coldStart ? "cold" : "warm" });
      if (legacyMs !== null) metrics.distribution("replay.legacy_latency", legacyMs, tags);
    },
    send() {
      samples = 0;
      for (const [model, sums] of models) sendSums(metrics, { ...base, model }, sums);
    },
  };
}

/** Sends the sums of a model, and begins them anew; names of errors stay known, so that there are never more. */
function sendSums(metrics: Metrics, tags: Tags, sums: Sums): void {
  if (sums.outcomes.size === 0) return;
  for (const [outcome, n] of sums.outcomes) metrics.count("replay.requests", n, { ...tags, outcome });
  sums.outcomes.clear();
  for (const [kind, n] of sums.errors) {
    if (n > 0) metrics.count("replay.errors", n, { ...tags, kind });
    sums.errors.set(kind, 0);
  }
  metrics.count("replay.tries", sums.tries, tags);
  metrics.count("replay.throttles", sums.throttles, tags);
  metrics.count("replay.cold_starts", sums.coldStarts, tags);
  sums.tries = 0;
  sums.throttles = 0;
  sums.coldStarts = 0;
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
