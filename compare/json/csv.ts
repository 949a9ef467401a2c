/**
 * CSV (RFC 4180) as JSON: a list of rows, each a list of cells, or with a header an object of them. An unquoted
 * cell that is a number literal is a number as written; every other cell is a string, an empty one the empty string.
 */
import type { Conversion } from "./formats.ts";

export function csvToJson(text: string, header: boolean): Conversion {
  const read = readRows(text);
  if ("reason" in read) return read;
  const rows = read.rows.map((row) => row.map(cellJson));
  if (!header) return { json: `[${rows.map((row) => `[${row.join(",")}]`).join(",")}]` };
  const names = (read.rows[0] ?? []).map(({ value }) => value);
  if (new Set(names).size < names.length) return { reason: "row 1: a name stands twice in the header" };
  const longer = rows.findIndex((row) => row.length > names.length);
  if (longer >= 0) return { reason: `row ${longer + 1}: more cells than the header has names` };
  const keys = names.map((name) => JSON.stringify(name));
  const objects = rows.slice(1).map((row) => `{${row.map((cell, i) => `${keys[i]}:${cell}`).join(",")}}`);
  return { json: `[${objects.join(",")}]` };
}

interface Cell {
  readonly value: string;
  readonly quoted: boolean;
}

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
/** What Python, numpy and Java print; JSON's reader knows the second spelling. */
const NOT_FINITE: ReadonlyMap<string, string> = new Map([
  ["nan", "NaN"],
  ["NaN", "NaN"],
  ["inf", "Infinity"],
  ["Infinity", "Infinity"],
  ["-inf", "-Infinity"],
  ["-Infinity", "-Infinity"],
]);

function cellJson({ value, quoted }: Cell): string {
  if (!quoted && NUMBER.test(value)) return value;
  return (quoted ? undefined : NOT_FINITE.get(value)) ?? JSON.stringify(value);
}

/** An empty line is a row without cells; the line end of the last row begins no other. */
function readRows(text: string): { readonly rows: Cell[][] } | { readonly reason: string } {
  const rows: Cell[][] = [];
  let row: Cell[] = [];
  for (let at = 0; at < text.length; ) {
    const found = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at);
    const after = found === null ? "" : endOfCell(text, found.end);
    if (found === null || after === null) {
      return { reason: `row ${rows.length + 1}: cannot read the cell at offset ${at}` };
    }
    const { cell, end } = found;
    if (row.length > 0 || cell.quoted || cell.value !== "" || after === ",") row.push(cell);
    at = end + after.length;
    if (after === "," && at === text.length) row.push({ value: "", quoted: false });
    if (after === "," && at < text.length) continue;
    rows.push(row);
    row = [];
  }
  return { rows };
}

interface FoundCell {
  readonly cell: Cell;
  readonly end: number;
}

/** By hand and not by a pattern: a pattern's stack does not hold a cell of megabytes. Null when it is not closed. */
function quotedCell(text: string, at: number): FoundCell | null {
  let from = at + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return null;
    if (text[quote + 1] === '"') from = quote + 2;
    else {
      const value = text.slice(at + 1, quote).replaceAll('""', '"');
      return { cell: { value, quoted: true }, end: quote + 1 };
    }
  }
}

/** Up to the next comma or line end; a quote inside stands for itself. */
function plainCell(text: string, at: number): FoundCell {
  let end = at;
  while (end < text.length && text[end] !== "," && text[end] !== "\n") end++;
  if (text[end] === "\n" && end > at && text[end - 1] === "\r") end--;
  return { cell: { value: text.slice(at, end), quoted: false }, end };
}

/** Comma, line end, or nothing at the end of the text; null for anything else. */
function endOfCell(text: string, at: number): "," | "\n" | "\r\n" | "" | null {
  if (at >= text.length) return "";
  if (text[at] === "," || text[at] === "\n") return text[at] as "," | "\n";
  return text.startsWith("\r\n", at) ? "\r\n" : null;
}
