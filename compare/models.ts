/** What the config says of the models of a run, resolved and compiled once. */
import { type ResolvedModel, resolveModel } from "../src/config/models.ts";
import type { Config } from "../src/config/schema.ts";
import { type CompiledModel, compileModel } from "./rules/compile.ts";
import { NO_FUNCTIONS } from "./rules/custom.ts";
import type { RuleUse } from "./summary.ts";

export interface ModelTable {
  resolved(model: string): ResolvedModel;
  compiled(model: string): CompiledModel;
  /** Ignore rules for the model whose day has passed. */
  expired(model: string): RuleUse[];
}

/**
 * `today` is the UTC day, `2026-11-23`: an ignore rule applies on its last day, and no longer after it. Without
 * `functions` no model with a custom rule can be compiled.
 */
export function createModelTable(config: Config, today: string, functions = NO_FUNCTIONS): ModelTable {
  const models = new Map<string, { resolved: ResolvedModel; compiled: CompiledModel | undefined }>();
  const entry = (model: string) => {
    let found = models.get(model);
    if (found === undefined) {
      found = { resolved: resolveModel(config, model), compiled: undefined };
      models.set(model, found);
    }
    return found;
  };
  return {
    resolved: (model) => entry(model).resolved,
    compiled(model) {
      const found = entry(model);
      found.compiled ??= compileModel(found.resolved, { today, functions });
      return found.compiled;
    },
    expired: (model) =>
      entry(model)
        .resolved.rules.filter(({ rule }) => rule.type === "ignore" && today > rule.expires)
        .map(toRuleUse),
  };
}

export function toRuleUse({ rule, pattern, index }: ResolvedModel["rules"][number]): RuleUse {
  return { pattern, index, path: rule.path, type: rule.type };
}

/** Each rule once, in order of pattern and index. */
export function distinctRules(rules: readonly RuleUse[]): RuleUse[] {
  const byPlace = new Map(rules.map((rule) => [JSON.stringify([rule.pattern, rule.index]), rule]));
  return [...byPlace.values()].sort((a, b) =>
    a.pattern === b.pattern ? a.index - b.index : a.pattern < b.pattern ? -1 : 1,
  );
}

/** UTC day of a time in milliseconds. */
export function utcDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
