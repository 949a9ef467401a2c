/**
 * A large JSON document as bytes, a line at a time, so that neither writing nor reading ever has all of its text in memory:
 * each value outside of an array is a line, and each item of an outermost array. Lines are packed in pieces, with a checksum.
 */
import { CutoverError } from "../../src/errors.ts";
import { COMPRESSORS } from "../../src/parquet/compressors.ts";
import { compressPage } from "../../src/parquet/zstd.ts";

/** Only what JSON has; members of objects that are undefined are not there afterwards. */
export function encodeDocument(document: object): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  let lines: string[] = [];
  let chars = 0;
  const flush = (): void => {
    if (lines.length > 0) pieces.push(...packed(lines.join("\n")));
    lines = [];
    chars = 0;
  };
  for (const line of linesOf([], document)) {
    const text = JSON.stringify(line);
    lines.push(text);
    chars += text.length;
    if (chars >= PIECE_CHARS) flush();
  }
  flush();
  const count = Buffer.alloc(COUNT_BYTES);
  count.writeUInt32LE(pieces.length / 2);
  return joined([count, ...pieces]);
}

/** The document, or PARQUET_CORRUPT: bytes that are not whole, or none of ours. `place` is where they stood. */
export function decodeDocument(bytes: Uint8Array, place: string): unknown {
  const root: Record<string, unknown> = {};
  try {
    for (const text of unpacked(bytes)) for (const line of text.split("\n")) put(root, JSON.parse(line) as Line);
  } catch (cause) {
    throw new CutoverError("PARQUET_CORRUPT", "a stored part of a comparison cannot be read", { place, cause });
  }
  return root;
}

const PIECE_CHARS = 1024 * 1024;
/** In front of all: how many pieces there are. Before each: its bytes, and those it unpacks to. */
const COUNT_BYTES = 4;
const HEADER_BYTES = 8;

/** Members that lead to a value; a third element of 1: the value is the next item of the array there. */
type Line = readonly [path: readonly string[], value: unknown, item?: 1];

function* linesOf(path: readonly string[], value: unknown): Iterable<Line> {
  if (Array.isArray(value)) {
    yield [path, []];
    for (const item of value) yield [path, item, 1];
  } else if (typeof value === "object" && value !== null) {
    if (path.length > 0) yield [path, {}];
    for (const [name, inner] of Object.entries(value)) if (inner !== undefined) yield* linesOf([...path, name], inner);
  } else {
    yield [path, value];
  }
}

function put(root: Record<string, unknown>, [path, value, item]: Line): void {
  let into = root;
  for (const name of path.slice(0, -1)) into = into[name] as Record<string, unknown>;
  const last = path.at(-1) as string;
  if (item === 1) (into[last] as unknown[]).push(value);
  else into[last] = value;
}

function packed(text: string): Uint8Array[] {
  const raw = Buffer.from(text);
  const piece = compressPage(raw);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(piece.length, 0);
  header.writeUInt32LE(raw.length, 4);
  return [header, piece];
}

function* unpacked(bytes: Uint8Array): Iterable<string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  let at = COUNT_BYTES;
  for (let piece = 0; piece < count; piece++) {
    const end = at + HEADER_BYTES + view.getUint32(at, true);
    const raw = COMPRESSORS.ZSTD(bytes.subarray(at + HEADER_BYTES, end), view.getUint32(at + 4, true));
    yield raw.toString();
    at = end;
  }
  if (at !== bytes.length) throw new RangeError(`${bytes.length} bytes instead of ${at}`);
}

/** Of its own memory, so that it can move to another thread. */
function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
