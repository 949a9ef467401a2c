/** What can be said of rules by themselves: those that judge nothing, whatever the answers are. */
import type { ResolvedRule } from "../../src/config/models.ts";
import type { Config } from "../../src/config/schema.ts";
import { isCutoverError } from "../../src/errors.ts";
import type { RulePath } from "../json/path.ts";
import { parsePath } from "../json/path.ts";
import { compileModel } from "../rules/compile.ts";
import type { CustomFunctions } from "../rules/custom.ts";
import { VALUE_TYPES } from "../rules/rule.ts";
import { compileMask } from "../triage/mask.ts";
import { coversPath, isAbove } from "./cover.ts";
import { type LintFinding, nameOf, ofRule } from "./findings.ts";

/** Waivers whose day has passed. */
export function expiredWaivers({ waiverList = [] }: Config, today: string): LintFinding[] {
  return waiverList
    .filter(({ expires }) => today > expires)
    .map(({ fingerprint, expires, owner }) => {
      const message = `the waiver of ${fingerprint} expired on ${expires}, its owner is ${owner}: its differences count again`;
      return { level: "error", code: "expired", at: ["waivers"], message };
    });
}

export interface ReadRule extends ResolvedRule {
  readonly path: RulePath;
  /** An ignore rule whose day has passed takes nothing away from others. */
  readonly expired: boolean;
}

/** Pattern by pattern: that another pattern comes first for some models is how patterns are meant. */
export function lintPatterns(config: Config, today: string, functions: CustomFunctions): LintFinding[] {
  return config.modelPatterns.flatMap((pattern) => {
    const rules = (config.models[pattern]?.rules ?? []).map((rule, index) => ({ rule, pattern, index }));
    const faults = [
      ...rules.flatMap((rule) => unreadable(rule, today, functions)),
      ...unreadableMasks(config, pattern),
    ];
    const read = readRules(rules, today);
    const expired = read.filter((rule) => rule.expired).map(expiredFinding);
    return [
      ...faults,
      ...expired,
      ...read.flatMap((rule, at) => overshadowed(rule, read, at) ?? presenceOnly(rule, read)),
    ];
  });
}

/** Rules whose paths can be read. */
export function readRules(rules: readonly ResolvedRule[], today: string): ReadRule[] {
  return rules.flatMap((one) => {
    try {
      const path = parsePath(one.rule.path, nameOf(one));
      return [{ ...one, path, expired: one.rule.type === "ignore" && today > one.rule.expires }];
    } catch (error) {
      if (isCutoverError(error, "CONFIG")) return [];
      throw error;
    }
  });
}

/** Why the rule at `at` is not the one that judges; null when it may be. */
export function overshadowed(rule: ReadRule, rules: readonly ReadRule[], at: number): LintFinding[] | null {
  if (rule.expired) return [];
  const ignore = rules.find((other) => other !== rule && ignores(other, rule, rules.indexOf(other) < at));
  if (ignore) {
    const message = `${nameOf(ignore)} ignores ${ignore.rule.path}, so this rule judges nothing`;
    return [ofRule(rule, "error", "dead", message)];
  }
  const first = rules
    .slice(0, at)
    .find((other) => other.rule.type === rule.rule.type && coversPath(other.path, rule.path));
  if (!first) return null;
  // A deep rule of these types takes only the values of its type, and leaves the others to this one.
  const leaves = first.path.deep && !rule.path.deep && LEAVES_OTHERS.has(rule.rule.type);
  const what = `${nameOf(first)} is of the same type, takes in this path and comes first`;
  if (leaves) return [ofRule(rule, "warning", "shadowed", `${what}: this rule judges only values of another type`)];
  return [ofRule(rule, "error", "dead", what)];
}

const LEAVES_OTHERS: ReadonlySet<string> = new Set([...VALUE_TYPES, "list"]);

/** Of two ignore rules the first stands for both; of ignore and error rules neither concerns the other. */
function ignores(other: ReadRule, rule: ReadRule, earlier: boolean): boolean {
  if (other.rule.type !== "ignore" || other.expired || rule.rule.type === "error") return false;
  return isAbove(other.path, rule.path) && (rule.rule.type !== "ignore" || earlier);
}

function unreadable(rule: ResolvedRule, today: string, functions: CustomFunctions): LintFinding[] {
  try {
    compileModel({ model: "", rules: [rule], default: null, gate: null }, { today, functions });
    return [];
  } catch (error) {
    if (!isCutoverError(error, "CONFIG")) throw error;
    const { expected, received } = error.details;
    return [ofRule(rule, "error", "unreadable", `${error.message} (expected ${expected}, found ${received})`)];
  }
}

/** A mask that cannot be read stops every comparison, and is told here before one. */
function unreadableMasks({ models }: Config, pattern: string): LintFinding[] {
  return (models[pattern]?.mask ?? []).flatMap((path, index): LintFinding[] => {
    try {
      compileMask([{ path, pattern, index }]);
      return [];
    } catch (error) {
      if (!isCutoverError(error, "CONFIG")) throw error;
      const message = `${error.message} (expected ${error.details.expected}, found ${error.details.received})`;
      return [{ level: "error", code: "unreadable", at: ["models", pattern, "mask", index], message }];
    }
  });
}

function expiredFinding(rule: ReadRule): LintFinding {
  const { rule: written } = rule;
  const text = written.type === "ignore" ? `expired on ${written.expires}, its owner is ${written.owner}` : "";
  return ofRule(rule, "error", "expired", `${text}: its differences count again`);
}

/** The value at a presence rule's path is judged by no rule when none other takes it in. */
function presenceOnly(rule: ReadRule, rules: readonly ReadRule[]): LintFinding[] {
  const { rule: written, path } = rule;
  if (written.type !== "presence" || written.state === "legacyOnly" || written.state === "newOnly") return [];
  const judged = rules.some(
    (other) =>
      other.rule.type !== "presence" &&
      other.rule.type !== "error" &&
      (isAbove(path, other.path) || coversPath(other.path, path) || (isAbove(other.path, path) && inherits(other))),
  );
  if (judged) return [];
  const message = `only the presence of ${written.path} is judged: its value may differ`;
  return [ofRule(rule, "warning", "presence_only", message)];
}

/** Rules that judge what stands below their path, too. */
function inherits({ rule }: ReadRule): boolean {
  return rule.type === "exact" || rule.type === "ignore";
}
