/**
 * Text from outside on its way to a terminal or the log of a CI runner: it may hold anything, and must not steer
 * either. Reports show more of what cannot be seen (compare/report/text.ts); this is the least that any line gets.
 */

/**
 * CI runners read commands in what a program prints: GitHub `::command::` at the start of a line and `##[command]`
 * anywhere, Azure `##vso[…]`. None may come from a value.
 */
export function inert(text: string): string {
  return text.replace(/(^|\s):(?=:)/g, "$1\\u003a").replace(/##(?=[\w.]*\[)/g, "#\\u0023");
}

/** Line breaks and tabs stay; what moves, hides or reverses other text is shown, not obeyed; nor is a command. */
export function printable(text: string): string {
  return inert(text.replace(UNSAFE, (char) => (char === "\n" || char === "\t" ? char : escaped(char))));
}

/** The same JSON document: what a terminal or a runner would obey is written as the escape that JSON has for it. */
export function inertJson(json: string): string {
  return json.replace(JSON_UNSAFE, escaped).replace(/##(?=[\w.]*\[)/g, "#\\u0023");
}

const UNSAFE = /\p{Cc}|\p{Bidi_Control}|[\u2028\u2029]|\p{Cs}/gu;
/** In JSON the characters below the space stand as escapes already, or are its own line breaks. */
const JSON_UNSAFE = /[\u007f-\u009f\u2028\u2029]|\p{Bidi_Control}/gu;

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
