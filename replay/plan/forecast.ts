/** `--dry-run`: what a call would send, and how long that takes at least. Sends and writes nothing. */
import type { TargetSettings } from "../../src/config/schema.ts";
import { openCapture } from "../../src/lake/captures.ts";
import type { Run } from "../../src/lake/run.ts";
import type { Store } from "../../src/store/port.ts";
import { group } from "../results/result.ts";
import type { Stored } from "../results/stored.ts";
import type { Endpoint } from "../targets/target.ts";
import type { Plan } from "./plan.ts";

export interface Forecast {
  readonly run: string;
  readonly target: string;
  /** True when the selection was pinned by an earlier call. */
  readonly pinned: boolean;
  readonly planned: number;
  /** Requests without a result yet. */
  readonly requests: number;
  /** Input bytes of all planned requests, by the selected share of each object. */
  readonly inputBytes: number;
  readonly objects: number;
  readonly models: Readonly<Record<string, { readonly requests: number; readonly endpoint: string }>>;
  readonly endpoints: number;
  readonly concurrency: TargetSettings["concurrency"];
  /** Seconds for `requests` with all places busy and answers after `assumedLatencyMs`. */
  readonly minimumSeconds: number;
  readonly assumedLatencyMs: number;
}

/** Without an answer of the target nothing is known of its speed. */
const ASSUMED_LATENCY_MS = 20;

export async function forecast(
  store: Store,
  plan: Plan,
  stored: Stored,
  endpoints: ReadonlyMap<string, Endpoint>,
  concurrency: TargetSettings["concurrency"],
): Promise<Forecast> {
  const { run } = plan;
  const left = new Map<string, number>();
  for (const [model, planned] of Object.entries(run.models)) {
    const key = endpoints.get(model)?.key ?? model;
    left.set(key, (left.get(key) ?? 0) + planned - (stored.tally.models.get(model) ?? 0));
  }
  const requests = [...left.values()].reduce((sum, n) => sum + n, 0);
  const latency = stored.tally.latency.quantile(0.5) ?? ASSUMED_LATENCY_MS;
  const places = Math.min(concurrency.total, [...left.values()].filter((n) => n > 0).length * concurrency.perEndpoint);
  // The busiest endpoint alone, or all of them through the total: whichever takes longer.
  const rounds = Math.max(
    requests / Math.max(places, 1),
    ...[...left.values()].map((n) => n / concurrency.perEndpoint),
  );
  return {
    run: run.run,
    target: run.target.name,
    pinned: plan.pinned,
    planned: run.planned,
    requests,
    inputBytes: await inputBytes(store, run),
    objects: run.objects.filter(({ selected }) => selected > 0).length,
    models: Object.fromEntries(
      Object.entries(run.models).map(([model, n]) => [
        model,
        { requests: n, endpoint: endpoints.get(model)?.key ?? "" },
      ]),
    ),
    endpoints: left.size,
    concurrency,
    minimumSeconds: Math.round(rounds * latency) / 1000,
    assumedLatencyMs: latency,
  };
}

async function inputBytes(store: Store, run: Run): Promise<number> {
  let bytes = 0;
  for (const { key, bytes: size, etag, rows, selected } of run.objects) {
    if (selected === 0) continue;
    const { reader } = await openCapture(store, { key, size, etag });
    bytes += Math.round((reader.columnBytes("input") * selected) / rows);
  }
  return bytes;
}

/** Models listed one by one; the JSON has all. */
const MODELS_SHOWN = 20;

export function renderForecast(forecast: Forecast): string {
  const { concurrency } = forecast;
  const models = Object.entries(forecast.models);
  const lines = [
    `run ${forecast.run} → ${forecast.target} (${forecast.pinned ? "pinned earlier" : "not pinned yet"}): dry run, nothing is sent or written`,
    `  requests     ${group(forecast.requests)} to send of ${group(forecast.planned)} planned, from ${forecast.objects} capture objects`,
    `  input        about ${(forecast.inputBytes / 1024 ** 2).toFixed(1)} MiB`,
    `  endpoints    ${forecast.endpoints}`,
    `  concurrency  ${concurrency.perEndpoint} per endpoint, ${concurrency.total} in total`,
    `  at least     ${forecast.minimumSeconds.toFixed(1)} s, at ${forecast.assumedLatencyMs.toFixed(0)} ms an answer`,
    ...models
      .slice(0, MODELS_SHOWN)
      .map(([model, { requests, endpoint }]) => `  ${model}  ${group(requests)} → ${endpoint}`),
  ];
  if (models.length > MODELS_SHOWN) lines.push(`  and ${models.length - MODELS_SHOWN} more models`);
  return `${lines.join("\n")}\n`;
}
