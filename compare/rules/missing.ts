/** A value that only one side has, or that is of different kinds: one finding, by the heaviest rule it falls under. */
import type { DiffKind } from "../../src/record.ts";
import type { JsonNode } from "../json/node.ts";
import type { Cursor } from "./cursor.ts";
import { judgePresence } from "./presence.ts";
import { applies, type Cover, type Inherited, inheritedCovers } from "./rule.ts";
import { heavier, type Sink } from "./sink.ts";

/** Judges a whole value at the sink's path; either side may be absent. */
export function walkMissing(
  sink: Sink,
  legacy: JsonNode | null,
  candidate: JsonNode | null,
  cursor: Cursor,
  above: Inherited,
  kind: DiffKind,
): void {
  let cover: Cover | "ignored" | null = null;
  for (const [node, side] of [
    [legacy, "legacy"],
    [candidate, "candidate"],
  ] as const) {
    if (node) cover = stronger(cover, coverOf(sink, node, side, cursor, above));
  }
  if (cover === "ignored") sink.ignore(kind);
  else if (cover) sink.find(cover, kind, legacy, candidate);
}

/**
 * The heaviest rule that asks for this value or for anything in it; "ignored" when only ignore rules cover it.
 * Null when nothing asks for it: declared optional, or uncovered, which is noted.
 */
export function coverOf(
  sink: Sink,
  node: JsonNode,
  side: "legacy" | "candidate",
  cursor: Cursor,
  above: Inherited,
): Cover | "ignored" | null {
  if (cursor.ignore) {
    sink.use(cursor.ignore.index);
    return "ignored";
  }
  if (cursor.presence && !above.exactOnly) {
    sink.use(cursor.presence.index);
    return judgePresence(cursor.presence.state, side) ? cursor.presence : null;
  }
  const own = above.exactOnly ? null : ownCover(sink, node, cursor);
  const exact = (above.exactOnly ? null : cursor.exact) ?? above.exact;
  if (exact && exact === cursor.exact) sink.use(exact.index);
  if (own) return heavier(own, exact);
  const below: Inherited = { ...above, exact };
  const inherited = inheritedCovers(below).reduce<Cover | null>(heavier, null);
  if (cursor.dead && (inherited || above.fallback !== null)) return inherited;
  let cover: Cover | "ignored" | null = null;
  const children = childrenOf(node);
  for (const [key, value] of children) {
    sink.keys.push(key);
    cover = stronger(cover, coverOf(sink, value, side, cursor.child(key), below));
    sink.keys.pop();
  }
  if (children.length > 0) return cover;
  if (!inherited && above.fallback === null) sink.uncover();
  return inherited;
}

/** The heaviest rule whose path ends here. */
function ownCover(sink: Sink, node: JsonNode, cursor: Cursor): Cover | null {
  let cover: Cover | null = null;
  for (const rules of [...cursor.values, cursor.lists]) {
    const rule = rules.find((one) => applies(one, node));
    if (!rule) continue;
    sink.use(rule.index);
    cover = heavier(cover, rule);
  }
  return cover;
}

export function stronger(a: Cover | "ignored" | null, b: Cover | "ignored" | null): Cover | "ignored" | null {
  if (a === null || a === "ignored") return b ?? a;
  return b === null || b === "ignored" ? a : heavier(a, b);
}

function childrenOf(node: JsonNode): readonly (readonly [string | number, JsonNode])[] {
  if (node.kind === "object") return [...node.members];
  return node.kind === "array" ? node.items.map((item, index) => [index, item] as const) : [];
}
