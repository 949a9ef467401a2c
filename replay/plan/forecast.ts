/** `--dry-run`: what a call would send, how long that takes at the limits, and what it costs. Sends and writes nothing. */
import type { TargetSettings } from "../../src/config/schema.ts";
import { openCapture } from "../../src/lake/captures.ts";
import type { Run } from "../../src/lake/run.ts";
import { LIMITS } from "../../src/limits.ts";
import type { Store } from "../../src/store/port.ts";
import { duration } from "../progress.ts";
import { group } from "../results/result.ts";
import type { Stored } from "../results/stored.ts";
import type { Endpoint } from "../targets/target.ts";
import { type LegacyLatency, legacyLatency } from "./latency.ts";
import { type Bound, type Load, longest } from "./pace.ts";
import type { Plan } from "./plan.ts";
import { money, priceOf } from "./price.ts";

export interface Forecast {
  readonly run: string;
  readonly target: string;
  /** A system that serves users. */
  readonly production: boolean;
  /** True when the selection was pinned by an earlier call. */
  readonly pinned: boolean;
  readonly planned: number;
  /** Requests without a result yet. */
  readonly requests: number;
  /** Input bytes of these requests, by their share of each object. */
  readonly inputBytes: number;
  readonly objects: number;
  /** `cost` null: the target has no price. */
  readonly models: Readonly<
    Record<string, { readonly requests: number; readonly endpoint: string; readonly cost: number | null }>
  >;
  readonly endpoints: number;
  readonly concurrency: TargetSettings["concurrency"];
  readonly rate: TargetSettings["rate"];
  /** With all places busy and every request answered at the first try. */
  readonly minimumSeconds: number;
  /** The limit that makes it take so long. */
  readonly boundBy: Bound;
  readonly assumedLatencyMs: number;
  /** What the latency is taken from: earlier answers of this run, the legacy answers in the captures, or nothing known. */
  readonly latencyOf: "run" | "legacy" | "nothing";
  /** Of all requests left, each sent once; null: the target has no price. */
  readonly cost: number | null;
}

/** Without an answer of either system nothing is known of their speed. */
const ASSUMED_LATENCY_MS = 20;

export async function forecast(
  store: Store,
  plan: Plan,
  stored: Stored,
  endpoints: ReadonlyMap<string, Endpoint>,
  settings: Pick<TargetSettings, "concurrency" | "rate" | "price" | "production">,
  signal?: AbortSignal,
): Promise<Forecast> {
  const { run } = plan;
  const { concurrency, rate, price } = settings;
  const { latencyOf, mean, ofModel } = await latencies(store, run, stored, signal);
  const loads: Load[] = Object.entries(run.models).map(([model, planned]) => ({
    model,
    endpoint: endpoints.get(model)?.key ?? "",
    requests: planned - (stored.tally.models.get(model) ?? 0),
    latencyMs: ofModel(model),
  }));
  const costOf = ({ requests, latencyMs }: Load): number | null =>
    price ? priceOf(price, requests, requests * latencyMs) : null;
  const requests = loads.reduce((sum, load) => sum + load.requests, 0);
  const { seconds, boundBy } = longest(loads, concurrency, rate);
  const bytes = await inputBytes(store, run, signal);
  return {
    run: run.run,
    target: run.target.name,
    production: settings.production,
    pinned: plan.pinned,
    planned: run.planned,
    requests,
    inputBytes: Math.round(run.planned === 0 ? 0 : (bytes * requests) / run.planned),
    objects: run.objects.filter(({ selected }) => selected > 0).length,
    models: Object.fromEntries(
      loads.map((load) => [load.model, { requests: load.requests, endpoint: load.endpoint, cost: costOf(load) }]),
    ),
    endpoints: new Set(loads.filter((load) => load.requests > 0).map(({ endpoint }) => endpoint)).size,
    concurrency,
    rate,
    minimumSeconds: Math.round(seconds * 1000) / 1000,
    boundBy,
    assumedLatencyMs: mean,
    latencyOf,
    cost: price ? loads.reduce((sum, load) => sum + (costOf(load) ?? 0), 0) : null,
  };
}

interface Latencies {
  readonly latencyOf: Forecast["latencyOf"];
  readonly mean: number;
  readonly ofModel: (model: string) => number;
}

/** The target's own answers tell most; of a model that legacy's sample does not hold, the mean of all is taken. */
async function latencies(store: Store, run: Run, { tally }: Stored, signal?: AbortSignal): Promise<Latencies> {
  const own = tally.latency.quantile(0.5);
  if (own !== null) return { latencyOf: "run", mean: own, ofModel: () => own };
  const { mean, models }: LegacyLatency = await legacyLatency(store, run, signal);
  if (mean === null) return { latencyOf: "nothing", mean: ASSUMED_LATENCY_MS, ofModel: () => ASSUMED_LATENCY_MS };
  return { latencyOf: "legacy", mean, ofModel: (model) => models.get(model) ?? mean };
}

/** Of all planned requests. Footers are asked only where a run of an older version did not note the bytes. */
async function inputBytes(store: Store, run: Run, signal?: AbortSignal): Promise<number> {
  let bytes = 0;
  for (const { key, bytes: size, etag, rows, selected, inputBytes: noted } of run.objects) {
    if (selected === 0) continue;
    let all = noted;
    if (all === undefined) {
      const { reader } = await openCapture(store, { key, size, etag }, signal, LIMITS.parquetFooterBytes);
      all = reader.columnBytes("input");
      reader.close();
    }
    bytes += (all * selected) / rows;
  }
  return bytes;
}

/** Models listed one by one; the JSON has all. */
const MODELS_SHOWN = 20;

const LATENCY_TEXT: Readonly<Record<Forecast["latencyOf"], string>> = {
  run: "as this run's answers so far",
  legacy: "as the legacy answers in the captures",
  nothing: "which is a guess: no answer tells",
};

export function renderForecast(forecast: Forecast): string {
  const { concurrency, rate, cost } = forecast;
  const models = Object.entries(forecast.models);
  const lines = [
    `run ${forecast.run} → ${forecast.target}${forecast.production ? " (PRODUCTION)" : ""} (${forecast.pinned ? "pinned earlier" : "not pinned yet"}): dry run, nothing is sent or written`,
    `  requests     ${group(forecast.requests)} to send of ${group(forecast.planned)} planned, from ${group(forecast.objects)} capture ${forecast.objects === 1 ? "object" : "objects"}`,
    `  input        about ${(forecast.inputBytes / 1024 ** 2).toFixed(1)} MiB`,
    `  endpoints    ${forecast.endpoints}`,
    `  concurrency  ${concurrency.perEndpoint} per endpoint, ${concurrency.total} in total`,
    ...(rateText(rate) === "" ? [] : [`  rate         ${rateText(rate)}`]),
    `  at least     ${duration(forecast.minimumSeconds)}, by ${boundText(forecast.boundBy)}, at ${forecast.assumedLatencyMs.toFixed(0)} ms an answer, ${LATENCY_TEXT[forecast.latencyOf]}`,
    ...(cost === null ? [] : [`  cost         ${money(cost)} without retries`]),
    ...models
      .slice(0, MODELS_SHOWN)
      .map(
        ([model, { requests, endpoint, cost: each }]) =>
          `  ${model}  ${group(requests)} → ${endpoint}${each === null ? "" : `  ${money(each)}`}`,
      ),
  ];
  if (models.length > MODELS_SHOWN) lines.push(`  and ${models.length - MODELS_SHOWN} more models`);
  return `${lines.join("\n")}\n`;
}

function rateText({ perEndpoint, total }: TargetSettings["rate"]): string {
  const parts = [
    perEndpoint === undefined ? "" : `${perEndpoint}/s per endpoint`,
    total === undefined ? "" : `${total}/s in total`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function boundText({ limit, endpoint }: Bound): string {
  return endpoint === undefined ? `the ${limit}` : `the ${limit} of ${endpoint}`;
}
