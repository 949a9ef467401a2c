/** `cutover groups`: what triage knows of each group, with what a rule would do and what changed against another run. */
import { resolveRun } from "../../src/lake/run.ts";
import { modelTest } from "../../src/lake/selection.ts";
import { LIMITS } from "../../src/limits.ts";
import type { DiffKind } from "../../src/record.ts";
import type { Session, Stage } from "../../src/session.ts";
import { boundsOf } from "../anytime.ts";
import { currentSummary } from "../gate.ts";
import { groupsInOrder } from "../report/order.ts";
import { suggestStage } from "../suggest/stage.ts";
import type { ProposedRule } from "../suggest/suggestion.ts";
import type { Group, Summary } from "../summary.ts";
import type { Explanation } from "../triage/types.ts";
import { versusAgainst } from "../versus/against.ts";
import { type CardStatus, fixedGroups, statusesAgainst } from "../versus/status.ts";
import type { VersusGroup } from "../versus/versus.ts";

export interface GroupsOptions {
  /** Default: the run created last. */
  readonly run?: string | undefined;
  /** Patterns; all models when there is none. */
  readonly models?: readonly string[] | undefined;
  readonly kind?: DiffKind | undefined;
  /** Pattern of the field, `*` stands for anything. */
  readonly path?: string | undefined;
  readonly limit?: number | undefined;
  /** Another run over the same selection. */
  readonly against?: string | undefined;
}

export interface GroupCard extends Group {
  readonly status: CardStatus;
  /** Of all pairs of the model, with a one-sided upper bound at the confidence of its gate. */
  readonly rate: number;
  readonly upper: number;
  /** The narrowest rule that would accept it; absent where it was not looked for, null where there is none. */
  readonly accept?: Accepting | null;
}

export type Accepting = Pick<ProposedRule, "rules" | "accepts" | "pairs" | "hides" | "hidesAll" | "models" | "verdict">;

export interface GroupsResult {
  readonly run: string;
  readonly rules: string;
  readonly verdict: Summary["verdict"];
  readonly exitCode: number;
  readonly against: string | null;
  readonly explanations: readonly Explanation[];
  /** Groups that the filters take; `groups` holds the first of them. */
  readonly found: number;
  readonly groups: readonly GroupCard[];
  /** Differences of the other run that are gone; empty without one. */
  readonly fixed: readonly VersusGroup[];
  readonly models: number;
}

const CARDS = 10;
/** Model verdicts that need a look, first. */
const URGENCY = { error: 0, fail: 1, inconclusive: 2, pass: 3 } as const;

/** Failing models first, the largest groups first. COMPARE_MISSING when the run has no comparison that stands. */
export const groupsStage: Stage<GroupsOptions, GroupsResult> = async (session, options) => {
  const run = await resolveRun(session.store, options.run);
  const summary = await currentSummary(session, run);
  const versus = options.against === undefined ? null : await versusAgainst(session, run, summary, options.against);
  const taken = orderOf(summary).filter(filterOf(options));
  const shown = taken.slice(0, options.limit ?? CARDS);
  const accepting = await acceptingOf(session, summary, shown);
  const statusOf = statusesAgainst(versus);
  return {
    run: run.run,
    rules: summary.rules,
    verdict: summary.verdict,
    exitCode: summary.exitCode,
    against: versus?.against ?? null,
    explanations: explanationsOf(summary, options),
    found: taken.length,
    groups: shown.map((group): GroupCard => {
      const accept = accepting?.get(group.fingerprint);
      return {
        ...group,
        ...rateOf(summary, group),
        status: statusOf(group),
        ...(accept === undefined ? {} : { accept }),
      };
    }),
    fixed: fixedGroups(versus),
    models: Object.keys(summary.models).length,
  };
};

function orderOf({ models, groups }: Summary): Group[] {
  const urgency = ({ model }: Group): number => URGENCY[models[model]?.verdict ?? "pass"];
  const isWaived = ({ count, waived = 0 }: Group): number => (waived >= count ? 1 : 0);
  // The sort is stable: among equals the order by count stays.
  return groupsInOrder(groups).sort((a, b) => isWaived(a) - isWaived(b) || urgency(a) - urgency(b));
}

function filterOf({ models = [], kind, path }: GroupsOptions): (group: Group) => boolean {
  const model = modelTest(models);
  const field = modelTest(path === undefined ? [] : [path]);
  return (group) => model(group.model) && field(group.path) && (kind === undefined || group.kind === kind);
}

function explanationsOf({ explanations = [], groups }: Summary, options: GroupsOptions): Explanation[] {
  const taken = new Set(groups.filter(filterOf(options)).map(({ fingerprint }) => fingerprint));
  return explanations.filter((one) => one.groups.some((fingerprint) => taken.has(fingerprint)));
}

function rateOf({ models, looks }: Summary, group: Group): Pick<GroupCard, "rate" | "upper"> {
  const { model, count, rate, upper } = group;
  if (rate !== undefined && upper !== undefined) return { rate, upper };
  const { n = 0, confidence, limit } = models[model] ?? {};
  const k = Math.min(count, n);
  if (n === 0) return { rate: 0, upper: 1 };
  return { rate: k / n, upper: boundsOf(looks ?? "fixed", k, n, confidence ?? 0.99, limit ?? 0.001).upper };
}

/** Undefined where too many pairs would have to be read again: the command says what it would take long to. */
async function acceptingOf(
  session: Session,
  { run, models }: Summary,
  groups: readonly Group[],
): Promise<Map<string, Accepting | null> | undefined> {
  const open = groups.filter(({ count, waived = 0 }) => waived < count);
  const names = new Set(open.map(({ model }) => model));
  const pairs = [...names].reduce((sum, name) => sum + (models[name]?.k ?? 0) + (models[name]?.waived ?? 0), 0);
  if (open.length === 0 || pairs > LIMITS.groupsSuggestPairs) return undefined;
  const { suggestions, share } = await suggestStage(session, {
    run,
    groups: open.map(({ fingerprint }) => fingerprint),
    limits: { groups: open.length, pairs: LIMITS.groupsSuggestPairs, bytes: LIMITS.suggestBytes },
    sampled: false,
  });
  // Pairs with advice alone count, too: a card has no room to say what an estimate is worth.
  if (share < 1) return undefined;
  return new Map(suggestions.map(({ group, rule }) => [group.fingerprint, rule && acceptingOfRule(rule)]));
}

function acceptingOfRule({ rules, accepts, pairs, hides, hidesAll, models, verdict }: ProposedRule): Accepting {
  return { rules, accepts, pairs, hides, hidesAll, models, verdict };
}
