/** Unicode default case folding (full) and White_Space, which JavaScript lacks. No locale in here. */

/**
 * Folds each code point by itself to the lower case of its upper case. Checked against the CaseFolding C and F
 * mappings of every code point, this makes the same classes of equal strings, with two exceptions handled here:
 * `ẞ` folds to `ss` (its upper case is itself) and the dotless `ı` only to itself (its upper case is `I`).
 * Going by code point keeps a final sigma from depending on its neighbours: `Σ`, `σ` and `ς` all become `σ`.
 * Cherokee folds here to small letters where the standard says capitals; the classes are the same.
 */
export function foldCase(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  let folded = "";
  for (const character of text) folded += foldCharacter(character);
  return folded;
}

/** Without White_Space at both ends: `trim()` would keep U+0085 and drop U+FEFF, which is not White_Space. */
export function trimSpace(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && WHITE_SPACE.test(text[from] ?? "")) from++;
  while (to > from && WHITE_SPACE.test(text[to - 1] ?? "")) to--;
  return text.slice(from, to);
}

const ASCII = /^[\0-\x7f]*$/;
const WHITE_SPACE = /^\p{White_Space}$/u;

function foldCharacter(character: string): string {
  if (character === "ẞ") return "ss";
  if (character === "ı") return character;
  let folded = "";
  for (const upper of character.toUpperCase()) folded += upper.toLowerCase();
  return folded;
}
