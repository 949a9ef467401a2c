/** What a call measures, for DogStatsD: summed here, so that a request costs no datagram, and sent about once a second. */
import { LIMITS } from "../../src/limits.ts";
import { tagWord } from "../../src/metric-text.ts";
import type { Metrics, Tags } from "../../src/metrics.ts";
import type { ReplayedRecord, ReplayOutcome } from "../../src/record.ts";
import { isAnswer, nameOf } from "./tally.ts";

export interface Measure {
  /** `legacyMs`: what legacy took for the same input. */
  result(record: ReplayedRecord, legacyMs: number | null): void;
  /** Sends what was summed since the last time. `overBudget`: of the whole call. */
  send(overBudget?: number): void;
}

interface Sums {
  readonly outcomes: Map<ReplayOutcome, number>;
  readonly errors: Map<string, number>;
  failed: number;
  tries: number;
  throttles: number;
  coldStarts: number;
}

const OTHER = "other";

export function createMeasure(metrics: Metrics, target: string): Measure {
  const base: Tags = { target, stage: "replay" };
  /** By the model as it stands in the tag; models beyond the first so many are one. */
  const models = new Map<string, Sums>();
  /** Classes of error over all models: each is one tag, however many models have it. */
  const classes = new Set<string>();
  let samples = 0;
  let toldOverBudget = 0;
  const classOf = (errorClass: string): string => {
    const name = nameOf(classes, tagWord(errorClass));
    if (name !== OTHER) classes.add(name);
    return name;
  };
  const sumsOf = (model: string): [string, Sums] => {
    const name = models.has(model) || models.size < LIMITS.metricModels ? model : OTHER;
    let sums = models.get(name);
    if (!sums) {
      sums = { outcomes: new Map(), errors: new Map(), failed: 0, tries: 0, throttles: 0, coldStarts: 0 };
      models.set(name, sums);
    }
    return [name, sums];
  };
  return {
    result({ model, outcome, errorClass, attempts, throttles, latencyMs, coldStart }, legacyMs) {
      const [name, sums] = sumsOf(model);
      add(sums.outcomes, outcome);
      if (!isAnswer(outcome)) sums.failed++;
      if (errorClass !== null) add(sums.errors, classOf(errorClass));
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
    send(overBudget = 0) {
      samples = 0;
      if (overBudget > toldOverBudget) metrics.count("replay.over_budget", overBudget - toldOverBudget, base);
      toldOverBudget = Math.max(toldOverBudget, overBudget);
      for (const [model, sums] of models) sendSums(metrics, { ...base, model }, sums);
    },
  };
}

/** Sends the sums of a model, and begins them anew. That none failed is told as well: a rate is made of it. */
function sendSums(metrics: Metrics, tags: Tags, sums: Sums): void {
  if (sums.outcomes.size === 0) return;
  for (const [outcome, n] of sums.outcomes) metrics.count("replay.requests", n, { ...tags, outcome });
  sums.outcomes.clear();
  for (const [kind, n] of sums.errors) metrics.count("replay.errors", n, { ...tags, kind });
  sums.errors.clear();
  metrics.count("replay.failed", sums.failed, tags);
  metrics.count("replay.tries", sums.tries, tags);
  if (sums.throttles > 0) metrics.count("replay.throttles", sums.throttles, tags);
  if (sums.coldStarts > 0) metrics.count("replay.cold_starts", sums.coldStarts, tags);
  sums.failed = 0;
  sums.tries = 0;
  sums.throttles = 0;
  sums.coldStarts = 0;
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
