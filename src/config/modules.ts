/** Modules of custom rules: where they stand, and what they held when the config was read. */
import { readFile } from "node:fs/promises";
import { sha256Hex } from "../hash.ts";
import type { ModelSettings } from "./rules.ts";

export interface RuleModule {
  readonly file: string;
  /** Of its content; null when it cannot be read, which is told by who judges with it. */
  readonly sha256: string | null;
}

/** By the module as `use` names it. `beside` gives the path of a file that the config names. */
export async function findModules(
  models: Readonly<Record<string, ModelSettings>>,
  beside: (file: string) => string,
): Promise<Record<string, RuleModule>> {
  const names = Object.values(models).flatMap(({ rules }) =>
    rules.flatMap((rule) => (rule.type === "custom" ? [splitUse(rule.use).module] : [])),
  );
  const found: Record<string, RuleModule> = {};
  for (const name of [...new Set(names)].sort()) {
    const file = beside(name);
    const bytes = await readFile(file).catch(() => null);
    found[name] = { file, sha256: bytes && sha256Hex(bytes) };
  }
  return found;
}

/** `./checks.mjs#sameAddress` in its two parts. */
export function splitUse(use: string): { readonly module: string; readonly name: string } {
  const at = use.indexOf("#");
  return { module: use.slice(0, at), name: use.slice(at + 1) };
}
