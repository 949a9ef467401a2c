/** Hostile documents: generated ones, and mutations of a corpus. All of it follows from one seeded generator. */

export type Random = () => number;

/** Tokens that stand at the borders of the grammar, of UTF-8 and of our own rules. */
const TOKENS: readonly Uint8Array[] = [
  ...['"', "\\", "{", "}", "[", "]", ":", ",", "-", "-0", "0", "01", "1.", ".5", "1e", "1E+", "1e400", "9".repeat(400)],
  ...["true", "false", "null", "nul", "NaN", "Infinity", "'", "//", "/**/", "\u2028", "\u00a0", "\ufeff", "é", "😀"],
  ...[
    '\\"',
    "\\\\",
    "\\/",
    "\\b",
    "\\f",
    "\\n",
    "\\r",
    "\\t",
    "\\u",
    "\\x",
    "\\a",
    "\f",
    "\v",
    "\\u0000",
    "\\u12",
    "\\uD800",
    "\\udc00",
  ],
  ...["\\ud83d\\ude00", "\\ud83d\\ud83d", "\\u0061", "\\u00e9", "\\u00C3\\u00A9", " ", "\t", "\n", "\r", "\r\n", "\0"],
  ...[
    "\u0001",
    "\u001f",
    "\u007f",
    '""',
    '"a":',
    '"id":"x",',
    '"\\u0069d":',
    ',"a":1',
    '{"a":',
    "[[",
    "]]",
    "{}",
    "[]",
  ],
  ...['"":', '{"":{"":', "[".repeat(510), "[".repeat(513), '{"a":'.repeat(511), "]".repeat(511), "}".repeat(511)],
].map((text) => Buffer.from(text));
const RAW: readonly Uint8Array[] = [
  [0xff],
  [0x80],
  [0xc3],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xef, 0xbb, 0xbf],
  [0xef, 0xbb],
].map((bytes) => Buffer.from(bytes));
const NAMES = ["a", "b", "id", "model", "input", "output", "", "b.c", "é", "x", "input_base64", "attributes"];

export function below(random: Random, n: number): number {
  return Math.floor(random() * n);
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[below(random, items.length)] as T;
}

/** One JSON text, or nearly: members may repeat, strings may hold bytes that are not UTF-8. */
export function generate(random: Random): Buffer {
  const parts: Uint8Array[] = [];
  const put = (text: string): void => void parts.push(Buffer.from(text));
  const space = (): void => {
    if (random() < 0.2) put(pick(random, [" ", "\n", "\t", "\r", " \r\n\t "]));
  };
  const string = (text?: string): void => {
    put('"');
    for (const char of text ?? "".padEnd(below(random, random() < 0.2 ? 40 : 6), "x")) {
      const kind = random();
      if (text !== undefined) put(kind < 0.15 ? escaped(random, char) : char);
      else if (kind < 0.5)
        put(pick(random, ["a", "é", "😀", " ", "/", "\u007f", "\u2028", "\\n", '\\"', "\\\\", "\\/"]));
      else if (kind < 0.8) put(pick(random, ["\\ud800", "\\udC00", "\\ud83d\\ude00", "\\u0000", "\\u00e9", "\\uFFFF"]));
      else parts.push(pick(random, RAW));
    }
    put('"');
  };
  const value = (depth: number): void => {
    space();
    const kind = random() * (depth > 6 ? 4 : 8);
    if (kind < 1.5) put(pick(random, ["0", "-0", "1.0", "-12.5e-3", "1E400", "9007199254740993", "7".repeat(400)]));
    else if (kind < 3) string();
    else if (kind < 4) put(pick(random, ["true", "false", "null"]));
    else list(depth, kind < 6);
    space();
  };
  const list = (depth: number, isObject: boolean): void => {
    put(isObject ? "{" : "[");
    const n = random() < 0.02 ? 20 + below(random, 40) : below(random, 5);
    for (let i = 0; i < n; i++) {
      if (i > 0) put(",");
      space();
      if (isObject) {
        string(random() < 0.1 ? undefined : `${pick(random, NAMES)}${n > 10 ? i : ""}`);
        space();
        put(":");
      }
      value(depth + 1);
    }
    space();
    put(isObject ? "}" : "]");
  };
  if (random() < 0.05) parts.push(Buffer.from([0xef, 0xbb, 0xbf]));
  if (random() < 0.12) wrapDeep(random, put, value);
  else list(0, random() < 0.9);
  return Buffer.concat(parts);
}

/** Nested to about the depth that is followed, by lists or by members that a path may name. */
function wrapDeep(random: Random, put: (text: string) => void, value: (depth: number) => void): void {
  const depth = 509 + below(random, 6);
  const levels = Array.from({ length: depth }, (_, i) => (i > 2 && random() < 0.5 ? "[" : '{"a":'));
  put(levels.join(""));
  value(7);
  put(
    levels
      .reverse()
      .map((open) => (open === "[" ? "]" : "}"))
      .join(""),
  );
}

function escaped(random: Random, char: string): string {
  return char
    .split("")
    .map((unit) => {
      const hex = unit.charCodeAt(0).toString(16).padStart(4, "0");
      return `\\u${random() < 0.5 ? hex : hex.toUpperCase()}`;
    })
    .join("");
}

/** The same document in the middle of other bytes, at any alignment: what is read beyond its ends is hostile. */
export function within(random: Random, document: Uint8Array): Buffer {
  const around = Buffer.alloc(document.length + 32, pick(random, ['"', "\\", "x", "}", "0", "\0"]));
  const at = below(random, 16);
  around.set(document, at);
  return around.subarray(at, at + document.length);
}

/** Between one and four changes: a bit, a byte, a piece cut out, doubled, put in, taken from another, or the end lost. */
export function mutate(random: Random, document: Uint8Array, corpus: readonly Uint8Array[]): Buffer {
  let bytes: Buffer = Buffer.from(document);
  for (let n = 1 + below(random, 4); n > 0; n--) bytes = mutateOnce(random, bytes, corpus);
  return bytes;
}

function mutateOnce(random: Random, bytes: Buffer, corpus: readonly Uint8Array[]): Buffer {
  const at = below(random, bytes.length + 1);
  const to = Math.min(bytes.length, at + 1 + below(random, random() < 0.8 ? 8 : 200));
  const insert = (piece: Uint8Array): Buffer => Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
  switch (below(random, 9)) {
    case 0: {
      const copy = Buffer.from(bytes);
      if (at < copy.length) copy[at] = (copy[at] as number) ^ (1 << below(random, 8));
      return copy;
    }
    case 1: {
      const copy = Buffer.from(bytes);
      if (at < copy.length) copy[at] = below(random, 256);
      return copy;
    }
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    case 3:
      return insert(bytes.subarray(at, to));
    case 4:
      return bytes.subarray(0, at);
    case 5: {
      const other = pick(random, corpus);
      const from = below(random, other.length + 1);
      return insert(other.subarray(from, from + below(random, 60)));
    }
    case 6:
      return insert(pick(random, RAW));
    default:
      return insert(pick(random, TOKENS));
  }
}
