/** The finished comparison as metrics, sent once. Tags are names from closed or bounded sets; never an id or a value. */
import { LIMITS } from "../src/limits.ts";
import { CHECK_STATUS, type Metrics, type Tags } from "../src/metrics.ts";
import type { DiffKind } from "../src/record.ts";
import { verdictName } from "./report/order.ts";
import type { ModelSummary, Summary } from "./summary.ts";

const OTHER = "other";

export function sendMetrics(metrics: Metrics, summary: Summary, report: string): void {
  const { target, verdict } = summary;
  const base: Tags = { target, stage: "compare" };
  const names = new Set(modelsByWeight(summary).slice(0, LIMITS.metricModels));
  const paths = topPaths(summary);
  for (const [name, model] of Object.entries(summary.models)) {
    const tags = { ...base, model: names.has(name) ? name : OTHER };
    metrics.count("compared", model.n, tags);
    metrics.count("mismatched", model.k, tags);
    metrics.count("unpaired", model.coverage.unpaired, { ...tags, side: "legacy" });
    sendFindings(metrics, model, paths, tags);
    if (!names.has(name)) continue;
    if (model.n > 0) metrics.gauge("rate_upper", model.upper, tags);
    const { scope } = model.coverage;
    if (scope > 0) metrics.gauge("coverage", coverageOf(model), tags);
  }
  metrics.count("run.completed", 1, { ...base, verdict });
  metrics.check("gate", CHECK_STATUS[verdict], summary.reasons[0] ?? verdict, base);
  const text = [...summary.reasons.slice(0, 5), `report: ${report}`].join("\n");
  metrics.event(`cutover ${verdictName(summary)}: run ${summary.run}`, text, { ...base, verdict });
}

/** One count per path and kind; paths beyond the most frequent are one. */
function sendFindings(metrics: Metrics, model: ModelSummary, paths: ReadonlySet<string>, tags: Tags): void {
  const counts = new Map<string, { path: string; kind: DiffKind; value: number }>();
  for (const [field, rules] of Object.entries(model.fields)) {
    const path = paths.has(field) ? field : OTHER;
    for (const { kinds } of Object.values(rules)) {
      for (const [kind, value] of Object.entries(kinds) as [DiffKind, number][]) {
        const known = counts.get(`${path} ${kind}`);
        if (known) known.value += value;
        else counts.set(`${path} ${kind}`, { path, kind, value });
      }
    }
  }
  for (const { path, kind, value } of counts.values()) metrics.count("finding", value, { ...tags, path, kind });
}

/** Share of the scope whose two answers could be read and paired. */
function coverageOf({ coverage, errors }: ModelSummary): number {
  return (coverage.scope - coverage.unpaired - (errors.legacy_unparseable ?? 0)) / coverage.scope;
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
