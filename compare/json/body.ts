/** Bodies that are not JSON, as one string value at `$`, so that the same rules judge them. */
import { isUtf8 } from "node:buffer";
import type { JsonDocument } from "./node.ts";

/**
 * The body as a document of one string. Bytes that are not UTF-8 stand as lone surrogates U+DC80–U+DCFF, as
 * Python's surrogateescape does: different bytes are always different strings.
 */
export function textDocument(bytes: Uint8Array): JsonDocument {
  const value = decode(bytes);
  const text = JSON.stringify(value);
  const root = { kind: "string", start: 0, end: text.length, value } as const;
  return { text, root, duplicates: 0, byteOrderMark: false, bareNumbers: 0 };
}

function decode(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString("utf8");
  const parts: string[] = [];
  let plain = 0;
  for (let i = 0; i < buffer.length; ) {
    const length = sequenceLength(buffer, i);
    if (length === 0) {
      parts.push(buffer.toString("utf8", plain, i), String.fromCharCode(0xdc00 + (buffer[i] ?? 0)));
      plain = i + 1;
    }
    i += Math.max(length, 1);
  }
  parts.push(buffer.toString("utf8", plain));
  return parts.join("");
}

/** Bytes of the valid UTF-8 sequence at `at`; 0 when there is none. */
function sequenceLength(buffer: Buffer, at: number): number {
  const lead = buffer[at] ?? 0;
  if (lead < 0x80) return 1;
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  return length > 0 && at + length <= buffer.length && isUtf8(buffer.subarray(at, at + length)) ? length : 0;
}
