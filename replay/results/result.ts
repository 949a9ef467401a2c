/** The outcome of a call as JSON and as text. Pure. */
import type { Histogram } from "../../src/histogram.ts";
import type { Run } from "../../src/lake/run.ts";
import type { Parked } from "../pace/health.ts";
import type { SkipReason } from "../pace/retry.ts";
import { money, type Price, priceOf } from "../plan/price.ts";
import type { Counts, Tally } from "./tally.ts";

/** All counts but `now` and `seconds` are over everything the run has stored: planned = replayed + failed + skipped once it is done. */
export interface ReplayResult {
  readonly run: string;
  readonly target: string;
  readonly planned: number;
  /** Answers (ok, model_error), and results that are none. */
  readonly replayed: number;
  readonly failed: number;
  /** By reason: why an endpoint is parked, or which cap ended the call. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Requests sent by a call that was killed or stopped before it could store the result; they were sent again. */
  readonly resent: number;
  readonly attempts: number;
  readonly throttles: number;
  /** Wall time of this call. */
  readonly seconds: number;
  /** Of answers that are no cold starts; null when there is none. */
  readonly latencyMs: Quantiles;
  /** Of `replayed`: not sent, they share the answer of an identical request. */
  readonly shared: number;
  /** Answers for which the endpoint had to be started first; they are not in `latencyMs`. */
  readonly coldStarts: ColdStarts;
  /** `failed` by outcome. */
  readonly failures: Readonly<Record<string, number>>;
  /** Results by class of error: of failures, and of errors that the model answered with. */
  readonly errors: Readonly<Record<string, number>>;
  readonly models: Readonly<Record<string, ModelResult>>;
  /** Sum of the models' costs. */
  readonly cost?: number;
  readonly parked: readonly { readonly endpoint: string; readonly reason: SkipReason; readonly detail: string }[];
  /** The cap at which this call ended before all was sent, when (UTC milliseconds), and what was reached; absent when none did. */
  readonly ended?: Ended;
  /** This call's share. */
  readonly now: {
    readonly replayed: number;
    readonly failed: number;
    readonly sent: number;
    /** Requests that were not tried again, since the retry budget was spent: they ended as they were. Unknown of workers. */
    readonly overBudget?: number;
    /** Of all its tries, where the target has a price. */
    readonly cost?: number;
  };
}

export interface Ended {
  readonly by: string;
  readonly at: number;
  readonly detail: string;
}

export interface Quantiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export interface ColdStarts extends Quantiles {
  readonly n: number;
}

/** What a model's endpoint made of its requests. */
export interface ModelResult {
  readonly replayed: number;
  readonly failed: number;
  readonly attempts: number;
  readonly throttles: number;
  readonly shared: number;
  readonly latencyMs: Quantiles;
  readonly coldStarts: ColdStarts;
  readonly errors: Readonly<Record<string, number>>;
  /** Where the target has a price: of every try, and of the time of those that ended a request. */
  readonly cost?: number;
}

export interface ResultParts {
  readonly run: Run;
  readonly stored: Tally;
  readonly now: Tally;
  readonly skips: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly parked: ReadonlyMap<string, Parked>;
  readonly resent: number;
  readonly sent: number;
  readonly seconds: number;
  readonly ended: Ended | undefined;
  /** Of this call; undefined when others sent. */
  readonly overBudget?: number | undefined;
  /** Of this call. */
  readonly cost: number | null;
  readonly price: Price | undefined;
}

export function toResult(parts: ResultParts): ReplayResult {
  const { run, stored, now, parked, price } = parts;
  const models = sorted(new Map([...stored.byModel].map(([name, counts]) => [name, modelResult(counts, price)])));
  const skipped: Record<string, number> = {};
  for (const reasons of Object.values(parts.skips)) {
    for (const [reason, n] of Object.entries(reasons)) {
      skipped[reason] = (skipped[reason] ?? 0) + n;
    }
  }
  return {
    run: run.run,
    target: run.target.name,
    planned: run.planned,
    replayed: stored.replayed,
    failed: stored.failed,
    skipped,
    resent: parts.resent,
    attempts: stored.attempts,
    throttles: stored.throttles,
    seconds: Math.round(parts.seconds * 1000) / 1000,
    latencyMs: quantiles(stored.latency),
    shared: stored.shared,
    coldStarts: coldStartsOf(stored.coldLatency),
    failures: sorted(stored.failures),
    errors: sorted(stored.errors),
    models,
    ...(price ? { cost: Object.values(models).reduce((sum, { cost = 0 }) => sum + cost, 0) } : {}),
    parked: [...parked]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([endpoint, { reason, detail }]) => ({ endpoint, reason, detail })),
    ...(parts.ended ? { ended: parts.ended } : {}),
    now: {
      replayed: now.replayed,
      failed: now.failed,
      sent: parts.sent,
      ...(parts.overBudget === undefined ? {} : { overBudget: parts.overBudget }),
      ...(parts.cost === null ? {} : { cost: parts.cost }),
    },
  };
}

function modelResult(counts: Counts, price: Price | undefined): ModelResult {
  const { replayed, failed, attempts, throttles, shared, latency, coldLatency, errors, lastTriesUs } = counts;
  return {
    replayed,
    failed,
    attempts,
    throttles,
    shared,
    latencyMs: quantiles(latency),
    coldStarts: coldStartsOf(coldLatency),
    errors: sorted(errors),
    ...(price ? { cost: priceOf(price, attempts, lastTriesUs / 1000) } : {}),
  };
}

function quantiles(histogram: Histogram): Quantiles {
  return { p50: histogram.quantile(0.5), p95: histogram.quantile(0.95), p99: histogram.quantile(0.99) };
}

function coldStartsOf(histogram: Histogram): ColdStarts {
  return { n: histogram.count, ...quantiles(histogram) };
}

/** As an object with its members in order of text. */
function sorted<T>(entries: ReadonlyMap<string, T>): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Rows of each model that were left without a result, by its parked endpoint or because the call ended. */
export function skipsOf(
  run: Run,
  stored: Tally,
  reasonOf: (model: string) => string | undefined,
): Record<string, Record<string, number>> {
  const skips: Record<string, Record<string, number>> = {};
  for (const [model, planned] of Object.entries(run.models)) {
    const reason = reasonOf(model);
    const missing = planned - (stored.models.get(model) ?? 0);
    if (reason !== undefined && missing > 0) skips[model] = { [reason]: missing };
  }
  return skips;
}

/** Parked endpoints named in the summary; the JSON has all. */
const PARKED_SHOWN = 5;

/** What a person reads in five seconds. */
export function renderResult(result: ReplayResult): string {
  const { latencyMs, coldStarts, now, ended } = result;
  const skipped = Object.values(result.skipped).reduce((sum, n) => sum + n, 0);
  const open = result.planned - result.replayed - result.failed - skipped;
  const lines = [
    `run ${result.run} → ${result.target}: ${group(result.replayed)} of ${group(result.planned)} answered` +
      counted(result.failed, "failed", result.failures) +
      counted(skipped, "skipped", result.skipped) +
      (open > 0 ? `, ${group(open)} still to send` : ""),
    now.sent === 0
      ? "nothing was left to send"
      : `${group(now.sent)} sent in ${result.seconds.toFixed(1)} s (${group(Math.round((now.replayed + now.failed) / Math.max(result.seconds, 0.001)))}/s)` +
        (result.throttles > 0 ? `, ${group(result.throttles)} throttled tries` : "") +
        (now.overBudget ? `, ${group(now.overBudget)} not tried again: the retry budget was spent` : "") +
        (result.shared > 0 ? `, ${group(result.shared)} share the answer of an identical request` : "") +
        (result.resent > 0 ? `, ${group(result.resent)} re-sent after an interruption` : "") +
        (now.cost === undefined ? "" : `, cost ${money(now.cost)}`),
  ];
  if (latencyMs.p50 !== null) {
    lines.push(`latency p50 ${ms(latencyMs.p50)}, p95 ${ms(latencyMs.p95)}, p99 ${ms(latencyMs.p99)}`);
  }
  if (coldStarts.n > 0) {
    const { n, p50, p95, p99 } = coldStarts;
    lines.push(`${group(n)} cold starts apart, p50 ${ms(p50)}, p95 ${ms(p95)}, p99 ${ms(p99)}`);
  }
  for (const { endpoint, reason, detail } of result.parked.slice(0, PARKED_SHOWN)) {
    lines.push(`parked ${endpoint}: ${reason} (${detail.slice(0, 200)})`);
  }
  if (result.parked.length > PARKED_SHOWN)
    lines.push(`and ${result.parked.length - PARKED_SHOWN} more parked endpoints`);
  if (ended) lines.push(`ended by ${ended.by}: ${ended.detail}; the same command goes on from here`);
  const mend = result.parked.length > 0;
  lines.push(
    mend ? "next: mend the endpoints, then the same command again" : `next: cutover compare --run ${result.run}`,
  );
  return `${lines.join("\n")}\n`;
}

function counted(n: number, word: string, by: Readonly<Record<string, number>>): string {
  if (n === 0) return "";
  const reasons = Object.entries(by).map(([reason, count]) => `${group(count)} ${reason}`);
  return `, ${group(n)} ${word} (${reasons.join(", ")})`;
}

/** 12345 → 12,345. */
export function group(n: number): string {
  return n.toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

function ms(value: number | null): string {
  return value === null ? "–" : value < 10 ? `${value.toFixed(1)} ms` : `${group(Math.round(value))} ms`;
}
