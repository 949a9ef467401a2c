/**
 * `cutover rules suggest`: for each large group the narrowest rule that would accept it, and what that would do. The
 * pairs with findings are read twice: for what the groups have in common, and to judge them again with each rule that
 * might do. Writes nothing.
 */
import type { ResolvedRule } from "../../src/config/models.ts";
import { type Run, resolveRun } from "../../src/lake/run.ts";
import { LIMITS } from "../../src/limits.ts";
import { compilePattern } from "../../src/match.ts";
import type { Session, Stage } from "../../src/session.ts";
import { rulePath } from "../ci/places.ts";
import { loadFunctions } from "../functions.ts";
import { currentSummary } from "../gate.ts";
import { groupNames } from "../group-key.ts";
import { createModelTable, type ModelTable, utcDay } from "../models.ts";
import { judgePair } from "../pair.ts";
import { openContext, type ShowContext } from "../show/context.ts";
import { findGroup } from "../show/find-group.ts";
import type { Group, Summary } from "../summary.ts";
import { maskResult } from "../triage/mask.ts";
import { applyEdit, type Edit, editFor } from "./edit.ts";
import { Effect, type JudgedPair } from "./effect.ts";
import { Evidence } from "./evidence.ts";
import { countPairs, type FindingsReader, openFindings } from "./findings.ts";
import { KeyEvidence, keyPath, listAbove } from "./keys.ts";
import { optionsFor, type RuleOption } from "./options.ts";
import { readPairs } from "./pairs.ts";
import { type Suggestion, toSuggestion } from "./suggestion.ts";

export interface SuggestOptions {
  /** Default: the run created last. */
  readonly run?: string | undefined;
  /** Fingerprints; by default those of the largest groups that no waiver accepts. */
  readonly groups?: readonly string[] | undefined;
  readonly limits?: SuggestLimits | undefined;
  /** False: nothing is tried where not all pairs can be judged again; the share tells. */
  readonly sampled?: boolean | undefined;
}

export interface SuggestLimits {
  readonly groups: number;
  readonly pairs: number;
  readonly bytes: number;
}

export interface SuggestResult {
  readonly run: string;
  /** First 12 hex of the rules hash. */
  readonly rules: string;
  readonly suggestions: readonly Suggestion[];
  /** Groups beyond those looked at. */
  readonly more: number;
  /** Share of the pairs with findings that were judged again; below 1 every figure is an estimate. */
  readonly share: number;
  /** The pairs with findings of the models that a rule would touch, and how many of them were judged again. */
  readonly pairs: number;
  readonly judged: number;
}

const SUGGEST_LIMITS: SuggestLimits = {
  groups: LIMITS.suggestGroups,
  pairs: LIMITS.suggestPairs,
  bytes: LIMITS.suggestBytes,
};
/** Days until an ignore rule that is proposed expires. */
const IGNORE_DAYS = 90;

export const suggestStage: Stage<SuggestOptions, SuggestResult> = async (session, options) => {
  const { limits = SUGGEST_LIMITS } = options;
  const run = await resolveRun(session.store, options.run);
  const summary = await currentSummary(session, run);
  const open = summary.groups.filter(({ count, waived = 0 }) => waived < count);
  const asked = options.groups?.map((fingerprint) => findGroup(summary, fingerprint)) ?? open;
  const groups = asked.slice(0, limits.groups);
  const world = await openWorld(session, run, summary, groups, limits);
  const { share, all } = sampleOf(world, new Set(groups.map(({ model }) => model)));
  const isLeft = groups.length === 0 || (share < 1 && options.sampled === false);
  const { trials, ...sample } = isLeft
    ? { trials: [], share, pairs: all, judged: 0 }
    : await tryRules(session, world, await gather(session, world));
  const { table, context, pairs } = world;
  const suggestions = groups.map((group) =>
    toSuggestion(
      { summary, run, table, context, pairs },
      group,
      trials.filter((trial) => trial.group === group),
    ),
  );
  return { run: run.run, rules: summary.rules, suggestions, more: asked.length - groups.length, ...sample };
};

interface World {
  readonly run: Run;
  readonly summary: Summary;
  readonly groups: readonly Group[];
  readonly context: ShowContext;
  readonly table: ModelTable;
  readonly today: string;
  readonly limits: SuggestLimits;
  readonly findings: FindingsReader;
  /** Pairs with a finding, of each model; empty where all can be judged again. */
  readonly pairs: ReadonlyMap<string, number>;
  /** Groups of the summary by fingerprint. */
  readonly known: ReadonlySet<string>;
}

async function openWorld(
  session: Session,
  run: Run,
  summary: Summary,
  groups: readonly Group[],
  limits: SuggestLimits,
): Promise<World> {
  const context = await openContext(session);
  const findings = await openFindings(session, run.run, summary.rules);
  const compared = Object.values(summary.models).reduce((sum, { n }) => sum + n, 0);
  const all = groups.length === 0 || compared <= limits.pairs;
  const pairs = all ? new Map<string, number>() : await countPairs(session, run, findings);
  const today = utcDay(session.clock.now());
  const known = new Set(summary.groups.map(({ fingerprint }) => fingerprint));
  return { run, summary, groups, context, table: context.table, today, limits, findings, pairs, known };
}

/** Of all pairs with findings of the models the share that is within the limit, and how many there are. */
function sampleOf(
  { pairs, limits }: World,
  models: ReadonlySet<string>,
): { readonly all: number; readonly share: number } {
  const all = [...models].reduce((sum, name) => sum + (pairs.get(name) ?? 0), 0);
  return { all, share: all <= limits.pairs ? 1 : limits.pairs / all };
}

/** Pairs with findings of the models, as the rules in force judge them. */
async function* judged(session: Session, world: World, names: ReadonlySet<string>): AsyncGenerator<JudgedPair> {
  const { run, context, table, limits, findings, known } = world;
  const { share } = sampleOf(world, names);
  const wanted = { run, findings, models: (name: string) => names.has(name), share, bytes: limits.bytes };
  for await (const pair of readPairs(session, wanted)) {
    const compiled = table.compiled(pair.model);
    const result = judgePair(compiled, pair.legacy, pair.candidate);
    const named = context.named(pair.model, maskResult(compiled.mask, result));
    const groups = named.map(({ key, fingerprint }) => {
      if (known.has(fingerprint)) return fingerprint;
      return groupNames(pair.model, key).find((name) => known.has(name)) ?? fingerprint;
    });
    yield { pair, result, named, groups };
  }
}

interface Gathered {
  readonly group: Group;
  readonly rule: ResolvedRule | undefined;
  readonly evidence: Evidence;
  readonly keys: KeyEvidence;
}

async function gather(session: Session, world: World): Promise<Gathered[]> {
  const gathered = new Map(
    world.groups.map((group) => {
      const rule = judgedBy(session, world, group);
      return [group.fingerprint, { group, rule, evidence: new Evidence(rule?.rule), keys: new KeyEvidence() }];
    }),
  );
  const models = new Set(world.groups.map(({ model }) => model));
  for await (const { pair, result, groups } of judged(session, world, models)) {
    for (const [i, finding] of result.findings.entries()) {
      const into = gathered.get(groups[i] as string);
      if (into === undefined) continue;
      into.evidence.add(finding);
      if (pair.candidate.answer !== null) into.keys.add(pair.legacy, pair.candidate.answer, finding.path);
    }
  }
  return [...gathered.values()];
}

function judgedBy({ config }: Session, { table }: World, { model, path, rule }: Group): ResolvedRule | undefined {
  if (rule === "default" || !path.startsWith("$")) return undefined;
  const at = rulePath(config, model, path, rule);
  return table.resolved(model).rules.find(({ pattern, index }) => pattern === at?.[1] && index === at?.[3]);
}

type Tried = Pick<SuggestResult, "share" | "pairs" | "judged"> & { readonly trials: readonly Trial[] };

/** A rule at a place, and what it did. */
export interface Trial {
  readonly group: Group;
  readonly option: RuleOption;
  readonly edit: Edit;
  readonly effect: Effect;
}

/** All rules that might do, each over the pairs of the models that it would be for. */
async function tryRules(session: Session, world: World, gathered: readonly Gathered[]): Promise<Tried> {
  const { summary, today, context } = world;
  const functions = await loadFunctions(session.config, session.log);
  const names = Object.keys(summary.models);
  const trials = gathered.flatMap(({ group, rule, evidence, keys }) => {
    const everyPair = group.count === summary.models[group.model]?.n;
    const expires = utcDay(session.clock.now() + IGNORE_DAYS * 86_400_000);
    const options = optionsFor(evidence, { group, judged: rule?.rule, everyPair, expires });
    return [...keyed(group, keys), ...options].flatMap((option): Trial[] => {
      const edit = editFor(session.config, names, group.model, rule, option);
      if (edit === null) return [];
      const table = createModelTable(applyEdit(session.config, edit, option), today, functions);
      return [{ group, option, edit, effect: new Effect(group.fingerprint, table.compiled, context.named) }];
    });
  });
  const touched = trials.map((trial) => ({ trial, applies: modelsOf(trial.edit, names) }));
  const models = new Set(touched.flatMap(({ applies }) => [...applies]));
  let count = 0;
  for await (const pair of judged(session, world, models)) {
    count++;
    for (const { trial, applies } of touched) if (applies.has(pair.pair.model)) trial.effect.add(pair);
  }
  const { all, share } = sampleOf(world, models);
  return { trials, pairs: share < 1 ? all : count, judged: count, share };
}

function modelsOf({ pattern }: Edit, names: readonly string[]): ReadonlySet<string> {
  const matches = compilePattern(pattern);
  return new Set(names.filter(matches));
}

/** Lists that are in another order, told by a key of their elements. */
function keyed({ path }: Group, { keys }: KeyEvidence): RuleOption[] {
  const list = path.startsWith("$") ? listAbove(path) : null;
  const [key] = keys;
  if (list === null || key === undefined) return [];
  return [{ rules: [{ path: list, type: "list", mode: "keyed", key: keyPath(key) }] }];
}
