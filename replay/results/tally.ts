/** Counts over stored results. Integers only; the same rows give the same tally in any order. */
import { createHistogram, type Histogram } from "../../src/histogram.ts";
import { LIMITS } from "../../src/limits.ts";
import type { ReplayedRecord } from "../../src/record.ts";

/** What a tally reads of a row. */
export type TallyRow = Pick<
  ReplayedRecord,
  "model" | "outcome" | "errorClass" | "attempts" | "throttles" | "latencyMs" | "coldStart"
>;

export interface Counts {
  /** Results that are answers (ok, model_error), and those that are not. */
  replayed: number;
  failed: number;
  attempts: number;
  throttles: number;
  /** Results that share the answer of another request: among `replayed`, and in no latency. */
  shared: number;
  /** Of answers: those of endpoints that were awake, and cold starts, which tell of the platform and not of the model. */
  readonly latency: Histogram;
  readonly coldLatency: Histogram;
  /** Microseconds of the last tries of all results. */
  lastTriesUs: number;
  /** Results by class of error; beyond the first so many classes they are `other`. */
  readonly errors: Map<string, number>;
}

/** Over all models; its histograms and errors are merged from theirs when they are asked for. */
export interface Tally extends Counts {
  /** Results by model, and failed ones by outcome. */
  readonly models: Map<string, number>;
  readonly failures: Map<string, number>;
  readonly byModel: Map<string, Counts>;
}

export function createTally(): Tally {
  const byModel = new Map<string, Counts>();
  const merged = (pick: (counts: Counts) => Histogram): Histogram => {
    const all = createHistogram();
    for (const counts of byModel.values()) all.merge(pick(counts));
    return all;
  };
  return {
    replayed: 0,
    failed: 0,
    attempts: 0,
    throttles: 0,
    shared: 0,
    lastTriesUs: 0,
    models: new Map(),
    failures: new Map(),
    byModel,
    get latency() {
      return merged(({ latency }) => latency);
    },
    get coldLatency() {
      return merged(({ coldLatency }) => coldLatency);
    },
    get errors() {
      const all = new Map<string, number>();
      for (const { errors } of byModel.values()) {
        for (const [name, n] of errors) bump(all, nameOf(all, name), n);
      }
      return all;
    },
  };
}

function createCounts(): Counts {
  return {
    replayed: 0,
    failed: 0,
    attempts: 0,
    throttles: 0,
    shared: 0,
    latency: createHistogram(),
    coldLatency: createHistogram(),
    lastTriesUs: 0,
    errors: new Map(),
  };
}

export function addToTally(tally: Tally, row: TallyRow): void {
  const { model, outcome, errorClass, latencyMs } = row;
  let counts = tally.byModel.get(model);
  if (!counts) {
    counts = createCounts();
    tally.byModel.set(model, counts);
  }
  addNumbers(tally, row);
  addNumbers(counts, row);
  if (!isAnswer(outcome)) bump(tally.failures, outcome);
  else if (row.attempts > 0) (row.coldStart === true ? counts.coldLatency : counts.latency).add(latencyMs);
  if (errorClass !== null) bump(counts.errors, nameOf(counts.errors, errorClass));
  bump(tally.models, model);
}

function addNumbers(counts: Counts, { outcome, attempts, throttles, latencyMs }: TallyRow): void {
  if (isAnswer(outcome)) counts.replayed++;
  else counts.failed++;
  counts.attempts += attempts;
  counts.throttles += throttles;
  if (attempts === 0 && isAnswer(outcome)) counts.shared++;
  else counts.lastTriesUs += Math.round(latencyMs * 1000);
}

export function isAnswer(outcome: ReplayedRecord["outcome"]): boolean {
  return outcome === "ok" || outcome === "model_error";
}

/** A class of error may come from outside (a program's exit code, a service's name): there may be any number. */
export function nameOf(known: { readonly size: number; has(name: string): boolean }, name: string): string {
  return known.has(name) || known.size < LIMITS.errorClasses ? name : "other";
}

function bump(counts: Map<string, number>, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
