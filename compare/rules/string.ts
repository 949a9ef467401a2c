/** string: equal after replacements, NFC, case folding and trimming, in this order; raw differences are counted. */
import type { Rule } from "../../src/config/rules.ts";
import { CutoverError, messageOf } from "../../src/errors.ts";
import { foldCase, trimSpace } from "./fold.ts";
import type { ValueJudge } from "./rule.ts";

type StringRule = Extract<Rule, { type: "string" }>;

/** Throws CONFIG at `place` when a replacement is not a regular expression. */
export function stringJudge(rule: StringRule, place: string): ValueJudge {
  const replacements = rule.replace.map(({ pattern, with: replacement }) => ({
    pattern: compilePattern(pattern, place),
    replacement,
  }));
  const normalise = (raw: string): string => {
    let text = raw;
    for (const { pattern, replacement } of replacements) text = text.replace(pattern, replacement);
    if (rule.nfc) text = text.normalize("NFC");
    if (rule.case) text = foldCase(text);
    return rule.trim ? trimSpace(text) : text;
  };
  return {
    accepts: (node) => node.kind === "string",
    judge: (legacy, candidate, { warn }) => {
      if (legacy.kind !== "string" || candidate.kind !== "string") return "type";
      if (legacy.value === candidate.value) return null;
      if (normalise(legacy.value) !== normalise(candidate.value)) return "value";
      warn("raw_different");
      return null;
    },
  };
}

function compilePattern(pattern: string, place: string): RegExp {
  try {
    return new RegExp(pattern, "gu");
  } catch (error) {
    throw new CutoverError("CONFIG", `the pattern of a replacement is not a regular expression: ${messageOf(error)}`, {
      place,
      expected: "a regular expression as JavaScript reads it with the flag u",
      received: pattern,
      hint: "escape characters that stand for themselves with a backslash",
      cause: error,
    });
  }
}
