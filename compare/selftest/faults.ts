/** The faults that a comparison must see: each is a small pure change of a legacy answer, chosen by a seed. */
import { hashText } from "../../src/hash.ts";
import type { JsonArray, JsonNode, JsonNumber } from "../json/node.ts";
import { type JsonDocument, textOf } from "../json/node.ts";
import { documentOf, placesOf, printWith } from "./documents.ts";

/** Closed set, in the order of the report. `timeouts` changes no answer: it takes some away. */
export const FAULTS = ["scale", "swap", "float32", "shuffle", "drop", "timeouts"] as const;
export type Fault = (typeof FAULTS)[number];
export type AnswerFault = Exclude<Fault, "timeouts">;

export const FAULT_WORDS: Readonly<Record<Fault, string>> = {
  scale: "numbers 1 % larger",
  swap: "labels swapped",
  float32: "numbers rounded to float32",
  shuffle: "lists in another order",
  drop: "a field dropped",
  timeouts: "one request in ten without an answer",
};

/** An answer with one field changed. */
export interface Mutation {
  readonly field: string;
  readonly body: Uint8Array;
}

/** Texts seen at each field, so that a label is swapped for one that exists. */
export type Pool = ReadonlyMap<string, readonly string[]>;

/** Every way in which the fault changes this answer, one field at a time; none where it changes nothing. */
export function mutations(fault: AnswerFault, type: string, body: Uint8Array, pool: Pool, seed: string): Mutation[] {
  const { document, isJson } = documentOf(type, body);
  if (!isJson) return fault === "swap" ? [textMutation(document, pool, seed)] : [];
  const byField = new Map<string, Map<JsonNode, string | null>>();
  for (const { field, node, keys } of placesOf(document.root)) {
    if (fault === "drop" && typeof keys.at(-1) !== "string") continue;
    const text = fault === "drop" ? null : CHANGES[fault](node, document, pool.get(field) ?? [], `${seed} ${field}`);
    if (text === undefined) continue;
    const changes = byField.get(field) ?? new Map<JsonNode, string | null>();
    byField.set(field, changes.set(node, text));
  }
  return [...byField].map(([field, changes]) => ({ field, body: Buffer.from(printWith(document, changes)) }));
}

type Change = (node: JsonNode, document: JsonDocument, pool: readonly string[], seed: string) => string | undefined;

/** The text in place of a value; undefined where the fault does not change it. */
const CHANGES: Readonly<Record<Exclude<AnswerFault, "drop">, Change>> = {
  scale(node) {
    if (node.kind !== "number" || !Number.isFinite(node.value) || node.value === 0) return undefined;
    return /^-?\d{16,}$/.test(node.raw) ? largerInteger(node) : changed(node, node.value * 1.01);
  },
  swap(node, _document, pool, seed) {
    if (node.kind === "boolean") return String(!node.value);
    return node.kind === "string" ? JSON.stringify(otherText(node.value, pool, seed)) : undefined;
  },
  float32: (node) =>
    node.kind === "number" && Number.isFinite(node.value) ? changed(node, Math.fround(node.value)) : undefined,
  shuffle: (node, document, _pool, seed) => (node.kind === "array" ? rotated(node, document, seed) : undefined),
};

function changed(node: JsonNumber, value: number): string | undefined {
  return value === node.value || !Number.isFinite(value) ? undefined : String(value);
}

function largerInteger({ raw }: JsonNumber): string {
  const value = BigInt(raw);
  return String(value + value / 100n);
}

function otherText(value: string, pool: readonly string[], seed: string): string {
  const others = pool.filter((text) => text !== value);
  return others[hashText(seed) % Math.max(1, others.length)] ?? `${value}~`;
}

/** Turned by a seeded number of places, or as many more as it takes to read differently. */
function rotated(node: JsonArray, document: JsonDocument, seed: string): string | undefined {
  const texts = node.items.map((item) => textOf(document, item));
  const start = 1 + (hashText(seed) % Math.max(1, texts.length - 1));
  for (let turn = 0; turn < texts.length - 1; turn++) {
    const by = 1 + ((start - 1 + turn) % (texts.length - 1));
    const turned = [...texts.slice(by), ...texts.slice(0, by)];
    if (turned.some((text, i) => text !== texts[i])) return `[${turned.join(",")}]`;
  }
  return undefined;
}

function textMutation({ root }: JsonDocument, pool: Pool, seed: string): Mutation {
  const value = root.kind === "string" ? root.value : "";
  return { field: "$", body: Buffer.from(otherText(value, pool.get("$") ?? [], seed)) };
}
