/** What a compiled rule is: shared words of the rule files, the trie and the walk. */
import type { RuleType } from "../../src/config/rules.ts";
import type { DiffKind } from "../../src/record.ts";
import type { JsonNode } from "../json/node.ts";
import type { RulePath } from "../json/path.ts";
import type { Warning } from "../types.ts";

/** To whom a finding is attributed, and what it does to the outcome. */
export interface Cover {
  /** Type of the rule, or `default`. */
  readonly rule: string;
  readonly gates: boolean;
  readonly critical: boolean;
}

export const DEFAULT_COVER: Cover = { rule: "default", gates: true, critical: false };

/** A rule that judges one value by itself; both sides are there and differ as written. */
export interface ValueJudge {
  /** Whether a value is of the rule's type; a rule at `..*` judges only where a side is. */
  readonly accepts: (node: JsonNode) => boolean;
  /** Null when the values pass. Called only when both sides are accepted and are not the same text. */
  readonly judge: (legacy: JsonNode, candidate: JsonNode, place: JudgedPlace) => DiffKind | null;
}

/** What a judge may say and ask of the place where it judges. */
export interface JudgedPlace {
  readonly warn: (warning: Warning) => void;
  /** `$.reasons[2]`. */
  path(): string;
  /** As written on each side. */
  legacyText(node: JsonNode): string;
  candidateText(node: JsonNode): string;
}

/** Types with a ValueJudge, in the order in which they judge a value. */
export const VALUE_TYPES = [
  "number",
  "ulp",
  "decimal",
  "time",
  "string",
  "label",
  "decision",
  "topk",
  "rank",
  "vector",
  "probs",
  "custom",
] as const satisfies readonly RuleType[];

export type ListMode = "ordered" | "multiset" | "set" | "keyed";

export interface CompiledRule extends Cover {
  readonly type: RuleType;
  /** Index into ResolvedModel.rules. */
  readonly index: number;
  readonly path: RulePath;
  /** Of the types of VALUE_TYPES. */
  readonly value: ValueJudge | null;
  /** Of list. */
  readonly list: { readonly mode: ListMode; readonly key: RulePath | null } | null;
  /** Of presence. */
  readonly state: "required" | "optional" | "legacyOnly" | "newOnly" | null;
}

/** What a value gets from above. */
export interface Inherited {
  /** An exact rule at a container judges everything in it, also beside rules further down. */
  readonly exact: CompiledRule | null;
  /**
   * Judges values that no rule matches. "silent": nothing does, and that is declared (presence alone, a label
   * vector, error bodies). Null: nothing does, and the path is uncovered.
   */
  readonly fallback: Cover | "silent" | null;
  /** Whether a `required` place that both sides lack is a finding. */
  readonly required: boolean;
  /** Only `exact` and ignore rules judge. */
  readonly exactOnly: boolean;
}

/** Who judges a leaf by what it inherits. A list rule does so beside an exact rule, the default only without one. */
export function inheritedCovers({ exact, fallback }: Inherited): readonly Cover[] {
  if (fallback === null || fallback === "silent") return exact ? [exact] : [];
  if (!exact) return [fallback];
  return fallback === DEFAULT_COVER ? [exact] : [exact, fallback];
}

/** A rule at `..*` is for the values of its type; a rule at a path of its own is for whatever stands there. */
export function applies(rule: CompiledRule, ...values: readonly JsonNode[]): boolean {
  if (!rule.path.deep) return true;
  if (rule.list) return values.some((value) => value.kind === "array");
  // A custom rule takes any value at a path of its own; at `..*` it is asked of scalars, not of all that holds them.
  if (rule.type === "custom") return values.some((value) => value.kind !== "object" && value.kind !== "array");
  return rule.value === null || values.some(rule.value.accepts);
}
