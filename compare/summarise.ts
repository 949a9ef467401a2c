/** From tallies to summary.json: pure, every float derived here, every list in a fixed order. */
import type { Run, Skips } from "../src/lake/run.ts";
import { ModelTally, type RunTally } from "./accumulate/tally.ts";
import { distinctRules, type ModelTable, toRuleUse } from "./models.ts";
import { checkSums } from "./summarise/checks.ts";
import { fieldsOf, unusedRules } from "./summarise/fields.ts";
import { summariseGroups } from "./summarise/groups.ts";
import { addCoverage, addOutcomes, addWarnings, latencyOfRun, quantiles, sorted, sum } from "./summarise/totals.ts";
import type { Coverage, ModelSummary, Problem, Summary } from "./summary.ts";
import { judgeModel, judgeRun } from "./verdict.ts";

export interface SummaryFacts {
  readonly run: Run;
  readonly skips: Skips;
  /** sha256 of the rules; its first 12 hex name the comparison. */
  readonly rulesHash: string;
  readonly table: ModelTable;
  readonly tally: RunTally;
  readonly problems: readonly Problem[];
  /** Selected rows of objects that could not be read. */
  readonly unreadable: number;
  readonly inputs: Summary["inputs"];
  readonly version: string;
}

const PROBLEMS_KEPT = 100;

export function summarise(facts: SummaryFacts): Summary {
  const { run, table, tally } = facts;
  const planned = Object.keys(run.models).filter((name) => (run.models[name] ?? 0) > 0);
  const names = [...new Set([...planned, ...tally.models.keys()])].sort();
  const gatedModels = names.filter((name) => table.resolved(name).gate !== null).length;
  const models = names.map((name) => [name, summariseModel(facts, name, gatedModels)] as const);
  const problems = [...facts.problems, ...checkSums(facts, models)]
    .sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0))
    .slice(0, PROBLEMS_KEPT);
  const { verdict, exitCode, reasons, ready } = judgeRun(models, problems);
  const expired = distinctRules(names.flatMap((name) => table.expired(name)));
  return {
    run: run.run,
    rules: facts.rulesHash.slice(0, 12),
    verdict,
    exitCode,
    reasons,
    ready,
    coverage: addCoverage(models.map(([, model]) => model.coverage)),
    outcomes: addOutcomes(models.map(([, model]) => model.outcomes)),
    models: Object.fromEntries(models),
    groups: summariseGroups(models, tally),
    latency: latencyOfRun(tally),
    warnings: addWarnings(models.map(([, model]) => model.warnings)),
    unusedRules: unusedRules(names, table, tally),
    ...(expired.length > 0 ? { expiredRules: expired } : {}),
    ...(problems.length > 0 ? { problems } : {}),
    config: { hash: facts.rulesHash },
    inputs: facts.inputs,
    target: run.target.name,
    schema: 1,
    version: facts.version,
  };
}

function summariseModel({ run, skips, table, tally }: SummaryFacts, name: string, gatedModels: number): ModelSummary {
  const counts = tally.models.get(name) ?? new ModelTally();
  const { match, mismatch, ignored, critical } = counts;
  const compared = match + mismatch + ignored;
  const notComparable = sum(counts.errors.values());
  const captured = member(run.models, name) ?? 0;
  const skippedBy = takeSkips(member(skips.models, name) ?? {}, Math.max(0, captured - compared - notComparable));
  const skipped = sum(Object.values(skippedBy));
  const scope = captured - skipped;
  const unpaired = scope - compared - notComparable;
  const coverage: Coverage = { captured, scope, compared, unpaired, notComparable, skipped, skippedBy };
  const resolved = table.resolved(name);
  const judged = judgeModel({
    gate: resolved.gate,
    gatedModels,
    k: mismatch,
    critical,
    coverage,
    unparseable: counts.errors.get("legacy_unparseable") ?? 0,
    uncovered: counts.uncovered,
    expired: table.expired(name),
    byIds: run.query.ids !== null,
  });
  return {
    n: compared,
    k: mismatch,
    rate: compared === 0 ? 0 : mismatch / compared,
    ...judged,
    ...(critical > 0 ? { critical } : {}),
    coverage,
    outcomes: { match, mismatch, ignored },
    errorRate: scope === 0 ? 0 : notComparable / scope,
    errors: sorted(counts.errors),
    warnings: sorted(counts.warnings),
    fields: fieldsOf(counts, compared, resolved.rules.map(toRuleUse)),
    uncovered: counts.uncovered,
    latency: { legacy: quantiles(counts.legacyLatency), candidate: quantiles(counts.candidateLatency) },
  };
}

/** A later call may have sent what an earlier one skipped: no more is skipped than has no answer. */
function takeSkips(reasons: Readonly<Record<string, number>>, unanswered: number): Record<string, number> {
  let left = unanswered;
  const taken: [string, number][] = [];
  for (const [reason, value] of Object.entries(reasons).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const part = Math.min(value, left);
    left -= part;
    if (part > 0) taken.push([reason, part]);
  }
  return Object.fromEntries(taken);
}

/** A member of its own: a model may be called `constructor`. */
function member<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
