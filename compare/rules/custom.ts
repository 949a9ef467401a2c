/** custom: a function of the user's own. What it throws, or returns without meaning, is a finding, never a pass. */
import type { Rule } from "../../src/config/rules.ts";
import { CutoverError, messageOf } from "../../src/errors.ts";
import { DIFF_KINDS, type DiffKind } from "../../src/record.ts";
import { toValue } from "../json/value.ts";
import type { ValueJudge } from "./rule.ts";

type CustomRule = Extract<Rule, { type: "custom" }>;

/** What a custom function is told beside the two values. */
export interface CustomContext {
  /** `$.reasons[2]`. */
  readonly path: string;
  /** Each side as written: numbers with all their digits. */
  readonly legacyText: string;
  readonly candidateText: string;
}

/** `true` when the values agree, `false` or a kind of difference when they do not. At once, not as a promise. */
export type CustomFunction = (legacy: unknown, candidate: unknown, context: CustomContext) => unknown;

export interface CustomFunctions {
  /** By `use`; undefined when it was not loaded. */
  readonly find: (use: string) => CustomFunction | undefined;
  /** Told of every rule_error: the finding itself has no room for the message. */
  readonly onError: (use: string, path: string, message: string) => void;
}

export const NO_FUNCTIONS: CustomFunctions = { find: () => undefined, onError: () => {} };

/** Throws CONFIG at `place` when the function was not loaded. */
export function customJudge(rule: CustomRule, place: string, functions: CustomFunctions): ValueJudge {
  const judge = functions.find(rule.use);
  if (judge === undefined) {
    throw new CutoverError("CONFIG", "the function of a custom rule is not there", {
      place,
      expected: "MODULE#FUNCTION of a module that is loaded",
      received: rule.use,
      hint: "export the function under this name, or hand it over as `use` where rules are an argument",
    });
  }
  return {
    accepts: () => true,
    judge: (legacy, candidate, at) => {
      const path = at.path();
      try {
        const context = { path, legacyText: at.legacyText(legacy), candidateText: at.candidateText(candidate) };
        const said = judge(toValue(legacy), toValue(candidate), context);
        if (said === true) return null;
        if (said === false) return "value";
        if (isKind(said)) return said;
        functions.onError(rule.use, path, `returned ${describe(said)}: expected true, false or a kind of difference`);
      } catch (error) {
        functions.onError(rule.use, path, `threw ${messageOf(error)}`);
      }
      return "rule_error";
    },
  };
}

function isKind(value: unknown): value is DiffKind {
  return (DIFF_KINDS as readonly unknown[]).includes(value);
}

function describe(value: unknown): string {
  if (value instanceof Promise) return "a promise";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
