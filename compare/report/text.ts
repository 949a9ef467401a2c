/** Text from outside made safe to show, and measured as a terminal shows it. */
import { stripVTControlCharacters } from "node:util";

/**
 * What cannot be seen, or moves or colours other text, as an escape that can: control characters, ANSI
 * sequences, bidirectional overrides, spaces that are not the space, lone surrogates, noncharacters. Cut with `…` after
 * VALUE_SHOWN code units, since ids, paths and values may be as large as a message.
 */
export function visible(text: string): string {
  if (text.length <= VALUE_SHOWN && PRINTABLE_ASCII.test(text)) return text;
  const unseen =
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is for.
    /[\u0000-\u001f\u007f-\u00a0\u00ad\u061c\u115f\u1160\u1680\u180e\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|(?<![^\u0000-\u007f])(?:\u200c|\u200d|[\ufe00-\ufe0f])|\u034f|[\u{e0000}-\u{e0fff}]|\p{Cs}|\p{Noncharacter_Code_Point}/gu;
  return cut(text).replace(unseen, (found) => {
    const code = found.codePointAt(0) ?? 0;
    if (code > 0xffff) return `\\u{${code.toString(16)}}`;
    if (code === 10) return "\\n";
    if (code === 9) return "\\t";
    if (code === 13) return "\\r";
    return `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

const PRINTABLE_ASCII = /^[ -~]*$/;
/** Code units of one text that a report shows; the store holds the whole of it. */
const VALUE_SHOWN = 4096;

function cut(text: string): string {
  if (text.length <= VALUE_SHOWN) return text;
  const end = isHigh(text.charCodeAt(VALUE_SHOWN - 1)) ? VALUE_SHOWN - 1 : VALUE_SHOWN;
  return `${text.slice(0, end)}…`;
}

/**
 * Both sides of a difference, made visible. Texts that differ only in how Unicode writes them (a composed
 * and a decomposed é) look the same, so those show every character outside ASCII as an escape.
 */
export function visiblePair(legacy: string, candidate: string): [string, string] {
  const alike =
    legacy !== candidate &&
    Math.max(legacy.length, candidate.length) <= VALUE_SHOWN &&
    legacy.normalize("NFKC") === candidate.normalize("NFKC");
  const show = (text: string): string =>
    alike
      ? visible(text).replace(/[^ -~]/gu, (found) => `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`)
      : visible(text);
  return [show(legacy), show(candidate)];
}

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
const EMOJI = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|^[\d#*]\ufe0f/u;
/** East Asian Wide and Fullwidth, by block: what terminals draw two columns wide. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;

function graphemeWidth(grapheme: string): number {
  if (ZERO_WIDTH.test(grapheme)) return 0;
  return EMOJI.test(grapheme) || WIDE.test(grapheme) ? 2 : 1;
}

/** Columns a terminal takes for the text; colour sequences take none. */
export function displayWidth(text: string): number {
  const plain = stripVTControlCharacters(text);
  if (PRINTABLE_ASCII.test(plain)) return plain.length;
  let width = 0;
  for (const { segment } of segmenter.segment(plain)) width += graphemeWidth(segment);
  return width;
}

/** The text cut to at most `columns`, the cut marked by `…`. Takes plain text, no colour sequences. */
export function clip(text: string, columns: number): string {
  if (columns <= 0) return "";
  // No grapheme takes more than a few code units a column in practice; the slice bounds the work on huge values.
  const head = text.length > columns * 32 ? text.slice(0, columns * 32) : text;
  if (head === text && displayWidth(text) <= columns) return text;
  let width = 0;
  let kept = "";
  for (const { segment } of segmenter.segment(head)) {
    width += graphemeWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Padded with spaces to `columns`; what is wider stays as it is. */
export function pad(text: string, columns: number, side: "left" | "right"): string {
  const fill = " ".repeat(Math.max(0, columns - displayWidth(text)));
  return side === "left" ? text + fill : fill + text;
}

/**
 * Words flowed into lines of at most `columns`, at most `most` lines, a cut marked by `…`; so is a single
 * word that is longer than a line. A unit stays with its number.
 */
export function wrap(text: string, columns: number, most: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/ (?!%|m?s\b)/)) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line === "" || displayWidth(longer) <= columns) {
      line = clip(longer, columns);
      continue;
    }
    lines.push(line);
    line = clip(word, columns);
    if (lines.length === most) return [...lines.slice(0, -1), clip(`${lines.at(-1)} ${line}…`, columns)];
  }
  return [...lines, line];
}

/** Code units that both texts start with; never ends inside a surrogate pair. */
export function commonPrefix(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length > 0 && isHigh(a.charCodeAt(length - 1)) ? length - 1 : length;
}

/** Code units that both texts end with, not counting the first `prefix` of either. */
export function commonSuffix(a: string, b: string, prefix: number): number {
  const most = Math.min(a.length, b.length) - prefix;
  let length = 0;
  while (length < most && a.charCodeAt(a.length - 1 - length) === b.charCodeAt(b.length - 1 - length)) length++;
  const splits = length > 0 && isLow(a.charCodeAt(a.length - length));
  return splits ? length - 1 : length;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
