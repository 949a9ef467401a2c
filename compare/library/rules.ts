/** Rules as an argument: checked by the schema of cutover.yaml, with functions in place of modules. */
import type { z } from "zod";
import { crossCheck } from "../../src/config/checks.ts";
import { dotted, faultsOf } from "../../src/config/faults.ts";
import { ConfigError } from "../../src/config/load.ts";
import type { Rule, ruleSchema } from "../../src/config/rules.ts";
import { configSchema } from "../../src/config/schema.ts";
import type { CustomFunction, CustomFunctions } from "../rules/custom.ts";

type Written = z.input<typeof ruleSchema>;
type WrittenCustom = Omit<Extract<Written, { type: "custom" }>, "use"> & { readonly use: CustomFunction };

/** A rule as in cutover.yaml; `use` of a custom rule is the function itself. */
export type WrittenRule = Exclude<Written, { type: "custom" }> | WrittenCustom;

/** Throws ConfigError with every fault at once, each at its rule. */
export function parseRules(rules: readonly WrittenRule[]): {
  readonly settings: readonly Rule[];
  readonly functions: CustomFunctions;
} {
  const functions = new Map<string, CustomFunction>();
  const named = rules.map((rule, index) => {
    if (rule?.type !== "custom" || typeof rule.use !== "function") return rule;
    const use = `rules[${index}]#use`;
    functions.set(use, rule.use);
    return { ...rule, use };
  });
  const root = { models: { "*": { rules: named } } };
  const parsed = configSchema.safeParse(root, { reportInput: true });
  const faults = [...(parsed.error?.issues ?? []).flatMap((issue) => faultsOf(issue, root)), ...crossCheck(root)];
  if (!parsed.success || faults.length > 0) {
    throw new ConfigError(
      faults.map((fault) => ({ ...fault, place: dotted(fault.path.slice(2)) })),
      "the rules",
    );
  }
  const settings = parsed.data.models["*"]?.rules ?? [];
  return { settings, functions: { find: (use) => functions.get(use), onError: () => {} } };
}
