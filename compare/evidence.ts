/**
 * Whether a body holds anything that could have differed. Answers of nothing but null agree for ever and prove
 * nothing. A scan that ends at the first value of substance: of most bodies it reads a few bytes.
 */

/** Closed set: why a pair that agrees is no evidence. */
export const EMPTY_KINDS = ["null", "nan", "empty", "error"] as const;
export type EmptyKind = (typeof EMPTY_KINDS)[number];

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * Null when bytes [from, to) hold a value of substance; else what they hold: any NaN, else any null, else only empty
 * texts, lists and objects. Reads JSON; of any other text the first character is substance.
 */
export function emptyKind(data: Uint8Array, from = 0, to = data.length): Exclude<EmptyKind, "error"> | null {
  let found: Exclude<EmptyKind, "error"> = "empty";
  for (let at = from; at < to; at++) {
    const byte = data[at] as number;
    if (isStructure(byte)) continue;
    if (byte === QUOTE) {
      const end = stringEnd(data, at + 1, to);
      if (end - at > 1 && !isName(data, end + 1, to)) return null;
      at = end;
    } else if (isWord(data, at, to, NULL)) {
      if (found === "empty") found = "null";
      at += NULL.length - 1;
    } else if (isWord(data, at, to, NAN)) {
      found = "nan";
      at += NAN.length - 1;
    } else {
      return null;
    }
  }
  return found;
}

const NULL = [...Buffer.from("null")];
const NAN = [...Buffer.from("NaN")];

/** White space, brackets, comma, colon, and the bytes of a byte-order mark. */
function isStructure(byte: number): boolean {
  switch (byte) {
    case 0x20:
    case 0x09:
    case 0x0a:
    case 0x0d:
    case 0x7b:
    case 0x7d:
    case 0x5b:
    case 0x5d:
    case 0x2c:
    case COLON:
    case 0xef:
    case 0xbb:
    case 0xbf:
      return true;
    default:
      return false;
  }
}

/** Where the closing quote stands, or the end of a text that lacks it. */
function stringEnd(data: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && data[at] !== QUOTE) at += data[at] === BACKSLASH ? 2 : 1;
  return at;
}

/** Whether what stands before `at` is the name of a member: a colon follows. */
function isName(data: Uint8Array, at: number, to: number): boolean {
  let next = at;
  while (next < to && (data[next] as number) <= 0x20) next++;
  return data[next] === COLON && next < to;
}

function isWord(data: Uint8Array, at: number, to: number, word: readonly number[]): boolean {
  return at + word.length <= to && word.every((byte, i) => data[at + i] === byte);
}
