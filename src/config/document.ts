/** A YAML text as a value, with the line of every path in it. */
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { type Fault, HIDDEN, SECRET_KEYS } from "./faults.ts";

const SECRET_LINE = new RegExp(`(\\b(?:${SECRET_KEYS.join("|")})["']?\\s*:).*`);

export type Path = readonly (string | number)[];

export interface ConfigDocument {
  /** What the text says, unchecked; an empty text is an empty map. */
  readonly value: unknown;
  readonly faults: readonly Fault[];
  /** 1-based line of the path, or of its deepest part that is there. */
  lineOf(path: Path): number;
  /** Keys of the map at a path in the order written, which a JS object does not keep for `42`. */
  keysOf(path: Path): readonly string[];
}

export function parseConfigDocument(text: string): ConfigDocument {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const faults: Fault[] = [...doc.errors, ...doc.warnings].map(({ code, message, pos }) => {
    const { line } = lines.linePos(pos[0]);
    return { line, path: [], ...syntaxFault(code, message, lineText(text, line)) };
  });
  const descend = (path: Path): { node: Node | null; line: number } => {
    let node: Node | null = doc.contents;
    let line = node?.range ? lines.linePos(node.range[0]).line : 1;
    for (const part of path) {
      const step = child(isAlias(node) ? (node.resolve(doc) ?? null) : node, part);
      if (!step) return { node: null, line };
      node = step.node;
      line = step.offset === undefined ? line : lines.linePos(step.offset).line;
    }
    return { node: isAlias(node) ? (node.resolve(doc) ?? null) : node, line };
  };
  return {
    ...toValue(doc, faults),
    lineOf: (path) => descend(path).line,
    keysOf(path) {
      const { node } = descend(path);
      return isMap(node) ? node.items.map(({ key }) => keyText(key)) : [];
    },
  };
}

function toValue(doc: ReturnType<typeof parseDocument>, faults: Fault[]): { value: unknown; faults: Fault[] } {
  if (faults.length > 0) return { value: {}, faults };
  try {
    return { value: doc.toJS() ?? {}, faults };
  } catch (error) {
    // Aliases are resolved only now: one without an anchor, or a chain that expands without end.
    const unresolved = error instanceof Error && /^Unresolved alias/.test(error.message);
    const problem = unresolved ? error.message : "the aliases of this file expand too far";
    const hint = unresolved ? "name an anchor (&name) that stands before it" : "write the repeated parts out";
    return { value: {}, faults: [{ line: 1, path: [], problem, hint }] };
  }
}

function syntaxFault(code: string, message: string, received: string): Omit<Fault, "path" | "line"> {
  if (code === "DUPLICATE_KEY")
    return { problem: "this key stands twice in one map", expected: "each key once", received };
  if (code === "MULTIPLE_DOCS")
    return { problem: "more than one document", expected: "one document, without ---", received };
  return { problem: `not valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`, received };
}

function lineText(text: string, line: number): string {
  // A line that cannot be read may hold a secret all the same.
  const raw = (text.split("\n")[line - 1] ?? "").trim().replace(SECRET_LINE, `$1 ${HIDDEN}`);
  return raw === "" ? "the end of the file" : `\`${raw.length > 80 ? `${raw.slice(0, 79)}…` : raw}\``;
}

function child(
  node: Node | null,
  part: string | number,
): { node: Node | null; offset: number | undefined } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => keyText(key) === String(part));
    if (!isPair(pair)) return undefined;
    const key = pair.key as Node;
    return { node: (pair.value as Node | null) ?? null, offset: key.range?.[0] };
  }
  if (isSeq(node)) {
    const item = node.items[Number(part)] as Node | undefined;
    return item === undefined ? undefined : { node: item, offset: item.range?.[0] };
  }
  return undefined;
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}
