/**
 * The findings as text, one row a line. Data, not a document for people: values stand exactly as they are,
 * so a CSV cell that starts with `=`, `+`, `-` or `@` keeps that character (a spreadsheet may read it as a
 * formula; open such a file as text), and control characters pass through.
 */
import type { ColumnValues } from "../../src/parquet/types.ts";
import { DIFFS } from "../../src/record.ts";
import type { Encoder } from "./encoder.ts";

const NAMES = DIFFS.columns.map(({ name }) => name);
/** Characters gathered before they are handed on: few writes, little memory. */
const PIECE_CHARS = 64 * 1024;

/**
 * One JSON object a line. int64 stands as a number with all its digits (read it with a parser that keeps
 * them), null is null, lone surrogates are escaped.
 */
export function ndjsonEncoder(): Encoder {
  const keys = NAMES.map((name, i) => `${i === 0 ? "{" : ","}${JSON.stringify(name)}:`);
  return {
    rows: (columns) => lines(columns, (cells) => `${cells.map((cell, i) => keys[i] + json(cell)).join("")}}\n`),
    end: () => [],
  };
}

function json(cell: unknown): string {
  if (typeof cell === "bigint") return cell.toString();
  return Object.is(cell, -0) ? "-0" : (JSON.stringify(cell) ?? "null");
}

/** RFC 4180 with a header: CRLF, quotes where needed. Null is an empty cell, an empty text is `""`. */
export function csvEncoder(): Encoder {
  let head = `${NAMES.join(",")}\r\n`;
  const takeHead = (): string[] => {
    const taken = head === "" ? [] : [head];
    head = "";
    return taken;
  };
  return {
    *rows(columns) {
      yield* takeHead();
      yield* lines(columns, (cells) => `${cells.map(csv).join(",")}\r\n`);
    },
    end: takeHead,
  };
}

function csv(cell: unknown): string {
  if (cell === null || cell === undefined) return "";
  const text = Object.is(cell, -0) ? "-0" : String(cell);
  return text === "" || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function* lines(
  columns: Readonly<Record<string, ColumnValues>>,
  line: (cells: readonly unknown[]) => string,
): Generator<string> {
  const inOrder = NAMES.map((name) => columns[name] ?? []);
  const rows = inOrder[0]?.length ?? 0;
  let piece = "";
  for (let row = 0; row < rows; row++) {
    piece += line(inOrder.map((values) => values[row] ?? null));
    if (piece.length < PIECE_CHARS) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}
