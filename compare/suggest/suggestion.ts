/** What is said of a group: the rule, where it goes, what it would do. */
import type { Run } from "../../src/lake/run.ts";
import type { Place } from "../ci/places.ts";
import type { ModelTable } from "../models.ts";
import { configText, type ShowContext } from "../show/context.ts";
import type { Group, Summary } from "../summary.ts";
import type { EditKind } from "./edit.ts";
import type { WrittenRule } from "./options.ts";
import type { Trial } from "./stage.ts";
import { changedVerdict, type ModelChange, type VerdictChange } from "./verdicts.ts";
import { ruleLines } from "./yaml.ts";

export interface Suggestion {
  readonly group: Pick<Group, "fingerprint" | "model" | "path" | "kind" | "rule" | "count" | "share">;
  /** The narrowest rule found; null where none would accept the group. */
  readonly rule: ProposedRule | null;
  /** Why there is none. */
  readonly why: string | null;
}

export interface ProposedRule {
  readonly rules: readonly WrittenRule[];
  /** As it may stand in cutover.yaml. */
  readonly yaml: string;
  /** Pattern of the config it goes under, and how. */
  readonly pattern: string;
  readonly how: EditKind;
  /** `models."*".rules[2]`, the rule that it replaces or the list that it opens; null of a new pattern. */
  readonly at: string | null;
  readonly place: Place | null;
  /** Pairs of the group that were judged again, and those of them that it would accept. */
  readonly pairs: number;
  readonly accepts: number;
  /** Among the pairs judged again: findings of other groups that would no longer be made, the most first; and new ones. */
  readonly hides: readonly {
    readonly fingerprint: string;
    readonly path: string;
    readonly kind: string;
    readonly count: number;
  }[];
  readonly adds: number;
  readonly models: Readonly<Record<string, ModelChange>>;
  readonly verdict: VerdictChange["verdict"];
  readonly hidesAll: boolean;
  readonly notes: readonly string[];
}

export interface SuggestionFacts {
  readonly summary: Summary;
  readonly run: Run;
  readonly table: ModelTable;
  readonly context: ShowContext;
  /** Pairs with a finding, of each model; empty where all were judged again. */
  readonly pairs: ReadonlyMap<string, number>;
}

const HIDDEN_SHOWN = 20;

/** The first that accepts all; else the one that accepts most, as long as it is not the one that hides everything. */
export function toSuggestion(facts: SuggestionFacts, group: Group, trials: readonly Trial[]): Suggestion {
  const { fingerprint, model, path, kind, rule, count, share } = group;
  const about = { fingerprint, model, path, kind, rule, count, share };
  const whole = trials.find(({ effect }) => effect.pairs > 0 && effect.solved === effect.pairs && effect.fresh === 0);
  const partly = [...trials]
    .filter(({ option, effect }) => effect.solved > 0 && option.hidesAll !== true)
    .sort((a, b) => b.effect.solved - b.effect.fresh - (a.effect.solved - a.effect.fresh))[0];
  const chosen =
    whole?.option.hidesAll === true && partly !== undefined && accepts(partly) > 0.5 ? partly : (whole ?? partly);
  if (chosen === undefined) return { group: about, rule: null, why: whyNone(group, trials) };
  return { group: about, rule: proposed(facts, chosen), why: null };
}

function accepts({ effect }: Trial): number {
  return effect.solved / Math.max(1, effect.pairs);
}

function proposed({ summary, run, table, context, pairs }: SuggestionFacts, trial: Trial): ProposedRule {
  const { option, edit, effect } = trial;
  const groups = new Map(summary.groups.map((one) => [one.fingerprint, one]));
  const hides = [...effect.hidden]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, HIDDEN_SHOWN)
    .map(([fingerprint, count]) => {
      const { path = "", kind = "" } = groups.get(fingerprint) ?? {};
      return { fingerprint, path, kind, count };
    });
  const change: VerdictChange = changedVerdict(summary, run, table, effect.models, pairs);
  const at =
    edit.kind === "new pattern"
      ? null
      : ["models", edit.pattern, "rules", ...(edit.replaces === null ? [] : [edit.replaces])];
  return {
    rules: option.rules,
    yaml: ruleLines(edit.pattern, option.rules),
    pattern: edit.pattern,
    how: edit.kind,
    at: at && configText(at),
    place: at && context.placeOf(at),
    pairs: effect.pairs,
    accepts: effect.solved,
    hides,
    adds: effect.fresh,
    ...change,
    hidesAll: option.hidesAll === true,
    notes: option.note === undefined ? [] : [option.note],
  };
}

function whyNone({ kind, path }: Group, trials: readonly Trial[]): string {
  if (trials.length > 0 && trials.every(({ effect }) => effect.pairs === 0)) {
    return "none of its pairs is among those judged again";
  }
  if (!path.startsWith("$")) return "the group stands for differences of many paths";
  if (kind === "error_new" || kind === "error_legacy") return "no rule accepts an error where the other side answers";
  if (trials.length > 0) return "no rule that was tried accepts any of it";
  return "no rule is about a difference of this kind, or the one that judges it stands for more than this path";
}
