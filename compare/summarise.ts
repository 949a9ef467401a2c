/** From tallies to summary.json: pure, every float derived here, every list in a fixed order. */
import type { Config } from "../src/config/schema.ts";
import type { Run, Skips } from "../src/lake/run.ts";
import type { Sequence } from "../src/lake/sequence.ts";
import { ModelTally, type RunTally } from "./accumulate/tally.ts";
import type { Looks } from "./anytime.ts";
import { distinctRules, type ModelTable, toRuleUse } from "./models.ts";
import { checkSums } from "./summarise/checks.ts";
import { costPer1000, type Price } from "./summarise/cost.ts";
import { fieldsOf, unusedRules } from "./summarise/fields.ts";
import { summariseGroups } from "./summarise/groups.ts";
import { parityOf } from "./summarise/parity.ts";
import { addCoverage, addOutcomes, addWarnings, latencyOf, latencyOfRun, sorted, sum } from "./summarise/totals.ts";
import { expiredWaivers, waiverUses } from "./summarise/waivers.ts";
import type { Coverage, ModelSummary, Problem, Summary } from "./summary.ts";
import { isSampled, narrowedBy } from "./verdict/selection.ts";
import { judgeModel, judgeRun, SKIP_DECIDED, SKIP_LATER } from "./verdict.ts";
import type { Waives } from "./waive.ts";

export interface SummaryFacts {
  readonly run: Run;
  readonly skips: Skips;
  /** sha256 of the rules; its first 12 hex name the comparison. */
  readonly rulesHash: string;
  readonly table: ModelTable;
  readonly waivers: Config["waiverList"];
  readonly waives: Waives;
  /** Of a sequential run: then bounds hold at every look. */
  readonly sequence: Sequence | undefined;
  /** Of the target; undefined when it has none. */
  readonly price: Price | undefined;
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
  const gatedModels = planned.filter((name) => table.resolved(name).gate !== null).length;
  const models = names.map((name) => [name, summariseModel(facts, name, gatedModels)] as const);
  const problems = [...facts.problems, ...checkSums(facts, models)]
    .sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0))
    .slice(0, PROBLEMS_KEPT);
  const waivers = waiverUses(facts.waivers ?? [], facts.waives, tally);
  const { verdict, exitCode, reasons, ready } = judgeRun(models, problems, expiredWaivers(waivers));
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
    groups: summariseGroups(models, { tally, resolved: table.resolved, looks: looksOf(facts) }),
    latency: latencyOfRun(tally),
    warnings: addWarnings(models.map(([, model]) => model.warnings)),
    unusedRules: unusedRules(names, table, tally),
    ...(expired.length > 0 ? { expiredRules: expired } : {}),
    ...(waivers.length > 0 ? { waivers } : {}),
    ...(facts.sequence === undefined ? {} : { looks: "anytime" as const }),
    ...(problems.length > 0 ? { problems } : {}),
    config: { hash: facts.rulesHash },
    inputs: facts.inputs,
    target: run.target.name,
    schema: 1,
    version: facts.version,
  };
}

function summariseModel(facts: SummaryFacts, name: string, gatedModels: number): ModelSummary {
  const { run, table, tally } = facts;
  const looks = looksOf(facts);
  const counts = tally.models.get(name) ?? new ModelTally();
  const { match, mismatch, ignored, critical } = counts;
  const compared = match + mismatch + ignored;
  const notComparable = sum(counts.errors.values());
  const captured = member(run.models, name) ?? 0;
  const skippedBy = skipsOf(facts, name, captured - compared - notComparable, counts.later);
  const skipped = sum(Object.values(skippedBy));
  const scope = captured - skipped;
  const unpaired = scope - compared - notComparable;
  const coverage: Coverage = { captured, scope, compared, unpaired, notComparable, skipped, skippedBy };
  const resolved = table.resolved(name);
  const empty = sorted(counts.empty);
  const latency = latencyOf(counts);
  const cost = costPer1000(counts, facts.price);
  const versions = counts.versions.entries();
  const judged = judgeModel({
    gate: resolved.gate,
    gatedModels,
    looks,
    k: mismatch,
    critical,
    coverage,
    unparseable: counts.errors.get("legacy_unparseable") ?? 0,
    empty,
    uncovered: counts.uncovered,
    expired: table.expired(name),
    expiredWaivers: [...counts.expiredWaivers.keys()].sort(),
    narrowed: narrowedBy(run.query),
    sampled: isSampled(run.query),
    latency,
    costPer1000: cost,
  });
  return {
    n: compared,
    k: mismatch,
    rate: compared === 0 ? 0 : mismatch / compared,
    ...judged,
    ...(resolved.gate?.evidence === "census" ? { evidence: "census" as const } : {}),
    ...(critical > 0 ? { critical } : {}),
    ...(counts.waived > 0 ? { waived: counts.waived } : {}),
    parity: parityOf(counts, compared, resolved.rules, judged, looks),
    ...(counts.empty.size > 0 ? { empty } : {}),
    ...(versions.length > 1 ? { versions: versions.map(([version, { n, k }]) => ({ version, n, k })) } : {}),
    ...(cost === null ? {} : { costPer1000: cost }),
    coverage,
    outcomes: { match, mismatch, ignored },
    errorRate: scope === 0 ? 0 : notComparable / scope,
    errors: sorted(counts.errors),
    warnings: sorted(counts.warnings),
    fields: fieldsOf(counts, compared, resolved.rules.map(toRuleUse)),
    uncovered: counts.uncovered,
    latency,
  };
}

function looksOf({ sequence }: SummaryFacts): Looks {
  return sequence === undefined ? "fixed" : "anytime";
}

/** What replay left out, and what a sequential run has not come to or need not. */
function skipsOf(
  { skips, sequence }: SummaryFacts,
  name: string,
  lacking: number,
  later: number,
): Record<string, number> {
  const taken = takeSkips(member(skips.models, name) ?? {}, Math.max(0, lacking - later));
  if (later === 0) return taken;
  const reason = member(sequence?.decided ?? {}, name) === undefined ? SKIP_LATER : SKIP_DECIDED;
  return { ...taken, [reason]: later };
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
