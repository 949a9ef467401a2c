/** Two answers side by side, by what they are: documents, texts, or bytes. Values are masked as configured. */
import { isUtf8 } from "node:buffer";
import { LIMITS } from "../../src/limits.ts";
import { mediaType, parseBody } from "../json/formats.ts";
import type { JsonDocument } from "../json/node.ts";
import { HIDDEN_TEXT, type Mask, maskBody, maskValue } from "../triage/mask.ts";
import type { Answer } from "../types.ts";
import { type DiffRow, diffJson } from "./json-diff.ts";
import { diffHex, diffLines, type HexRow, type LineRow } from "./text-diff.ts";

/** `cut`: rows that differ and are not shown. */
export type BodiesDiff =
  | { readonly as: "equal" }
  | { readonly as: "json"; readonly rows: readonly ShownRow[]; readonly cut: number }
  | { readonly as: "text"; readonly rows: readonly LineRow[]; readonly cut: number }
  | { readonly as: "bytes"; readonly rows: readonly HexRow[]; readonly cut: number }
  /** They differ, and a mask hides all of them. */
  | { readonly as: "hidden" };

export type ShownRow = Omit<DiffRow, "keys">;

/** Both as documents, where their types say that they are. */
export interface Documents {
  readonly legacy: JsonDocument;
  readonly candidate: JsonDocument;
}

export interface Compared {
  readonly shown: BodiesDiff;
  /** Null unless `shown.as` is `json`; rows unmasked. */
  readonly documents: Documents | null;
  readonly rows: readonly DiffRow[];
}

export function diffBodies(legacy: Answer, candidate: Answer, mask: Mask | null): Compared {
  const none = { documents: null, rows: [] };
  if (Buffer.compare(legacy.body, candidate.body) === 0) return { ...none, shown: { as: "equal" } };
  const documents = documentsOf(legacy, candidate);
  if (documents !== null) {
    const { rows, cut } = diffJson(documents.legacy, documents.candidate, LIMITS.showRows);
    return { documents, rows, shown: { as: "json", rows: rows.map((row) => maskRow(row, mask)), cut } };
  }
  if (mask !== null) return { ...none, shown: { as: "hidden" } };
  if (isText(legacy.body) && isText(candidate.body)) {
    const lines = diffLines(textOf(legacy.body), textOf(candidate.body), LIMITS.showRows);
    return { ...none, shown: { as: "text", ...lines } };
  }
  return { ...none, shown: { as: "bytes", ...diffHex(legacy.body, candidate.body, LIMITS.showRows) } };
}

/** A body to be shown: masked, cut; null where it is no text. */
export function shownText(mask: Mask | null, type: string, body: Uint8Array): string | null {
  if (mask === null && !isText(body)) return null;
  const text = mask === null ? textOf(body) : maskBody(mask, type, body);
  return text.length <= LIMITS.showTextChars ? text : `${text.slice(0, LIMITS.showTextChars).toWellFormed()}…`;
}

function documentsOf(legacy: Answer, candidate: Answer): Documents | null {
  if (!isStructured(legacy.type) || !isStructured(candidate.type)) return null;
  const [old, now] = [parseBody(legacy.type, legacy.body), parseBody(candidate.type, candidate.body)];
  return old.ok && now.ok ? { legacy: old.document, candidate: now.document } : null;
}

/** Of any other type a body is one text, and paths lead nowhere in it. */
function isStructured(type: string): boolean {
  const media = mediaType(type);
  return media.includes("json") || media === "text/csv";
}

function maskRow({ keys: _, ...row }: DiffRow, mask: Mask | null): ShownRow {
  const side = (text: string | null): string | null => (text === null ? null : maskValue(mask, row.path, text));
  return { ...row, legacy: side(row.legacy), candidate: side(row.candidate) };
}

/** No control characters but those of text: a PNG that happens to be valid UTF-8 does not exist, a protobuf may. */
function isText(body: Uint8Array): boolean {
  return isUtf8(body) && !body.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
}

/** A text of a failure, which may quote what was sent. */
export function shownDetail(mask: Mask | null, detail: string | null): string | null {
  return detail === null || mask === null ? detail : HIDDEN_TEXT;
}
