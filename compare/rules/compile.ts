/** Rules of one model, made ready once: paths to a trie, parameters to judges. */
import type { ResolvedModel, ResolvedRule } from "../../src/config/models.ts";
import type { Rule } from "../../src/config/rules.ts";
import { CutoverError } from "../../src/errors.ts";
import { parsePath } from "../json/path.ts";
import { compileMask, type Mask } from "../triage/mask.ts";
import { type Cursor, rootCursor } from "./cursor.ts";
import { type CustomFunctions, NO_FUNCTIONS } from "./custom.ts";
import { type ErrorJudge, errorJudge, placePath } from "./error.ts";
import { type CompiledRule, type Cover, DEFAULT_COVER } from "./rule.ts";
import { valueJudge } from "./values.ts";

export interface CompiledModel {
  /** Every rule that is in force, error rules apart. */
  readonly root: Cursor;
  readonly fallback: Cover | null;
  readonly error: ErrorJudge;
  /** Its cover and index; null without an error rule. */
  readonly errorRule: CompiledRule | null;
  /** Whether bodies of errors of one class need to be looked at. */
  readonly judgesBodies: boolean;
  /** What is not to be shown of its inputs and answers; null without a mask. Nothing is judged by it. */
  readonly mask: Mask | null;
}

export interface CompileOptions {
  /** The UTC day, yyyy-mm-dd: an ignore rule applies up to and on its day. */
  readonly today: string;
  /** Of custom rules; none by default. */
  readonly functions?: CustomFunctions;
}

/** Throws CONFIG for a rule that cannot be read. */
export function compileModel(resolved: ResolvedModel, options: CompileOptions): CompiledModel {
  const functions = options.functions ?? NO_FUNCTIONS;
  const inForce = resolved.rules
    .map((resolvedRule, index) => ({ resolvedRule, index }))
    .filter(({ resolvedRule: { rule } }) => rule.type !== "ignore" || options.today <= rule.expires);
  const compiled = inForce.map(({ resolvedRule, index }) => compileRule(resolvedRule, index, functions));
  const judging = compiled.filter((rule) => rule.type !== "error");
  const errorAt = compiled.findIndex((rule) => rule.type === "error");
  const written = inForce[errorAt]?.resolvedRule;
  return {
    root: rootCursor(judging),
    fallback: resolved.default === "exact" ? DEFAULT_COVER : null,
    error: errorJudge(written?.rule.type === "error" ? written.rule : null, written ? placeOf(written) : ""),
    errorRule: compiled[errorAt] ?? null,
    judgesBodies: judging.length > 0,
    mask: compileMask(resolved.masks),
  };
}

function placeOf({ pattern, index }: ResolvedRule): string {
  return `models.${JSON.stringify(pattern)}.rules[${index}]`;
}

function compileRule(resolved: ResolvedRule, index: number, functions: CustomFunctions): CompiledRule {
  const { rule } = resolved;
  const place = placeOf(resolved);
  return {
    type: rule.type,
    rule: rule.type,
    index,
    gates: rule.weight === "gate",
    critical: rule.critical,
    path: parsePath(rule.path, place),
    value: valueJudge(rule, place, functions),
    list: rule.type === "list" ? { mode: rule.mode, key: listKey(rule, place) } : null,
    state: rule.type === "presence" ? rule.state : null,
  };
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
