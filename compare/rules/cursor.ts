/**
 * Where a walk stands among the rules. Paths make a trie; a cursor is the set of its nodes that match the path
 * walked so far, made when first needed and kept, so a step costs one look-up however many rules there are.
 */
import { type CompiledRule, VALUE_TYPES } from "./rule.ts";

export interface Cursor {
  /** The first rule of the type that matches here. */
  readonly ignore: CompiledRule | null;
  readonly presence: CompiledRule | null;
  readonly exact: CompiledRule | null;
  /** Rules that judge one value by itself: a list a type, first wins. */
  readonly values: readonly (readonly CompiledRule[])[];
  readonly lists: readonly CompiledRule[];
  /** Places below that a `required` rule names, to be looked for when both sides lack them. */
  readonly required: readonly (string | number)[];
  /** No rule can match here or below. */
  readonly dead: boolean;
  child(key: string | number): Cursor;
}

/** `rules` in order of precedence. */
export function rootCursor(rules: readonly CompiledRule[]): Cursor {
  const root = emptyNode();
  for (const rule of rules) insert(root, rule);
  return makeCursor([root], []);
}

interface TrieNode {
  readonly names: Map<string, TrieNode>;
  readonly indexes: Map<number, TrieNode>;
  any: TrieNode | null;
  readonly here: CompiledRule[];
  readonly deep: CompiledRule[];
  /** A `required` rule ends here or below, over names and indexes only. */
  required: boolean;
}

function emptyNode(): TrieNode {
  return { names: new Map(), indexes: new Map(), any: null, here: [], deep: [], required: false };
}

function insert(root: TrieNode, rule: CompiledRule): void {
  let node = root;
  const path = [root];
  for (const step of rule.path.steps) {
    if (step === "[*]") {
      node.any ??= emptyNode();
      node = node.any;
    } else if ("name" in step) node = getOrMake(node.names, step.name);
    else node = getOrMake(node.indexes, step.index);
    path.push(node);
  }
  (rule.path.deep ? node.deep : node.here).push(rule);
  if (rule.state === "required" && !rule.path.deep) for (const above of path) above.required = true;
}

function getOrMake<K>(nodes: Map<K, TrieNode>, key: K): TrieNode {
  let node = nodes.get(key);
  if (!node) {
    node = emptyNode();
    nodes.set(key, node);
  }
  return node;
}

function makeCursor(nodes: readonly TrieNode[], deepAbove: readonly CompiledRule[]): Cursor {
  const deep = [...deepAbove, ...nodes.flatMap((node) => node.deep)];
  const matching = [...deep, ...nodes.flatMap((node) => node.here)].sort((a, b) => a.index - b.index);
  const ofType = (type: CompiledRule["type"]) => matching.filter((rule) => rule.type === type);
  const children = new Map<string | number, Cursor>();
  const named = new Set<string | number>(nodes.flatMap((node) => [...node.names.keys(), ...node.indexes.keys()]));
  const below = (key: string | number): TrieNode[] =>
    nodes.flatMap((node) => {
      const found = typeof key === "string" ? [node.names.get(key)] : [node.indexes.get(key), node.any];
      return found.filter((child) => child != null);
    });
  // All names without a rule of their own share one cursor, and so do all such indexes: the memory is bounded.
  const otherName = once(() => makeCursor([], deep));
  const otherIndex = once(() =>
    makeCursor(
      nodes.flatMap((node) => node.any ?? []),
      deep,
    ),
  );
  return {
    ignore: ofType("ignore")[0] ?? null,
    presence: ofType("presence")[0] ?? null,
    exact: ofType("exact")[0] ?? null,
    values: VALUE_TYPES.map(ofType).filter((some) => some.length > 0),
    lists: ofType("list"),
    required: [...named].filter((key) => below(key).some((node) => node.required)),
    dead: deep.length === 0 && nodes.length === 0,
    child(key) {
      if (!named.has(key)) return typeof key === "number" ? otherIndex() : otherName();
      let child = children.get(key);
      if (!child) {
        child = makeCursor(below(key), deep);
        children.set(key, child);
      }
      return child;
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
