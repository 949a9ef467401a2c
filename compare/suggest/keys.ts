/** Whether lists that differ element by element hold the same elements in another order, told apart by a key. */
import { mediaType, parseBody } from "../json/formats.ts";
import type { JsonArray, JsonNode } from "../json/node.ts";
import { formatField, formatPath, lookUp, type PathStep, parsePath } from "../json/path.ts";
import type { Answer } from "../types.ts";

/** Path of the last list that a field lies in, `$.items` of `$.items[*].score`; null when it lies in none. */
export function listAbove(field: string): string | null {
  const { steps } = parsePath(field, field);
  const last = steps.lastIndexOf("[*]");
  return last < 0 ? null : formatField(steps.slice(0, last).map(keyOf));
}

export class KeyEvidence {
  /** Members that are a key in every pair so far; null before the first. */
  #keys: readonly string[] | null = null;

  get keys(): readonly string[] {
    return this.#keys ?? [];
  }

  /** `path` is that of a finding inside the list. */
  add(legacy: Answer, candidate: Answer, path: string): void {
    if (this.#keys?.length === 0) return;
    const found = keysAt(legacy, candidate, path);
    this.#keys = this.#keys === null ? found : this.#keys.filter((key) => found.includes(key));
  }
}

function keysAt(legacy: Answer, candidate: Answer, path: string): string[] {
  if (!mediaType(legacy.type).includes("json")) return [];
  const [old, now] = [parseBody(legacy.type, legacy.body), parseBody(candidate.type, candidate.body)];
  if (!old.ok || !now.ok) return [];
  const { steps } = parsePath(path, path);
  const last = steps.findLastIndex((step) => step !== "[*]" && "index" in step);
  const at = steps.slice(0, Math.max(0, last));
  const [a, b] = [lookUp(old.document.root, at), lookUp(now.document.root, at)];
  if (last < 0 || a?.kind !== "array" || b?.kind !== "array") return [];
  const names = a.items[0]?.kind === "object" ? [...a.items[0].members.keys()] : [];
  return names.filter((name) => isKey(valuesOf(a, name), valuesOf(b, name)));
}

/** The same values on both sides, each once, in another order. */
function isKey(legacy: readonly string[] | null, candidate: readonly string[] | null): boolean {
  if (legacy === null || candidate === null || legacy.length !== candidate.length) return false;
  if (new Set(legacy).size !== legacy.length || legacy.every((value, i) => value === candidate[i])) return false;
  return [...legacy].sort().join("\n") === [...candidate].sort().join("\n");
}

/** Texts and numbers under a name, of every element; null when one has none. */
function valuesOf({ items }: JsonArray, name: string): string[] | null {
  const values = items.map((item) => (item.kind === "object" ? scalar(item.members.get(name)) : null));
  return values.every((value) => value !== null) ? values : null;
}

function scalar(node: JsonNode | undefined): string | null {
  if (node?.kind === "string") return JSON.stringify(node.value);
  return node?.kind === "number" ? node.raw : null;
}

/** `$.id`, as the key of a list rule is written. */
export function keyPath(name: string): string {
  return formatPath([name]);
}

function keyOf(step: PathStep): string | number {
  return step === "[*]" ? 0 : "name" in step ? step.name : step.index;
}
