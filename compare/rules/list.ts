/** list: which elements stand for each other. What a matched pair of elements holds is judged by the walk. */
import type { JsonArray, JsonNode } from "../json/node.ts";
import type { Cursor } from "./cursor.ts";
import { type Agreement, matchKeyed, matchMultiset, matchSet } from "./match.ts";
import { coverOf, stronger } from "./missing.ts";
import type { CompiledRule, Cover, Inherited } from "./rule.ts";
import { heavier, type Sink } from "./sink.ts";

export type Walk = (sink: Sink, legacy: JsonNode, candidate: JsonNode, cursor: Cursor, above: Inherited) => void;

/**
 * By index. Elements that are a permutation of the other side's are one finding of kind order; surplus elements
 * are one finding of kind length. `own` is the rule on the list itself.
 */
export function walkOrdered(
  sink: Sink,
  walk: Walk,
  legacy: JsonArray,
  candidate: JsonArray,
  cursor: Cursor,
  below: Inherited,
  own: CompiledRule | null,
): void {
  const mark = sink.mark();
  const shared = Math.min(legacy.items.length, candidate.items.length);
  for (let i = 0; i < shared; i++) {
    const [a, b] = [legacy.items[i], candidate.items[i]];
    sink.keys.push(i);
    if (a && b) walk(sink, a, b, cursor.child(i), below);
    sink.keys.pop();
  }
  if (legacy.items.length === candidate.items.length) {
    if (shared === 0 && !below.exact && below.fallback === null) sink.uncover();
    if (sink.total === mark.total || !isPermutation(sink, legacy, candidate)) return;
    const cover = heavier<Cover>(own, sink.heaviest(mark));
    sink.rollback(mark);
    if (cover) sink.find(cover, "order", legacy, candidate);
    return;
  }
  const surplus = surplusCover(sink, legacy, candidate, cursor, below);
  if (surplus === "ignored") sink.ignore("length");
  else {
    const cover = [below.exact, surplus].reduce<Cover | null>(heavier, own);
    if (cover) sink.find(cover, "length", legacy, candidate);
  }
}

/** multiset, set and keyed. */
export function walkList(
  sink: Sink,
  walk: Walk,
  legacy: JsonArray,
  candidate: JsonArray,
  cursor: Cursor,
  below: Inherited,
  rule: CompiledRule,
): void {
  const agreement = (i: number, j: number): Agreement => {
    const [a, b] = [legacy.items[i], candidate.items[j]];
    const mark = sink.mark();
    sink.keys.push(i);
    if (a && b) walk(sink, a, b, cursor.child(i), below);
    sink.keys.pop();
    const found = { findings: sink.total - mark.total, gating: sink.gating - mark.gating };
    sink.rollback(mark);
    return { equal: (rule.gates ? found.gating : found.findings) === 0, findings: found.findings };
  };
  const sides = { legacy: legacy.items, candidate: candidate.items, sink, agreement, strict: cursor.child(0).dead };
  const keyed = rule.list?.mode === "keyed" && rule.list.key ? matchKeyed(sides, rule.list.key.steps) : null;
  if (rule.list?.mode === "keyed" && !keyed) sink.warn("unkeyed");
  const matching = keyed ?? (rule.list?.mode === "set" ? matchSet(sides) : matchMultiset(sides));
  for (const [i, j] of matching.pairs) {
    const [a, b] = [legacy.items[i], candidate.items[j]];
    sink.keys.push(i);
    if (a && b) walk(sink, a, b, cursor.child(i), below);
    sink.keys.pop();
  }
  for (const i of matching.onlyLegacy) single(sink, legacy.items[i], "legacy", i, cursor, below, rule);
  for (const j of matching.onlyCandidate) single(sink, candidate.items[j], "candidate", j, cursor, below, rule);
}

/** An element without a counterpart: the list rule asks for one, unless the element is ignored or optional. */
function single(
  sink: Sink,
  node: JsonNode | undefined,
  side: "legacy" | "candidate",
  index: number,
  cursor: Cursor,
  below: Inherited,
  rule: CompiledRule,
): void {
  if (!node) return;
  sink.keys.push(index);
  const cover = coverOf(sink, node, side, cursor.child(index), below);
  const kind = side === "legacy" ? "missing_field" : "extra_field";
  if (cover === "ignored") sink.ignore(kind);
  else if (cover)
    sink.find(
      heavier<Cover>(rule, cover) ?? rule,
      kind,
      side === "legacy" ? node : null,
      side === "legacy" ? null : node,
    );
  sink.keys.pop();
}

/** What covers the elements beyond the shorter side's end. */
function surplusCover(
  sink: Sink,
  legacy: JsonArray,
  candidate: JsonArray,
  cursor: Cursor,
  below: Inherited,
): Cover | "ignored" | null {
  const side = legacy.items.length > candidate.items.length ? "legacy" : "candidate";
  const [longer, shorter] = side === "legacy" ? [legacy, candidate] : [candidate, legacy];
  let cover: Cover | "ignored" | null = null;
  for (let i = shorter.items.length; i < longer.items.length; i++) {
    const node = longer.items[i];
    sink.keys.push(i);
    if (node) cover = stronger(cover, coverOf(sink, node, side, cursor.child(i), below));
    sink.keys.pop();
  }
  return cover;
}

/** The same values, not all at their places. */
function isPermutation(sink: Sink, legacy: JsonArray, candidate: JsonArray): boolean {
  const moved = (item: JsonNode, i: number) => sink.interner.id(item) !== sink.interner.id(candidate.items[i] ?? item);
  if (!legacy.items.some(moved)) return false;
  const counts = new Map<number, number>();
  for (const item of legacy.items) {
    const id = sink.interner.id(item);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  for (const item of candidate.items) {
    const id = sink.interner.id(item);
    const left = counts.get(id) ?? 0;
    if (left === 0) return false;
    counts.set(id, left - 1);
  }
  return true;
}
