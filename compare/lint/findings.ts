/** What `rules lint` says of one rule or path. */

import { dotted } from "../../src/config/faults.ts";
import type { ResolvedRule } from "../../src/config/models.ts";

/** Errors exit 1: the rules do not do what they say. Warnings may be meant so. */
export const LINT_LEVELS = ["error", "warning"] as const;
export type LintLevel = (typeof LINT_LEVELS)[number];

export const LINT_CODES = [
  /** The rule or mask cannot be read, or its function is not there. */
  "unreadable",
  /** It judges nothing, whatever the answers are. */
  "dead",
  /** Another judges first wherever it can; it is left with values of the wrong type. */
  "shadowed",
  /** Its day has passed. */
  "expired",
  /** Presence is all that is judged here. */
  "presence_only",
  /** No pair of the run held a value that it matches. */
  "matched_nothing",
  /** A pattern that none of the run's models has. */
  "no_model",
  /** A path of the run's answers without rule and default. */
  "uncovered",
] as const;
export type LintCode = (typeof LINT_CODES)[number];

export interface LintFinding {
  readonly level: LintLevel;
  readonly code: LintCode;
  /** Path in the config; empty for what stands in no rule. */
  readonly at: readonly (string | number)[];
  readonly message: string;
}

export function ofRule(
  { pattern, index }: Pick<ResolvedRule, "pattern" | "index">,
  level: LintLevel,
  code: LintCode,
  message: string,
): LintFinding {
  return { level, code, at: ["models", pattern, "rules", index], message };
}

/** `models."*".rules[3]`, as every message about a rule names it. */
export function nameOf({ pattern, index }: Pick<ResolvedRule, "pattern" | "index">): string {
  return dotted(["models", pattern, "rules", index]);
}
