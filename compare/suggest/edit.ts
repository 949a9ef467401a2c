/** Where a rule would go in the config, and the config with it there. */
import type { ResolvedRule } from "../../src/config/models.ts";
import type { Config } from "../../src/config/schema.ts";
import { compilePattern } from "../../src/match.ts";
import { parseRule, type RuleOption } from "./options.ts";

/** Closed set. */
export type EditKind = "new pattern" | "first of its pattern" | "replaces a rule";

export interface Edit {
  readonly kind: EditKind;
  readonly pattern: string;
  /** Of the rule that goes; null when none does. */
  readonly replaces: number | null;
}

/**
 * The rule that judged goes when it would go on judging: it is of another type, or stands on the same path for this
 * model alone. Null when it stands for more than the path, so that taking it away would let other things pass.
 */
export function editFor(
  config: Config,
  models: readonly string[],
  model: string,
  judged: ResolvedRule | undefined,
  option: RuleOption,
): Edit | null {
  const matching = (pattern: string): string[] => models.filter(compilePattern(pattern));
  const [first] = config.modelPatterns.filter((pattern) => compilePattern(pattern)(model));
  // An ignore rule silences all others where it stands.
  const judgesOn = judged !== undefined && option.hidesAll !== true;
  const isSamePath = judgesOn && option.rules.some(({ path = "$" }) => path === judged.rule.path);
  const isSameType = judgesOn && option.rules.some(({ type }) => type === judged.rule.type);
  if (judgesOn && judged.rule.type !== "presence" && !isSameType && option.rules[0]?.type !== "presence") {
    return isSamePath ? { kind: "replaces a rule", pattern: judged.pattern, replaces: judged.index } : null;
  }
  if (judgesOn && isSamePath && isSameType && matching(judged.pattern).length === 1) {
    return { kind: "replaces a rule", pattern: judged.pattern, replaces: judged.index };
  }
  if (first !== undefined && (first === model || matching(first).length === 1)) {
    return { kind: "first of its pattern", pattern: first, replaces: null };
  }
  // A pattern of its own before all others, which cannot stand twice.
  if (config.models[model] === undefined) return { kind: "new pattern", pattern: model, replaces: null };
  return first === undefined ? null : { kind: "first of its pattern", pattern: first, replaces: null };
}

export function applyEdit(config: Config, { kind, pattern, replaces }: Edit, option: RuleOption): Config {
  const rules = option.rules.map(parseRule);
  if (kind === "new pattern") {
    return {
      ...config,
      models: { ...config.models, [pattern]: { rules } },
      modelPatterns: [pattern, ...config.modelPatterns],
    };
  }
  const settings = config.models[pattern] ?? { rules: [] };
  const before = replaces === null ? undefined : settings.rules[replaces];
  const weighed = rules.map((rule) => ({
    ...rule,
    weight: before?.weight ?? rule.weight,
    critical: before?.critical ?? rule.critical,
  }));
  const others = settings.rules;
  const edited =
    replaces === null
      ? [...weighed, ...others]
      : [...others.slice(0, replaces), ...weighed, ...others.slice(replaces + 1)];
  return { ...config, models: { ...config.models, [pattern]: { ...settings, rules: edited } } };
}
