/** Rules of one model, made ready once: paths to a trie, parameters to judges. */
import type { ResolvedModel, ResolvedRule } from "../../src/config/models.ts";
import type { Rule } from "../../src/config/rules.ts";
import { CutoverError } from "../../src/errors.ts";
import { parsePath } from "../json/path.ts";
import { type Cursor, rootCursor } from "./cursor.ts";
import { decisionJudge } from "./decision.ts";
import { type ErrorJudge, errorJudge, placePath } from "./error.ts";
import { labelJudge } from "./label.ts";
import { numberJudge } from "./number.ts";
import { type CompiledRule, type Cover, DEFAULT_COVER, type ValueJudge } from "./rule.ts";
import { stringJudge } from "./string.ts";

export interface CompiledModel {
  /** Every rule that is in force, error rules apart. */
  readonly root: Cursor;
  readonly fallback: Cover | null;
  readonly error: ErrorJudge;
  /** Its cover and index; null without an error rule. */
  readonly errorRule: CompiledRule | null;
  /** Whether bodies of errors of one class need to be looked at. */
  readonly judgesBodies: boolean;
}

/** `today` is the UTC day, yyyy-mm-dd: an ignore rule applies up to and on its day. Throws CONFIG for a rule that cannot be read. */
export function compileModel(resolved: ResolvedModel, options: { readonly today: string }): CompiledModel {
  const inForce = resolved.rules
    .map((resolvedRule, index) => ({ resolvedRule, index }))
    .filter(({ resolvedRule: { rule } }) => rule.type !== "ignore" || options.today <= rule.expires);
  const compiled = inForce.map(({ resolvedRule, index }) => compileRule(resolvedRule, index));
  const judging = compiled.filter((rule) => rule.type !== "error");
  const errorAt = compiled.findIndex((rule) => rule.type === "error");
  const written = inForce[errorAt]?.resolvedRule;
  return {
    root: rootCursor(judging),
    fallback: resolved.default === "exact" ? DEFAULT_COVER : null,
    error: errorJudge(written?.rule.type === "error" ? written.rule : null, written ? placeOf(written) : ""),
    errorRule: compiled[errorAt] ?? null,
    judgesBodies: judging.length > 0,
  };
}

function placeOf({ pattern, index }: ResolvedRule): string {
  return `models.${JSON.stringify(pattern)}.rules[${index}]`;
}

function compileRule(resolved: ResolvedRule, index: number): CompiledRule {
  const { rule } = resolved;
  const place = placeOf(resolved);
  return {
    type: rule.type,
    rule: rule.type,
    index,
    gates: rule.weight === "gate",
    critical: rule.critical,
    path: parsePath(rule.path, place),
    value: valueJudge(rule, place),
    list: rule.type === "list" ? { mode: rule.mode, key: listKey(rule, place) } : null,
    state: rule.type === "presence" ? rule.state : null,
  };
}

function valueJudge(rule: Rule, place: string): ValueJudge | null {
  if (rule.type === "number") return numberJudge(rule);
  if (rule.type === "string") return stringJudge(rule, place);
  if (rule.type === "label") return labelJudge(rule);
  return rule.type === "decision" ? decisionJudge(rule, place) : null;
}

function listKey(rule: Extract<Rule, { type: "list" }>, place: string): CompiledRule["path"] | null {
  if ((rule.mode === "keyed") === (rule.key !== undefined)) {
    return rule.key === undefined ? null : placePath(rule.key, place);
  }
  throw new CutoverError("CONFIG", "a list rule has a key exactly when its mode is keyed", {
    place,
    expected: rule.mode === "keyed" ? "`key: $.id`" : "no key",
    received: rule.key ?? "no key",
    hint: "write `mode: keyed` together with `key`, the path of the key inside an element",
  });
}
