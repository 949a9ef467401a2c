/** The verdict as it would be: the facts of the summary, with other counts of mismatches. */
import type { Run } from "../../src/lake/run.ts";
import type { ModelTable } from "../models.ts";
import { expiredWaivers } from "../summarise/waivers.ts";
import type { ModelSummary, Summary, Verdict } from "../summary.ts";
import { isSampled, narrowedBy } from "../verdict/selection.ts";
import { judgeModel, judgeRun } from "../verdict.ts";
import type { ModelEffect } from "./effect.ts";

export interface Change<T> {
  readonly before: T;
  readonly after: T;
}

export interface ModelChange {
  readonly n: number;
  readonly k: Change<number>;
  readonly upper: Change<number>;
  readonly verdict: Change<Verdict>;
}

export interface VerdictChange {
  readonly models: Readonly<Record<string, ModelChange>>;
  readonly verdict: Change<Verdict>;
}

/** `scale`: pairs of the run that one pair judged again stands for; 1 when all were. */
export function changedVerdict(
  summary: Summary,
  run: Run,
  table: ModelTable,
  effects: ReadonlyMap<string, ModelEffect>,
  scale: (model: string) => number,
): VerdictChange {
  const gatedModels = Object.keys(run.models).filter(
    (name) => (run.models[name] ?? 0) > 0 && table.resolved(name).gate !== null,
  ).length;
  const expired = expiredWaivers(summary.waivers ?? []);
  const changed: Record<string, ModelChange> = {};
  const models = Object.entries(summary.models).map(([name, model]) => {
    const effect = effects.get(name);
    if (effect === undefined) return [name, model] as const;
    const by = Math.round((effect.added - effect.accepted) * scale(name));
    const k = Math.min(model.n, Math.max(0, model.k + by));
    const critical = Math.max(0, (model.critical ?? 0) + effect.criticalAfter - effect.criticalBefore);
    const judged = judgeAgain(summary, run, table, name, model, { k, critical, gatedModels, expired });
    changed[name] = {
      n: model.n,
      k: { before: model.k, after: k },
      upper: { before: model.upper, after: judged.upper },
      verdict: { before: model.verdict, after: judged.verdict },
    };
    return [name, { ...model, ...judged, k }] as const;
  });
  const after = judgeRun(models, summary.problems ?? [], expired).verdict;
  return { models: changed, verdict: { before: summary.verdict, after } };
}

interface Counts {
  readonly k: number;
  readonly critical: number;
  readonly gatedModels: number;
  readonly expired: readonly string[];
}

function judgeAgain(
  { looks }: Summary,
  { query }: Run,
  table: ModelTable,
  name: string,
  model: ModelSummary,
  { k, critical, gatedModels, expired }: Counts,
): ReturnType<typeof judgeModel> {
  return judgeModel({
    gate: table.resolved(name).gate,
    gatedModels,
    looks: looks ?? "fixed",
    k,
    critical,
    coverage: model.coverage,
    unparseable: model.errors.legacy_unparseable ?? 0,
    empty: model.empty ?? {},
    uncovered: model.uncovered,
    expired: table.expired(name),
    // The summary counts them for the run; its reasons name those that a model met.
    expiredWaivers: expired.filter((fingerprint) => model.reasons.some((reason) => reason.includes(fingerprint))),
    narrowed: narrowedBy(query),
    sampled: isSampled(query),
    latency: model.latency,
    costPer1000: model.costPer1000 ?? null,
  });
}
