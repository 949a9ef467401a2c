/** A list as what topk and rank see in it: ids in an order, with the scores that made it where they are named. */
import { Interner } from "../json/intern.ts";
import type { JsonNode } from "../json/node.ts";
import { lookUp, type PathStep } from "../json/path.ts";

export interface RankedPlaces {
  /** Where the id stands in an element; the element itself is the id when null. */
  readonly id: readonly PathStep[] | null;
  /** Where the score stands; the order given counts when null. */
  readonly by: readonly PathStep[] | null;
}

export interface Ranked {
  /** The same on both sides exactly when the ids are equal values. */
  readonly id: number;
  /** NaN without `by`. */
  readonly score: number;
}

/** Both lists, best first; null of a side in which an element has no id, or no number as its score. */
export function readBoth(
  legacy: JsonNode,
  candidate: JsonNode,
  places: RankedPlaces,
): readonly [Ranked[] | null, Ranked[] | null] {
  const interner = new Interner();
  return [readRanked(legacy, places, interner), readRanked(candidate, places, interner)];
}

/** Whether an id stands twice. */
export function hasRepeats(list: readonly Ranked[]): boolean {
  return new Set(list.map(({ id }) => id)).size < list.length;
}

function readRanked(list: JsonNode, { id, by }: RankedPlaces, interner: Interner): Ranked[] | null {
  if (list.kind !== "array") return null;
  const found: (Ranked & { readonly node: JsonNode })[] = [];
  for (const item of list.items) {
    const node = id === null ? item : lookUp(item, id);
    const score = by === null ? null : lookUp(item, by);
    if (node === undefined || (by !== null && score?.kind !== "number")) return null;
    found.push({ id: interner.id(node), score: score?.kind === "number" ? score.value : Number.NaN, node });
  }
  if (by !== null) found.sort((a, b) => descending(a.score, b.score) || byId(a.node, b.node));
  return found.map(({ id: number, score }) => ({ id: number, score }));
}

/** NaN stands last. */
function descending(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? 1 : a > b ? -1 : 0;
}

/** Numbers by size and before texts, texts by code unit; other ids keep the order given. */
function byId(a: JsonNode, b: JsonNode): number {
  if (a.kind === "number" && b.kind === "number") return a.value - b.value;
  if (a.kind === "string" && b.kind === "string") return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
  return Number(a.kind !== "number") - Number(b.kind !== "number");
}
