/** Rules in words, and which of them speak of a value. */
import type { ResolvedModel, ResolvedRule } from "../../src/config/models.ts";
import type { Rule } from "../../src/config/rules.ts";
import type { JsonNode } from "../json/node.ts";
import { childAt } from "../json/path.ts";
import type { CompiledModel } from "../rules/compile.ts";
import { applies, type CompiledRule } from "../rules/rule.ts";

/** Parameters that say nothing where they are what they are without being written. */
const UNSAID: ReadonlySet<unknown> = new Set([false, undefined, "", 0]);
const COMMON: ReadonlySet<string> = new Set(["type", "path", "weight", "critical", "why"]);
/** Zero says something of these. */
const SAID: ReadonlySet<string> = new Set([
  "atol",
  "rtol",
  "max",
  "scale",
  "tolerance",
  "threshold",
  "limit",
  "min",
  "k",
]);

/** `number (atol 1e-9, rtol 0.000001)`. */
export function ruleText(rule: Rule): string {
  const parts = Object.entries(rule).flatMap(([name, value]) => {
    if (COMMON.has(name) || (UNSAID.has(value) && !(SAID.has(name) && value === 0))) return [];
    if (name === "width" && value === 64) return [];
    if (Array.isArray(value) && value.length === 0) return [];
    return [`${name} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`];
  });
  return parts.length === 0 ? rule.type : `${rule.type} (${parts.join(", ")})`;
}

/** The rules that judge the value at a path, as the comparison finds them; an ignore or list rule above it, too. */
export function rulesFor(
  model: CompiledModel,
  resolved: ResolvedModel,
  keys: readonly (string | number)[],
  roots: readonly JsonNode[],
): ResolvedRule[] {
  const found: (CompiledRule | null | undefined)[] = [];
  let cursor = model.root;
  let nodes: (JsonNode | undefined)[] = [...roots];
  for (const key of [...keys, null]) {
    const there = nodes.filter((node) => node !== undefined);
    if (cursor.ignore) return resolvedOf(resolved, [cursor.ignore]);
    found.push(cursor.lists.find((rule) => applies(rule, ...there)));
    found.push(cursor.exact);
    if (key === null) {
      found.push(cursor.presence, ...cursor.values.map((rules) => rules.find((rule) => applies(rule, ...there))));
    } else {
      // A rule for a whole list or vector judges what stands in it.
      const whole = cursor.values.map((rules) => rules.find((rule) => applies(rule, ...there)));
      if (there.some(({ kind }) => kind === "array")) found.push(...whole);
      cursor = cursor.child(key);
      nodes = nodes.map((node) => node && childAt(node, key));
    }
  }
  return resolvedOf(
    resolved,
    found.filter((rule) => rule !== null && rule !== undefined),
  );
}

function resolvedOf({ rules }: ResolvedModel, found: readonly CompiledRule[]): ResolvedRule[] {
  const indexes = [...new Set(found.map(({ index }) => index))].sort((a, b) => a - b);
  return indexes.flatMap((index) => rules[index] ?? []);
}
