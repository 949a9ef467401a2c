/** `import { compare } from "cutover"`: the comparator as a function, one definition of equal for tests and migrations. */
import { parseRules, type WrittenRule } from "./library/rules.ts";
import { toAnswer, WireAnswer } from "./library/values.ts";
import { compileModel, judgePair } from "./pair.ts";
import type { PairResult } from "./types.ts";

export type Rule = WrittenRule;

export interface CompareOptions {
  /** As under `rules` in cutover.yaml; a custom rule may hold the function itself as `use`. */
  readonly rules?: readonly Rule[];
  /** Judges every path without a rule: `exact`, or with null nothing, and such a path is in `uncovered`. */
  readonly default?: "exact" | null;
  /** UTC day, `2026-11-23`, by which ignore rules expire; today when absent. */
  readonly today?: string;
}

/** What was found: a PairResult, and whether the new answer may stand for the legacy one. */
export interface Comparison extends PairResult {
  /** No gating difference, nothing incomparable, no path without a rule. */
  readonly passes: boolean;
}

/**
 * Judges a new answer against the legacy one. Plain values are answers as JSON; `body(…)` makes one of bytes or text
 * as they came. Throws CutoverError CONFIG for rules that cannot be read. A list of rules may stand for the options.
 */
export function compare(
  legacy: unknown,
  candidate: unknown,
  options: CompareOptions | readonly Rule[] = {},
): Comparison {
  return createComparator(options)(legacy, candidate);
}

/** The same with the rules made ready once, for many pairs. */
export function createComparator(
  options: CompareOptions | readonly Rule[] = {},
): (legacy: unknown, candidate: unknown) => Comparison {
  const { rules = [], default: fallback = "exact", today } = isList(options) ? { rules: options } : options;
  const { settings, functions } = parseRules(rules);
  const resolved = settings.map((rule, index) => ({ rule, pattern: "*", index }));
  const model = compileModel(
    { model: "", rules: resolved, default: fallback, gate: null },
    { today: today ?? new Date().toISOString().slice(0, 10), functions },
  );
  return (legacy, candidate) => {
    const result = judgePair(model, toAnswer(legacy), { outcome: "ok", answer: toAnswer(candidate) });
    const judged = result.outcome === "match" || result.outcome === "ignored";
    return { ...result, passes: judged && result.uncovered.length === 0 };
  };
}

/** An answer as it came over the wire: its bytes or text, and what it is said to be (application/json when unsaid). */
export function body(
  content: string | Uint8Array,
  about: { readonly type?: string; readonly status?: number } = {},
): WireAnswer {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return new WireAnswer({ status: about.status ?? 200, type: about.type ?? "application/json", body: bytes });
}

function isList(options: CompareOptions | readonly Rule[]): options is readonly Rule[] {
  return Array.isArray(options);
}
