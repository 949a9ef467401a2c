/** What makes tokenizers and parsers differ over a text: scripts, and what stands in it. */

/** Scripts by their own word; a text may be of several. The first two cover all others. */
const SCRIPTS: readonly (readonly [word: string, pattern: RegExp])[] = [
  ["non-ASCII", /[^\0-\x7f]/],
  ["accented Latin", /[À-ÖØ-öø-ɏḀ-ỿ]/],
  ["Cyrillic", /\p{Script=Cyrillic}/u],
  ["Greek", /\p{Script=Greek}/u],
  ["CJK", /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u],
  ["Arabic", /\p{Script=Arabic}/u],
  ["Hebrew", /\p{Script=Hebrew}/u],
  ["Devanagari", /\p{Script=Devanagari}/u],
  ["Thai", /\p{Script=Thai}/u],
  ["emoji", /\p{Extended_Pictographic}/u],
];

const CONTENTS: readonly (readonly [word: string, pattern: RegExp])[] = [
  ["a space at its beginning or end", /^\s|\s$/],
  ["a line break", /[\r\n\u2028\u2029]/],
  ["a tab", /\t/],
  ["several spaces in a row", / {2}/],
  ["a URL", /\b(?:https?|ftp):\/\/|\bwww\./i],
  ["markup", /<\/?[a-z][^<>]{0,200}>|&[a-z]{2,8};|&#\d+;/i],
  ["a quote or backslash", /["\\]/],
  ["combining marks", /\p{M}/u],
  ["invisible characters", /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/],
  ["control characters", /[^\P{Cc}\s]/u],
];

/** Texts of this much are looked at; what follows has only its length. */
const LOOKED_AT_CHARS = 16_384;

/** Words of the scripts of a text; none of an empty one. */
export function scriptsOf(text: string): string[] {
  const head = text.slice(0, LOOKED_AT_CHARS);
  if (head === "") return [];
  if (isAscii(head)) return ["ASCII"];
  return SCRIPTS.filter(([, pattern]) => pattern.test(head)).map(([word]) => word);
}

/** What the text has, or is. */
export function contentsOf(text: string): string[] {
  const head = text.slice(0, LOOKED_AT_CHARS);
  if (head === "") return ["empty"];
  const found = CONTENTS.filter(([, pattern]) => pattern.test(head)).map(([word]) => word);
  if (head.trim() === "") found.push("only spaces");
  if (/^\d+$/.test(head)) found.push("only digits");
  else if (/\d/.test(head)) found.push("a digit");
  if (head === head.toUpperCase() && head !== head.toLowerCase()) found.push("only upper case");
  return found;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
