/** Bodies as documents, each by what its media type says it is, so that one set of rules judges them all. */
import { isUtf8 } from "node:buffer";
import { textDocument } from "./body.ts";
import { csvToJson } from "./csv.ts";
import { linesToJson } from "./lines.ts";
import { type ParseResult, parseJson, parseJsonText } from "./parse.ts";

/** JSON; JSON Lines and CSV as lists of their rows; anything else as one string at `$`. */
export function parseBody(type: string, body: Uint8Array): ParseResult {
  const media = mediaType(type);
  if (isJson(media)) return parseJson(body);
  if (JSON_LINES.has(media)) return viaJson(body, linesToJson);
  if (media === "text/csv") return viaJson(body, (text) => csvToJson(text, hasHeader(type)));
  return { ok: true, document: textDocument(body) };
}

/** Without parameters, in lower case. */
export function mediaType(type: string): string {
  const end = type.indexOf(";");
  return (end < 0 ? type : type.slice(0, end)).trim().toLowerCase();
}

/** The body as JSON text, or why it cannot be read. */
export type Conversion = { readonly json: string } | { readonly reason: string };

const JSON_LINES: ReadonlySet<string> = new Set([
  "application/x-ndjson",
  "application/ndjson",
  "application/jsonlines",
  "application/x-jsonlines",
  "application/jsonl",
]);

function isJson(media: string): boolean {
  return media === "application/json" || media === "text/json" || media.endsWith("+json");
}

/** RFC 4180's own parameter; nothing is guessed from the first row. */
function hasHeader(type: string): boolean {
  return /;\s*header\s*=\s*"?present"?\s*(;|$)/i.test(type);
}

/** The document's text is JSON, as every finding's text is. */
function viaJson(body: Uint8Array, convert: (text: string) => Conversion): ParseResult {
  if (!isUtf8(body)) return { ok: false, reason: "not valid UTF-8" };
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
  const byteOrderMark = text.charCodeAt(0) === 0xfeff;
  const converted = convert(byteOrderMark ? text.slice(1) : text);
  if ("reason" in converted) return { ok: false, reason: converted.reason };
  const parsed = parseJsonText(converted.json);
  return parsed.ok ? { ok: true, document: { ...parsed.document, byteOrderMark } } : parsed;
}
