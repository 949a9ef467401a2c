/** One dashboard: may the models move, what differs, what it costs in time, how replay and capture fare. Pure. */

import type { Gate } from "../../src/config/rules.ts";
import type { Config } from "../../src/config/schema.ts";
import { MANAGED } from "./monitor.ts";
import { type Naming, namingOf } from "./queries.ts";
import { limitsOf } from "./scopes.ts";
import { checkStatus, events, figure, group, note, timeseries, toplist, type Widget } from "./widgets.ts";

export interface Dashboard {
  readonly title: string;
  readonly description: string;
  readonly layout_type: "ordered";
  readonly reflow_type: "auto";
  readonly template_variables: readonly object[];
  readonly widgets: readonly Widget[];
}

/** Lines of one widget at most: more of them could not be told apart. */
const LIMITS_DRAWN = 5;

export function dashboardOf(config: Config): Dashboard {
  const naming = namingOf(config, []);
  const query = queriesOf(naming);
  const drawn = (member: NumericLimit): number[] =>
    [...new Set(limitsOf(config, member).map(({ value }) => value))].sort((a, b) => a - b).slice(0, LIMITS_DRAWN);
  const suffix = naming.tags.length === 0 ? "" : ` (${naming.tags.join(", ")})`;
  return {
    title: `cutover${suffix}`,
    description: `Whether the new endpoints answer as the legacy ones did. Made by \`cutover datadog dashboard\`; ${MANAGED}.`,
    layout_type: "ordered",
    reflow_type: "auto",
    template_variables: ["target", "model"].map((name) => ({
      name,
      prefix: name,
      available_values: [],
      defaults: ["*"],
    })),
    widgets: [
      note(NOTE),
      verdict(naming, query),
      answers(query, drawn),
      service(query, drawn),
      replay(query, drawn),
      ...(config.capture.source === undefined ? [] : [capture(query)]),
    ],
  };
}

const NOTE = [
  "**Figures here are a view, never a verdict**: `cutover gate` judges bounds over what the store holds.",
  "`cutover runs` · `cutover groups RUN` · `cutover show RUN ID` go on from a red line. Model names are as tags have them: lower case, other characters as `_`.",
].join("\n\n");

type NumericLimit = Exclude<keyof Gate, "evidence">;

interface Query {
  /** `sum:cutover.x{env:ci,$target,$model} by {model}.as_count()` */
  count(name: string, by?: readonly string[]): string;
  gauge(aggregator: "min" | "max" | "avg", name: string, by?: readonly string[]): string;
  /** Of capture, which knows neither target nor model. */
  plain(aggregator: "max" | "sum", name: string, by?: readonly string[]): string;
}

function queriesOf({ metric, tags }: Naming): Query {
  const braces = (by: readonly string[]): string => (by.length === 0 ? "" : ` by {${by.join(",")}}`);
  const all = [...tags, "$target", "$model"].join(",");
  const own = tags.length === 0 ? "*" : tags.join(",");
  return {
    count: (name, by = []) => `sum:${metric(name)}{${all}}${braces(by)}.as_count()`,
    gauge: (aggregator, name, by = []) => `${aggregator}:${metric(name)}{${all}}${braces(by)}`,
    plain: (aggregator, name, by = []) =>
      `${aggregator}:${metric(name)}{${own}}${braces(by)}${aggregator === "sum" ? ".as_count()" : ""}`,
  };
}

type Drawn = (member: NumericLimit) => number[];

function verdict({ metric, tags }: Naming, query: Query): Widget {
  const ready = query.gauge("max", "models", ["verdict"]);
  return group("Verdict", [
    checkStatus("Gate", metric("gate"), [...tags, "$target"], ["target"]),
    timeseries("Models by verdict", { queries: { models: ready }, display: "bars" }),
    timeseries("Runs completed", { queries: { runs: query.count("run.completed", ["verdict"]) }, display: "bars" }),
    figure("Pairs compared", { pairs: query.count("compared") }, "pairs", "sum"),
    events("Runs", ["cutover", ...tags, "$target"].join(" ")),
  ]);
}

function answers(query: Query, drawn: Drawn): Widget {
  const rate = { differ: query.count("mismatched", ["model"]), pairs: query.count("compared", ["model"]) };
  const formula = "differ / pairs";
  return group("Answers", [
    timeseries("Mismatch rate", {
      queries: rate,
      formulas: [{ formula, alias: "mismatch rate" }],
      limits: drawn("maxMismatchRate"),
    }),
    toplist("Models by mismatch rate", rate, formula, "sum"),
    timeseries("Bounds of the rate", {
      queries: {
        lower: query.gauge("max", "rate_lower", ["model"]),
        upper: query.gauge("max", "rate_upper", ["model"]),
      },
      limits: drawn("maxMismatchRate"),
    }),
    toplist("Where: model, path, kind", { found: query.count("finding", ["model", "path", "kind"]) }, "found", "sum"),
    timeseries("Kinds of groups", { queries: { groups: query.gauge("max", "groups", ["target"]) }, display: "bars" }),
    toplist("Most empty", { empty: query.gauge("max", "empty_share", ["model"]) }, "empty", "max"),
  ]);
}

function service(query: Query, drawn: Drawn): Widget {
  return group("Coverage, errors, latency, cost", [
    timeseries("Coverage, the least", {
      queries: { coverage: query.gauge("min", "coverage", ["model"]) },
      limits: drawn("minCoverage"),
    }),
    timeseries("Error rate", {
      queries: { errors: query.gauge("max", "error_rate", ["model"]) },
      limits: drawn("maxErrorRate"),
    }),
    timeseries("Not compared", {
      queries: {
        unpaired: query.count("unpaired"),
        not_comparable: query.count("not_comparable"),
        skipped: query.count("skipped", ["kind"]),
        errors: query.count("error", ["kind"]),
      },
      display: "bars",
    }),
    timeseries("p99 latency over legacy's", {
      queries: { ratio: query.gauge("max", "latency_ratio", ["model"]) },
      limits: drawn("maxP99Ratio"),
    }),
    timeseries("Cost of 1,000 calls", {
      queries: { cost: query.gauge("max", "cost_per_1000", ["model"]) },
      limits: drawn("maxCostPer1000"),
    }),
  ]);
}

function replay(query: Query, drawn: Drawn): Widget {
  return group("Replay", [
    timeseries("Requests by outcome", {
      queries: { requests: query.count("replay.requests", ["outcome"]) },
      display: "bars",
    }),
    timeseries("Share without an answer", {
      queries: { failed: query.count("replay.failed", ["model"]), requests: query.count("replay.requests", ["model"]) },
      formulas: [{ formula: "failed / requests", alias: "failed" }],
      limits: drawn("maxErrorRate"),
    }),
    timeseries("Errors by class", { queries: { errors: query.count("replay.errors", ["kind"]) }, display: "bars" }),
    timeseries("Tries, throttles, cold starts", {
      queries: {
        tries: query.count("replay.tries"),
        throttles: query.count("replay.throttles"),
        cold_starts: query.count("replay.cold_starts"),
      },
      display: "bars",
    }),
    timeseries("Mean latency, ms", {
      queries: {
        candidate: query.gauge("avg", "replay.latency", ["kind"]),
        legacy: query.gauge("avg", "replay.legacy_latency"),
      },
    }),
  ]);
}

function capture(query: Query): Widget {
  return group("Capture", [
    timeseries("Messages behind", { queries: { lag: query.plain("max", "capture.lag", ["topic"]) } }),
    timeseries("Age of what is read while behind, s", {
      queries: { age: query.plain("max", "capture.lag_s", ["topic"]) },
    }),
    timeseries("Messages made durable", {
      queries: { consumed: query.plain("sum", "capture.consumed"), captured: query.plain("sum", "capture.captured") },
      display: "bars",
    }),
    timeseries("Rejected, by reason", {
      queries: { rejected: query.plain("sum", "capture.rejected", ["reason"]) },
      display: "bars",
    }),
    timeseries("Share of the buffers in use", { queries: { share: query.plain("max", "capture.buffer_share") } }),
    timeseries("Store: retries and errors", {
      queries: {
        retries: query.plain("sum", "capture.store_retries", ["code"]),
        errors: query.plain("sum", "capture.store_errors", ["code"]),
      },
      display: "bars",
    }),
  ]);
}
