/**
 * A second opinion on JSON, independent of the scanner: recursive, by regular expressions, over one character for
 * each byte. JSON.parse decides what is JSON; this one says where each member stands.
 */

export interface Node {
  /** First byte of the value, and the one after its last. */
  readonly start: number;
  readonly end: number;
  readonly kind: "string" | "number" | "object" | "array" | "boolean" | "null";
  /** Of an object, in order, repeated ones included. */
  readonly members: readonly (readonly [name: string, value: Node])[];
  /** Levels of nesting inside, the value's own included: 0 for a scalar. */
  readonly depth: number;
}

const SPACE = /[ \t\n\r]*/y;
/** Every character of one byte but quote, backslash and the controls below the space. */
const PLAIN = "[ !#-\\[\\]-\u00ff]*";
const STRING = new RegExp(`"${PLAIN}(?:\\\\(?:["\\\\/bfnrt]|u[0-9a-fA-F]{4})${PLAIN})*"`, "y");
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
/** Deeper documents are only told apart from JSON, which JSON.parse does without recursion. */
const DEPTH_MAX = 1_500;

/** The bytes as text, a character for a byte: what is outside ASCII stands only in strings, where all is let through. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** Whether the bytes after a byte order mark are one JSON text, as JSON.parse sees it. */
export function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(latin1(bytes.subarray(markLength(bytes))));
    return true;
  } catch {
    return false;
  }
}

export function markLength(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** Where everything stands in a JSON text; undefined when it is nested deeper than anyone follows. Else it must be JSON. */
export function parseSpans(bytes: Uint8Array): Node | undefined {
  const text = latin1(bytes);
  try {
    const root = valueAt(text, skip(SPACE, text, markLength(bytes)), 0);
    if (skip(SPACE, text, root.end) !== text.length) throw new Error(`the oracle stops at ${root.end}`);
    return root;
  } catch (error) {
    if (error === tooDeep) return undefined;
    throw error;
  }
}

const tooDeep = new Error("too deep for the oracle");

function skip(token: RegExp, text: string, at: number): number {
  token.lastIndex = at;
  if (!token.test(text)) throw new Error(`the oracle expected ${token.source} at ${at}`);
  return token.lastIndex;
}

function valueAt(text: string, start: number, level: number): Node {
  if (level > DEPTH_MAX) throw tooDeep;
  const first = text[start];
  if (first === "{" || first === "[") return containerAt(text, start, level);
  const scalar = { start, members: [], depth: 0 };
  if (first === '"') return { ...scalar, kind: "string", end: skip(STRING, text, start) };
  if (first === "n") return { ...scalar, kind: "null", end: skip(WORD, text, start) };
  if (first === "t" || first === "f") return { ...scalar, kind: "boolean", end: skip(WORD, text, start) };
  return { ...scalar, kind: "number", end: skip(NUMBER, text, start) };
}

function containerAt(text: string, start: number, level: number): Node {
  const isObject = text[start] === "{";
  const close = isObject ? "}" : "]";
  const members: [string, Node][] = [];
  let depth = 1;
  let at = skip(SPACE, text, start + 1);
  while (text[at] !== close) {
    let name = "";
    if (isObject) {
      const end = skip(STRING, text, at);
      name = nameOf(text.slice(at + 1, end - 1));
      at = skip(SPACE, text, skip(/:/y, text, skip(SPACE, text, end)));
    }
    const value = valueAt(text, at, level + 1);
    if (isObject) members.push([name, value]);
    depth = Math.max(depth, value.depth + 1);
    at = skip(SPACE, text, value.end);
    if (text[at] === ",") at = skip(SPACE, text, at + 1);
  }
  return { start, end: at + 1, kind: isObject ? "object" : "array", members, depth };
}

/** The bytes, a character each, that the inside of a string stands for: the same exactly for the same names. */
export function nameOf(inside: string): string {
  return inside.replace(/(?:\\u[0-9a-fA-F]{4}|\\[^u])+/g, (escapes) =>
    latin1(wtf8(JSON.parse(`"${escapes}"`) as string)),
  );
}

/** UTF-8, with a lone surrogate as the three bytes that it would have. */
export function wtf8(text: string): Buffer {
  const parts = [...text].map((char) => {
    const code = char.codePointAt(0) as number;
    if (code < 0xd800 || code > 0xdfff) return Buffer.from(char, "utf8");
    return Buffer.from([0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)]);
  });
  return Buffer.concat(parts);
}
