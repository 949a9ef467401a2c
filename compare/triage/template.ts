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
const READ_CHARS = 256;
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

function shapeOf(text: string): string {
  const shape = text.replace(
    PART,
    (...match) => PARTS[match.slice(1).findIndex((part) => part !== undefined)]?.[0] ?? "",
  );
  const points = [...shape.replace(/\s+/gu, " ").trim()];
  if (points.length === 0) return text === "" ? "<empty>" : "<spaces>";
  return points.length <= SHAPE_MAX ? points.join("") : `${points.slice(0, SHAPE_MAX - 1).join("")}…`;
}
