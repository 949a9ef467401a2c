/** Rules as they may stand in cutover.yaml. */
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

/** JSON, with escapes for what a terminal or a CI runner would obey. */
function quoted(value: unknown): string {
  const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value)
    .replace(/[\u007f-\u009f\u2028\u2029\ufeff]|\p{Bidi_Control}/gu, escaped)
    .replace(/#(?=#)/g, "\\u0023");
}

/** Words that YAML reads as something else. */
const RESERVED: ReadonlySet<string> = new Set(["true", "false", "null", "yes", "no", "on", "off", "y", "n"]);
