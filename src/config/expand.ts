/** `${NAME}` in a value stands for a variable of the environment, so that no secret need stand in a file. */
import type { Env } from "./overrides.ts";

/** The text with its variables in place; `missing` is called for one that is not set, and may throw. */
export function expandVariables(text: string, env: Env, missing: (variable: string) => void): string {
  return text.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (all, variable: string) => {
    const found = env[variable];
    if (found === undefined) missing(variable);
    return found ?? all;
  });
}
