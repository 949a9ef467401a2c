/** Loads the functions that custom rules name, each module once, before any pair is judged. */
import { pathToFileURL } from "node:url";
import { splitUse } from "../src/config/modules.ts";
import type { Config } from "../src/config/schema.ts";
import { CutoverError, messageOf } from "../src/errors.ts";
import type { Logger } from "../src/log.ts";
import type { CustomFunction, CustomFunctions } from "./rules/custom.ts";

/** Throws CONFIG for a module or function that is not there. The first fault of each function is logged. */
export async function loadFunctions(config: Config, log: Pick<Logger, "warn">): Promise<CustomFunctions> {
  const functions = new Map<string, CustomFunction>();
  for (const [pattern, { rules }] of Object.entries(config.models)) {
    for (const [index, rule] of rules.entries()) {
      if (rule.type !== "custom" || functions.has(rule.use)) continue;
      functions.set(rule.use, await load(config, rule.use, `models.${JSON.stringify(pattern)}.rules[${index}].use`));
    }
  }
  const told = new Set<string>();
  return {
    find: (use) => functions.get(use),
    onError: (use, path, because) => {
      if (told.has(use)) return;
      told.add(use);
      log.warn("a custom rule failed: its pairs are mismatches of kind rule_error", { rule: use, path, because });
    },
  };
}

async function load(config: Config, use: string, place: string): Promise<CustomFunction> {
  const { module, name } = splitUse(use);
  const { file, sha256 } = config.ruleModules?.[module] ?? { file: module, sha256: null };
  const fault = (message: string, hint: string, cause?: unknown): CutoverError =>
    new CutoverError("CONFIG", message, {
      place,
      expected: `a module that exports the function ${name}`,
      received: use,
      hint,
      ...(cause === undefined ? {} : { cause }),
    });
  if (sha256 === null) throw fault(`the module ${file} cannot be read`, "its path starts at the folder of the config");
  let exported: Record<string, unknown>;
  try {
    exported = await import(pathToFileURL(file).href);
  } catch (error) {
    throw fault(`the module ${file} cannot be loaded: ${messageOf(error)}`, `node ${file} shows where`, error);
  }
  const found = exported[name];
  if (typeof found === "function") return found as CustomFunction;
  const names = Object.keys(exported).filter((key) => typeof exported[key] === "function");
  throw fault(`the module ${file} exports no function ${name}`, `it exports ${names.join(", ") || "no function"}`);
}
