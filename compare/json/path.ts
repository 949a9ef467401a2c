/** The path language of rules: `$`, `.name`, `["quoted"]`, `[0]`, `[*]`, and `..*` at the end for every value. */
import { CutoverError } from "../../src/errors.ts";
import type { JsonNode } from "./node.ts";

export type PathStep = { readonly name: string } | { readonly index: number } | "[*]";

export interface RulePath {
  readonly steps: readonly PathStep[];
  /** Ends in `..*`: the value itself and every value below it. */
  readonly deep: boolean;
}

const STEP = /\.([^.[\]"'*\s]+)|\[([0-9]{1,9})\]|(\[\*\])|\[("(?:[^"\\]|\\.)*")\]/y;
const PLAIN_NAME = /^[^.[\]"'*\s\p{C}]+$/u;

/** Reads a path; a fault is a CONFIG error at `place`. */
export function parsePath(text: string, place: string): RulePath {
  const deep = text.endsWith("..*");
  const end = deep ? text.length - 3 : text.length;
  const steps: PathStep[] = [];
  let at = 1;
  while (text[0] === "$" && at < end) {
    STEP.lastIndex = at;
    const match = STEP.exec(text);
    const step = match && match.index + match[0].length <= end ? readStep(match) : null;
    if (!match || step === null) break;
    steps.push(step);
    at += match[0].length;
  }
  if (text[0] !== "$" || at !== end) {
    throw new CutoverError("CONFIG", `cannot read the path ${JSON.stringify(text)}`, {
      place,
      expected: '`$` and then `.name`, `["quoted name"]`, `[0]` or `[*]`; `..*` only at the end',
      received: text[0] === "$" ? text.slice(at) : text,
      hint: 'write for example `$.codes[*].score`, `$["a.b"]` or `$..*`',
    });
  }
  return { steps, deep };
}

function readStep(match: RegExpExecArray): PathStep | null {
  const [, name, index, any, quoted] = match;
  if (name !== undefined) return { name };
  if (index !== undefined) return { index: Number(index) };
  if (any !== undefined) return "[*]";
  try {
    const unquoted: unknown = JSON.parse(quoted ?? "");
    return typeof unquoted === "string" ? { name: unquoted } : null;
  } catch {
    return null;
  }
}

/** `$.reasons[2]` of the steps walked. */
export function formatPath(keys: readonly (string | number)[]): string {
  return `$${keys.map((key) => (typeof key === "number" ? `[${key}]` : formatName(key))).join("")}`;
}

/** The same with `[*]` for every index. */
export function formatField(keys: readonly (string | number)[]): string {
  return `$${keys.map((key) => (typeof key === "number" ? "[*]" : formatName(key))).join("")}`;
}

/** The field of a path that formatPath wrote. */
export function fieldOfPath(path: string): string {
  const { steps } = parsePath(path, path);
  return formatField(steps.map((step) => (step === "[*]" || "index" in step ? 0 : step.name)));
}

function formatName(name: string): string {
  return PLAIN_NAME.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** The member or element at a step; undefined when absent. */
export function childAt(node: JsonNode, key: string | number): JsonNode | undefined {
  if (typeof key === "number") return node.kind === "array" ? node.items[key] : undefined;
  return node.kind === "object" ? node.members.get(key) : undefined;
}

/** The value at a path without wildcards; undefined when absent. */
export function lookUp(root: JsonNode, steps: readonly PathStep[]): JsonNode | undefined {
  let node: JsonNode | undefined = root;
  for (const step of steps) {
    if (node === undefined || step === "[*]") return undefined;
    node = childAt(node, "name" in step ? step.name : step.index);
  }
  return node;
}
