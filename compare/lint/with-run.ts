/** What a comparison shows of the rules it was judged by. */
import { resolveModel } from "../../src/config/models.ts";
import type { Config } from "../../src/config/schema.ts";
import { compilePattern } from "../../src/match.ts";
import type { Summary } from "../summary.ts";
import { type LintFinding, ofRule } from "./findings.ts";
import { overshadowed, readRules } from "./static.ts";

/** Models named in one finding; the rest is counted. */
const MODELS_SHOWN = 5;

/** `known` are rules of which something worse was said already: that they matched nothing follows from it. */
export function lintWithRun(
  config: Config,
  summary: Summary,
  today: string,
  known: ReadonlySet<string>,
): LintFinding[] {
  const models = Object.keys(summary.models);
  const shadowed = shadowedEverywhere(config, models, today).filter(({ at }) => !known.has(JSON.stringify(at)));
  const told = new Set([...known, ...shadowed.map(({ at }) => JSON.stringify(at))]);
  const unused = summary.unusedRules
    .map((rule) => ofRule(rule, "warning", "matched_nothing", `no pair of the run holds a value at ${rule.path}`))
    .filter(({ at }) => !told.has(JSON.stringify(at)));
  return [...shadowed, ...unused, ...patternsWithoutModel(config, models), ...uncoveredPaths(summary)];
}

/** A rule that for each model of the run stands behind one of an earlier pattern. */
function shadowedEverywhere(config: Config, models: readonly string[], today: string): LintFinding[] {
  const behind = new Map<string, LintFinding | null>();
  for (const model of models) {
    const rules = readRules(resolveModel(config, model).rules, today);
    for (const [at, rule] of rules.entries()) {
      const key = JSON.stringify([rule.pattern, rule.index]);
      const found = overshadowed(rule, rules, at)?.[0] ?? null;
      behind.set(key, behind.get(key) === null ? null : found);
    }
  }
  return [...behind.values()].flatMap((found) => {
    if (found === null) return [];
    const message = `for every model of the run: ${found.message}`;
    return [{ ...found, level: "warning", code: "shadowed", message }];
  });
}

function patternsWithoutModel(config: Config, models: readonly string[]): LintFinding[] {
  return config.modelPatterns
    .filter((pattern) => !models.some(compilePattern(pattern)))
    .map((pattern) => ({
      level: "warning",
      code: "no_model",
      at: ["models", pattern],
      message: "the run holds no model of this name",
    }));
}

function uncoveredPaths(summary: Summary): LintFinding[] {
  const byPath = new Map<string, string[]>();
  for (const [model, { uncovered }] of Object.entries(summary.models)) {
    for (const path of uncovered) byPath.set(path, [...(byPath.get(path) ?? []), model]);
  }
  return [...byPath].sort().map(([path, models]) => {
    const more = models.length > MODELS_SHOWN ? ` and ${models.length - MODELS_SHOWN} more` : "";
    const named = `${models.slice(0, MODELS_SHOWN).join(", ")}${more}`;
    return { level: "error", code: "uncovered", at: [], message: `no rule and no default for ${path} of ${named}` };
  });
}
