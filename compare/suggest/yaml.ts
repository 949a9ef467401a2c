/** Rules as they may stand in cutover.yaml. */
import { inertJson } from "../../src/inert.ts";
import type { WrittenRule } from "./options.ts";

/** A whole `models:` block with one pattern. */
export function ruleLines(pattern: string, rules: readonly WrittenRule[]): string {
  return [
    "models:",
    `  ${JSON.stringify(pattern)}:`,
    "    rules:",
    ...rules.map((rule) => `      - ${flow(rule)}`),
  ].join("\n");
}

/** `{ path: "$.s", type: number, atol: 0, rtol: 1e-7 }`. JSON texts are YAML; words that need no quotes have none. */
export function flow(rule: WrittenRule): string {
  const parts = Object.entries(rule)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${scalar(name, value)}`);
  return `{ ${parts.join(", ")} }`;
}

function scalar(name: string, value: unknown): string {
  const isWord = name !== "path" && typeof value === "string" && /^[a-z][A-Za-z0-9]*$/.test(value);
  return isWord && !RESERVED.has(value) ? value : quoted(value);
}

/** A JSON text is a YAML text, and its escapes are. */
function quoted(value: unknown): string {
  return inertJson(JSON.stringify(value));
}

/** Words that YAML reads as something else. */
const RESERVED: ReadonlySet<string> = new Set(["true", "false", "null", "yes", "no", "on", "off", "y", "n"]);
