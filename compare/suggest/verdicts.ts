/** The verdict as it would be: the facts of the summary, with other counts of mismatches. */
import type { Run } from "../../src/lake/run.ts";
import type { ModelTable } from "../models.ts";
import { expiredWaivers } from "../summarise/waivers.ts";
import type { ModelSummary, Summary, Verdict } from "../summary.ts";
import { isSampled, narrowedBy } from "../verdict/selection.ts";
import { judgeModel, judgeRun } from "../verdict.ts";
import type { Flips, ModelEffect } from "./effect.ts";
import { type Forecast, forecastOf } from "./forecast.ts";

export interface Change<T> {
  readonly before: T;
  readonly after: T;
}

/** `after` of a model of which not all pairs were judged again is an estimate; the truth lies between `least` and `most`. */
export interface ModelChange {
  readonly n: number;
  readonly k: Change<number> & { readonly least: number; readonly most: number };
  readonly upper: Change<number>;
  /** `worst`: at the most mismatches. */
  readonly verdict: Change<Verdict> & { readonly worst: Verdict };
}

export interface VerdictChange {
  readonly models: Readonly<Record<string, ModelChange>>;
  readonly verdict: Change<Verdict> & { readonly worst: Verdict };
}

/** `pairs`: those with a finding, of each model, whether judged again or not; where it says nothing, all were. */
export function changedVerdict(
  summary: Summary,
  run: Run,
  table: ModelTable,
  effects: ReadonlyMap<string, ModelEffect>,
  pairs: ReadonlyMap<string, number>,
): VerdictChange {
  const gatedModels = Object.keys(run.models).filter(
    (name) => (run.models[name] ?? 0) > 0 && table.resolved(name).gate !== null,
  ).length;
  const expired = expiredWaivers(summary.waivers ?? []);
  const changed: Record<string, ModelChange> = {};
  const [about, worst] = [{ ...summary.models }, { ...summary.models }];
  for (const [name, effect] of effects) {
    const model = summary.models[name];
    if (model === undefined) continue;
    const all = Math.max(pairs.get(name) ?? 0, effect.pairs);
    const k = leftOf(model.k, effect.mismatch, all, effect.pairs);
    const critical = leftOf(model.critical ?? 0, effect.critical, all, effect.pairs);
    const judge = (end: keyof Forecast): ReturnType<typeof judgeModel> => {
      const counts = { k: k[end], critical: critical[end], gatedModels, expired };
      return judgeAgain(summary, run, table, name, model, counts);
    };
    const [likely, most] = [judge("about"), judge("most")];
    about[name] = { ...model, ...likely, k: k.about };
    worst[name] = { ...model, ...most, k: k.most };
    changed[name] = {
      n: model.n,
      k: { before: model.k, after: k.about, least: k.least, most: k.most },
      upper: { before: model.upper, after: likely.upper },
      verdict: { before: model.verdict, after: likely.verdict, worst: most.verdict },
    };
  }
  const verdictOf = (models: Readonly<Record<string, ModelSummary>>): Verdict =>
    judgeRun(Object.entries(models), summary.problems ?? [], expired).verdict;
  return { models: changed, verdict: { before: summary.verdict, after: verdictOf(about), worst: verdictOf(worst) } };
}

/** Of `before` pairs that are so, and the others of `all` with a finding, when `pairs` of all were judged again. */
function leftOf(before: number, flips: Flips, all: number, pairs: number): Forecast {
  return forecastOf(
    { all: before, tried: flips.before, changed: flips.solved },
    { all: Math.max(0, all - before), tried: pairs - flips.before, changed: flips.added },
  );
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
