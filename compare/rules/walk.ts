/**
 * Walks both documents together and lets every rule judge what its path matches. A value without a judging rule
 * falls to what it inherits: an exact rule above it, a list rule above it, or the model's default.
 */
import type { JsonNode, JsonObject } from "../json/node.ts";
import { childAt } from "../json/path.ts";
import type { Cursor } from "./cursor.ts";
import { judgeExact } from "./exact.ts";
import { walkList, walkOrdered } from "./list.ts";
import { walkMissing } from "./missing.ts";
import { judgePresence } from "./presence.ts";
import { applies, type Inherited, inheritedCovers } from "./rule.ts";
import type { Sink } from "./sink.ts";

/** Judges a value that both sides have. */
export function walk(sink: Sink, legacy: JsonNode, candidate: JsonNode, cursor: Cursor, above: Inherited): void {
  if (cursor.ignore) {
    sink.use(cursor.ignore.index);
    noteIgnored(sink, legacy, candidate);
    return;
  }
  const own = above.exactOnly ? NO_RULES : cursor;
  if (own.presence) {
    sink.use(own.presence.index);
    const kind = judgePresence(own.presence.state, "both");
    if (kind) sink.find(own.presence, kind, legacy, candidate);
  }
  if (own.exact) sink.use(own.exact.index);
  const exact = own.exact ?? above.exact;
  const judged = judgeValue(sink, legacy, candidate, own.values);
  const list = own.lists.find((rule) => applies(rule, legacy, candidate)) ?? null;
  if (list) sink.use(list.index);
  const bothLists = legacy.kind === "array" && candidate.kind === "array";
  if (list && !bothLists && !sink.sameText(legacy, candidate)) sink.find(list, "type", legacy, candidate);
  const silent = judged || own.presence !== null || list !== null;
  const below: Inherited = { ...above, exact, fallback: list && bothLists ? list : silent ? "silent" : above.fallback };

  if (above.required) findRequired(sink, legacy, candidate, cursor);
  if (legacy.kind === "object" && candidate.kind === "object") walkMembers(sink, legacy, candidate, cursor, below);
  else if (bothLists) {
    if (!list || list.list?.mode === "ordered") walkOrdered(sink, walk, legacy, candidate, cursor, below, list);
    else {
      // The list rule takes elements out of order; an exact rule on the same list still asks for the order.
      if (exact) walkOrdered(sink, walk, legacy, candidate, cursor, { ...EXACT_ONLY, exact }, exact);
      walkList(sink, walk, legacy, candidate, cursor, { ...below, exact: null, fallback: list }, list);
    }
  } else judgeLeaf(sink, legacy, candidate, cursor, below);
}

/** For a second look at a list by an exact rule alone; ignore rules still hold. */
const EXACT_ONLY = { fallback: "silent", required: false, exactOnly: true } as const;
const NO_RULES: Pick<Cursor, "presence" | "exact" | "values" | "lists"> = {
  presence: null,
  exact: null,
  values: [],
  lists: [],
};

/** Same kind, and no members: scalars. Or different kinds, which is one finding whatever they hold. */
function judgeLeaf(sink: Sink, legacy: JsonNode, candidate: JsonNode, cursor: Cursor, below: Inherited): void {
  const covers = inheritedCovers(below);
  const kind = judgeExact(legacy, candidate);
  if (kind) for (const cover of covers) sink.find(cover, kind, legacy, candidate);
  if (covers.length > 0 || below.fallback !== null) return;
  if (kind === "type" && !cursor.dead) walkMissing(sink, legacy, candidate, cursor, below, "type");
  else sink.uncover();
}

/** The rules that judge one value by itself; true when any of them judged. */
function judgeValue(sink: Sink, legacy: JsonNode, candidate: JsonNode, values: Cursor["values"]): boolean {
  let judged = false;
  for (const rules of values) {
    const rule = rules.find((one) => applies(one, legacy, candidate));
    if (!rule?.value) continue;
    judged = true;
    sink.use(rule.index);
    const { accepts, judge } = rule.value;
    if (sink.sameText(legacy, candidate)) continue;
    const kind = accepts(legacy) && accepts(candidate) ? judge(legacy, candidate, sink) : "type";
    if (kind) sink.find(rule, kind, legacy, candidate);
  }
  return judged;
}

function walkMembers(sink: Sink, legacy: JsonObject, candidate: JsonObject, cursor: Cursor, below: Inherited): void {
  if (legacy.members.size === 0 && candidate.members.size === 0 && !below.exact && below.fallback === null) {
    sink.uncover();
  }
  for (const [name, value] of legacy.members) {
    sink.keys.push(name);
    const other = candidate.members.get(name);
    if (other) walk(sink, value, other, cursor.child(name), below);
    else walkMissing(sink, value, null, cursor.child(name), below, "missing_field");
    sink.keys.pop();
  }
  for (const [name, value] of candidate.members) {
    if (legacy.members.has(name)) continue;
    sink.keys.push(name);
    walkMissing(sink, null, value, cursor.child(name), below, "extra_field");
    sink.keys.pop();
  }
}

/** Places that a `required` rule names below here and that neither side has. */
function findRequired(sink: Sink, legacy: JsonNode | null, candidate: JsonNode | null, cursor: Cursor): void {
  for (const key of cursor.required) {
    const there = (legacy && childAt(legacy, key)) ?? (candidate && childAt(candidate, key));
    const child = cursor.child(key);
    if (there || child.ignore) continue;
    sink.keys.push(key);
    const kind = child.presence && judgePresence(child.presence.state, "neither");
    if (child.presence) sink.use(child.presence.index);
    if (child.presence && kind) sink.find(child.presence, kind, null, null);
    else findRequired(sink, null, null, child);
    sink.keys.pop();
  }
}

/** Notes what an ignore rule accepted here: the fields that differ, exactly compared. */
function noteIgnored(sink: Sink, legacy: JsonNode, candidate: JsonNode): void {
  if (legacy.kind === "object" && candidate.kind === "object") {
    for (const name of new Set([...legacy.members.keys(), ...candidate.members.keys()])) {
      const a = legacy.members.get(name);
      const b = candidate.members.get(name);
      sink.keys.push(name);
      if (a && b) noteIgnored(sink, a, b);
      else sink.ignore(a ? "missing_field" : "extra_field");
      sink.keys.pop();
    }
  } else if (legacy.kind === "array" && candidate.kind === "array") {
    if (legacy.items.length !== candidate.items.length) sink.ignore("length");
    legacy.items.forEach((item, index) => {
      const other = candidate.items[index];
      sink.keys.push(index);
      if (other) noteIgnored(sink, item, other);
      sink.keys.pop();
    });
  } else {
    const kind = judgeExact(legacy, candidate);
    if (kind) sink.ignore(kind);
  }
}
