/** JSON Lines as one JSON list: an element a line, blank lines left out. */
import type { Conversion } from "./formats.ts";
import { parseJsonText } from "./parse.ts";

/** Each line must be a value by itself: `1,2` on a line would otherwise read as two. */
export function linesToJson(text: string): Conversion {
  const lines = text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  const values: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (/^[ \t]*$/.test(line)) continue;
    const parsed = parseJsonText(line);
    if (!parsed.ok || parsed.document.byteOrderMark) {
      return { reason: `line ${index + 1}: ${parsed.ok ? "a byte-order mark inside the text" : parsed.reason}` };
    }
    values.push(line);
  }
  return { json: `[${values.join(",")}]` };
}
