/**
 * The shape of two texts that differ: numbers, ids, dates and addresses replaced, or a word for a difference that is
 * one of spelling alone. Texts of one shape share a group.
 */

/** `order <n>→order <n>`, `case only`; of values that are no texts their type. Never empty, at most 2·48 + 1 code points. */
export function templateOf(legacy: string, candidate: string): string {
  const [old, now] = [readValue(legacy), readValue(candidate)];
  if (old.text !== null && now.text !== null) {
    const spelling = spellingOf(old.text, now.text);
    if (spelling !== null) return spelling;
  }
  return `${old.shape}→${now.shape}`.toWellFormed();
}

/** Characters of a text that its shape is made of. */
const READ_CHARS = 96;
/** Code points of one side of a template. */
const SHAPE_MAX = 48;
/** Longer texts are not looked at for differences of spelling: it would take too long. */
const SPELLING_CHARS = 1_024;

interface Value {
  /** Whole, where it is a text short enough; null else. */
  readonly text: string | null;
  readonly shape: string;
}

function readValue(json: string): Value {
  switch (json[0]) {
    case '"': {
      const text = json.length <= SPELLING_CHARS ? unquote(json) : null;
      return { text, shape: shapeOf((text ?? startOf(json)).slice(0, READ_CHARS)) };
    }
    case "[":
      return { text: null, shape: "<list>" };
    case "{":
      return { text: null, shape: "<object>" };
    default:
      return { text: null, shape: /^[tfn]/.test(json) ? json.slice(0, SHAPE_MAX) : "<n>" };
  }
}

function unquote(json: string): string {
  try {
    return String(JSON.parse(json));
  } catch {
    return json.slice(1);
  }
}

/** Of a long text; an escape that the cut goes through is left out. */
function startOf(json: string): string {
  const start = json.slice(1, 1 + READ_CHARS);
  return unquote(`"${start.replace(/\\(?:u[0-9a-fA-F]{0,3})?$/, "")}"`);
}

/** Each is asked only when those before it do not explain the difference; the first part makes texts equal that differ so. */
const SPELLINGS: readonly (readonly [name: string, same: (text: string) => string])[] = [
  ["normalisation only", (text) => text.normalize("NFC")],
  ["spaces only", (text) => text.replace(/\s+/gu, "")],
  ["case only", (text) => text.toLowerCase()],
  ["accents only", (text) => text.normalize("NFD").replace(/\p{M}+/gu, "")],
  ["punctuation only", (text) => text.replace(/[\p{P}\p{S}\s]+/gu, "")],
  ["non-ASCII only", (text) => text.replace(/[^\0-\x7f]+/gu, "")],
  ["non-ASCII only", (text) => text.replace(/[^\0-\x7f]+|\?+/gu, "")],
];

/** How two texts differ where only their spelling does; null where more does. Texts without a letter or digit left do not count. */
function spellingOf(legacy: string, candidate: string): string | null {
  if (differInLetters(legacy, candidate)) return null;
  const found = SPELLINGS.find(([, same]) => {
    const text = same(legacy);
    return /[\p{L}\p{N}]/u.test(text) && text === same(candidate);
  });
  return found?.[0] ?? null;
}

/** In the order in which they are tried at each place. */
const PARTS: readonly (readonly [name: string, pattern: string])[] = [
  ["<url>", String.raw`[a-z][a-z0-9+.-]*://[^\s"'<>]+`],
  ["<email>", String.raw`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`],
  ["<id>", String.raw`\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`],
  [
    "<time>",
    String.raw`\b\d{4}-\d{2}-\d{2}[t ]\d{2}:?\d{2}(?::?\d{2}(?:[.,]\d+)?)?(?: ?z\b|[+-]\d{2}:?\d{2})?|\b\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\b`,
  ],
  ["<date>", String.raw`\b\d{4}-\d{2}-\d{2}\b|\b\d{1,4}[/.]\d{1,2}[/.]\d{1,4}\b`],
  ["<hex>", String.raw`\b0x[0-9a-f]+\b|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}\b`],
  // Letters and digits in turns, or more of them in a row than a word has.
  ["<id>", String.raw`\b(?=[a-z0-9]*[a-z]\d+[a-z]|[a-z0-9]*\d[a-z]+\d)[a-z0-9]+(?:[-_][a-z0-9]+)*\b|\b[\w-]{28,}\b`],
  ["<n>", String.raw`(?<![\w.])[+-]?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?|\d+(?:[.,]\d+)*`],
];
const PART = new RegExp(PARTS.map(([, pattern]) => `(${pattern})`).join("|"), "gi");

/** A word with none of these that is no long one has no such part, and most words do not. */
const HOLDS = /[\d@:]/;
const LONG_WORD = /\S{28}/;

function nameOfWord(word: string): string {
  return HOLDS.test(word) || LONG_WORD.test(word) ? word.replace(PART, nameOfPart) : word;
}

function shapeOf(text: string): string {
  const holds = HOLDS.test(text) || LONG_WORD.test(text);
  const named = holds ? text.replace(/\S+/g, nameOfWord) : text;
  const shape = named.replace(/\s+/g, " ").trim().replace(DAY_AND_TIME, "<time>");
  if (shape === "") return text === "" ? "<empty>" : "<spaces>";
  if (shape.length <= SHAPE_MAX) return shape;
  const points = [...shape.slice(0, 2 * SHAPE_MAX + 2)];
  return points.length <= SHAPE_MAX ? points.join("") : `${points.slice(0, SHAPE_MAX - 1).join("")}…`;
}

const DAY_AND_TIME = /<date> <time>(?:[+-]<time>)?/g;

function nameOfPart(...match: readonly (string | undefined)[]): string {
  let part = 1;
  while (part < PARTS.length && match[part] === undefined) part++;
  return PARTS[part - 1]?.[0] ?? "";
}

/**
 * Whether two texts differ in an ASCII letter or digit before the first other letter, which most that differ do: then no
 * spelling explains it. Quick, since it stops there and makes no texts.
 */
function differInLetters(legacy: string, candidate: string): boolean {
  for (let i = 0, j = 0; ; i++, j++) {
    while (i < legacy.length && letterAt(legacy, i) === SKIPPED) i++;
    while (j < candidate.length && letterAt(candidate, j) === SKIPPED) j++;
    const [a, b] = [letterAt(legacy, i), letterAt(candidate, j)];
    if (a === BEYOND || b === BEYOND) return false;
    if (a !== b) return true;
    if (a === END) return false;
  }
}

const SKIPPED = 0;
const END = 1;
const BEYOND = 2;

/** A letter in lower case, a digit, or what else stands there. */
function letterAt(text: string, at: number): number {
  if (at >= text.length) return END;
  const code = text.charCodeAt(at);
  if (code >= 0x80) return BEYOND;
  if ((code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x7a)) return code;
  return code >= 0x41 && code <= 0x5a ? code + 0x20 : SKIPPED;
}
