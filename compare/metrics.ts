/**
 * The finished comparison as metrics, sent once. Tags are names from closed or bounded sets, never an id or a value:
 * their number is bounded by LIMITS, however many models and paths there are.
 */
import { LIMITS } from "../src/limits.ts";
import { tagWord } from "../src/metric-text.ts";
import { CHECK_STATUS, type EventLevel, type Metrics, type Tags } from "../src/metrics.ts";
import { commandLine } from "./report/command-line.ts";
import { covered } from "./report/figures.ts";
import { verdictName } from "./report/order.ts";
import type { ModelSummary, Summary, Verdict } from "./summary.ts";
import { p99Ratio } from "./verdict/service.ts";

const OTHER = "other";
const VERDICTS = ["pass", "fail", "inconclusive", "error"] as const satisfies readonly Verdict[];
const LEVEL: Readonly<Record<Verdict, EventLevel>> = {
  pass: "success",
  inconclusive: "warning",
  fail: "error",
  error: "error",
};
const REASONS_TOLD = 5;

/** `report`: where a person opens it. */
export function sendMetrics(metrics: Metrics, summary: Summary, report: string): void {
  const base: Tags = { target: summary.target, stage: "compare" };
  const named = new Set(modelsByWeight(summary).slice(0, LIMITS.metricModels));
  for (const [name, model] of Object.entries(summary.models)) {
    const tags = { ...base, model: named.has(name) ? name : OTHER };
    sendCounts(metrics, model, tags);
    // A share of many models together would be of none of them.
    if (named.has(name)) sendShares(metrics, model, tags);
  }
  sendFindings(metrics, summary, named, base);
  sendRun(metrics, summary, base, report);
}

function sendCounts(metrics: Metrics, { n, k, coverage }: ModelSummary, tags: Tags): void {
  metrics.count("compared", n, tags);
  metrics.count("mismatched", k, tags);
  metrics.count("unpaired", coverage.unpaired, { ...tags, side: "legacy" });
  metrics.count("not_comparable", coverage.notComparable, tags);
}

function sendShares(metrics: Metrics, model: ModelSummary, tags: Tags): void {
  if (model.n > 0) {
    const empty = Object.values(model.empty ?? {}).reduce((sum, pairs) => sum + pairs, 0);
    metrics.gauge("empty_share", empty / model.n, tags);
    metrics.gauge("rate_upper", model.upper, tags);
    metrics.gauge("rate_lower", model.lower, tags);
  }
  if (model.coverage.scope > 0) {
    metrics.gauge("coverage", covered(model), tags);
    metrics.gauge("error_rate", model.errorRate, tags);
  }
  const ratio = p99Ratio(model.latency);
  if (ratio !== null) metrics.gauge("latency_ratio", ratio, tags);
  if (model.costPer1000 !== undefined) metrics.gauge("cost_per_1000", model.costPer1000, tags);
}

interface Finding {
  readonly model: string;
  readonly path: string;
  readonly kind: string;
  value: number;
}

/** By model, path and kind, the most frequent ones; the others keep their kind, so that the sum over kinds is whole. */
function sendFindings(metrics: Metrics, summary: Summary, named: ReadonlySet<string>, base: Tags): void {
  const paths = topPaths(summary);
  const found = new Map<string, Finding>();
  const add = (model: string, path: string, kind: string, value: number): void => {
    const key = JSON.stringify([model, path, kind]);
    const known = found.get(key);
    if (known) known.value += value;
    else found.set(key, { model, path, kind, value });
  };
  for (const [name, { fields }] of Object.entries(summary.models)) {
    for (const [path, rules] of Object.entries(fields)) {
      const [model, field] = [named.has(name) ? name : OTHER, paths.has(path) ? path : OTHER];
      for (const { kinds } of Object.values(rules))
        for (const [kind, value] of Object.entries(kinds)) add(model, field, kind, value);
    }
  }
  const order = [...found].sort(([x, a], [y, b]) => b.value - a.value || (x < y ? -1 : 1));
  const rest = new Map<string, number>();
  for (const [i, [, { model, path, kind, value }]] of order.entries()) {
    if (i < LIMITS.metricFindings) metrics.count("finding", value, { ...base, model, path, kind });
    else rest.set(kind, (rest.get(kind) ?? 0) + value);
  }
  for (const [kind, value] of rest) metrics.count("finding", value, { ...base, model: OTHER, path: OTHER, kind });
}

/** What is said of the run as a whole. */
function sendRun(metrics: Metrics, summary: Summary, base: Tags, report: string): void {
  const { verdict, reasons, run, models, groups, coverage } = summary;
  for (const each of VERDICTS) {
    const value = Object.values(models).filter((model) => model.verdict === each).length;
    metrics.gauge("models", value, { ...base, verdict: each });
  }
  metrics.gauge("groups", groups.length, base);
  for (const [kind, value] of Object.entries(coverage.skippedBy).slice(0, LIMITS.errorClasses))
    metrics.count("skipped", value, { ...base, kind: tagWord(kind) });
  for (const [kind, value] of errorsOf(summary)) metrics.count("error", value, { ...base, kind });
  metrics.count("run.completed", 1, { ...base, verdict });
  metrics.check("gate", CHECK_STATUS[verdict], reasons[0] ?? verdict, base);
  const text = [
    ...reasons.slice(0, REASONS_TOLD).map((reason) => reason.slice(0, REASON_CHARS)),
    ...(reasons.length > REASONS_TOLD ? [`and ${reasons.length - REASONS_TOLD} more`] : []),
    `report: ${report}`,
    `next: ${commandLine("groups", { about: [run] })}; then ${commandLine("show", { about: [run, "ID"] })}`,
  ].join("\n");
  metrics.event(`cutover ${verdictName(summary)}: run ${run}`, text, { ...base, verdict }, LEVEL[verdict]);
}

/** Of one reason in an event: all of them, and the lines after them, fit in its text. */
const REASON_CHARS = 500;

/** Over all models, by class: records that could not be compared. */
function errorsOf({ models }: Summary): Map<string, number> {
  const all = new Map<string, number>();
  for (const { errors } of Object.values(models)) {
    for (const [name, value] of Object.entries(errors)) {
      const word = tagWord(name);
      const kind = all.has(word) || all.size < LIMITS.errorClasses ? word : OTHER;
      all.set(kind, (all.get(kind) ?? 0) + value);
    }
  }
  return all;
}

/** Most mismatches first, then most pairs, then by name. */
function modelsByWeight({ models }: Summary): string[] {
  return Object.entries(models)
    .sort(([a, x], [b, y]) => y.k - x.k || y.n - x.n || (a < b ? -1 : 1))
    .map(([name]) => name);
}

function topPaths({ models }: Summary): Set<string> {
  const counts = new Map<string, number>();
  for (const { fields } of Object.values(models)) {
    for (const [path, rules] of Object.entries(fields)) {
      const k = Object.values(rules).reduce((sum, rule) => sum + rule.k, 0);
      if (k > 0) counts.set(path, (counts.get(path) ?? 0) + k);
    }
  }
  const order = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return new Set(order.slice(0, LIMITS.metricPaths).map(([path]) => path));
}
