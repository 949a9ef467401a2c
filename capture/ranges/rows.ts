/**
 * Captured rows of one range, column by column: payload bytes in one arena, ids and attributes in another,
 * numbers in typed arrays, repeated texts once. No object is kept per row, so a million rows cost the
 * garbage collector nothing.
 *
 * A payload run is header, input, output. The header (20 bytes, little-endian: position int64, input
 * length uint32, output length uint32, status int32) makes the used bytes of the payload arena, in order,
 * exactly what `contentSha256` is the hash of.
 */
import { createHash } from "node:crypto";
import type { ByteColumn } from "../../src/parquet/types.ts";
import type { Fields } from "../mapping/mapping.ts";
import { Arena, type ChunkPool } from "./chunks.ts";

const HEADER_BYTES = 20;
const NO_TEXT = -1;
/** Columns that hold numbers, and the memory one row takes in them. */
const ROW_BYTES = 96;
const FIRST_ROWS = 64;

type Numbers = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

export class Rows {
  count = 0;
  /** UTC milliseconds over the rows. */
  minTime = Number.POSITIVE_INFINITY;
  maxTime = Number.NEGATIVE_INFINITY;
  readonly payload: Arena;
  readonly text: Arena;
  /** Distinct texts of model, model version and content types, by index. */
  readonly words: string[] = [];
  readonly #wordIndex = new Map<string, number>();
  /** Types follow each other in every row, and are mostly one and the same. */
  #lastWord: string | undefined;
  #lastIndex = 0;
  #wordBytes = 0;
  #capacity = FIRST_ROWS;
  #first: bigint;

  // Numbers all in doubles, words and places all in int32: loops over columns then meet one type of array each.
  delta = new Float64Array(FIRST_ROWS);
  capturedAt = new Float64Array(FIRST_ROWS);
  latency = new Float64Array(FIRST_ROWS);
  fromMessage = new Float64Array(FIRST_ROWS);
  status = new Float64Array(FIRST_ROWS);
  model = new Int32Array(FIRST_ROWS);
  version = new Int32Array(FIRST_ROWS);
  inputType = new Int32Array(FIRST_ROWS);
  outputType = new Int32Array(FIRST_ROWS);
  payloadChunk = new Int32Array(FIRST_ROWS);
  inputAt = new Int32Array(FIRST_ROWS);
  inputBytes = new Int32Array(FIRST_ROWS);
  outputAt = new Int32Array(FIRST_ROWS);
  outputBytes = new Int32Array(FIRST_ROWS);
  textChunk = new Int32Array(FIRST_ROWS);
  idAt = new Int32Array(FIRST_ROWS);
  idBytes = new Int32Array(FIRST_ROWS);
  attributesAt = new Int32Array(FIRST_ROWS);
  attributesBytes = new Int32Array(FIRST_ROWS);

  constructor(first: bigint, pool: ChunkPool) {
    this.#first = first;
    this.payload = new Arena(pool);
    this.text = new Arena(pool);
  }

  /** Memory held, used or not. */
  get heldBytes(): number {
    return this.payload.heldBytes + this.text.heldBytes + this.#wordBytes + this.#capacity * ROW_BYTES;
  }

  /** Copies one record in. Positions come in rising order. Returns its uncompressed bytes. */
  add(offset: bigint, fields: Fields): number {
    if (this.count === this.#capacity) this.#grow();
    const row = this.count++;
    this.delta[row] = Number(offset - this.#first);
    this.capturedAt[row] = fields.capturedAt;
    this.minTime = Math.min(this.minTime, fields.capturedAt);
    this.maxTime = Math.max(this.maxTime, fields.capturedAt);
    this.latency[row] = fields.latencyMs ?? Number.NaN;
    this.fromMessage[row] = fields.capturedAtFromMessage ? 1 : 0;
    this.model[row] = this.#word(fields.model);
    this.version[row] = fields.modelVersion === null ? NO_TEXT : this.#word(fields.modelVersion);
    this.inputType[row] = this.#word(fields.inputType);
    this.outputType[row] = this.#word(fields.outputType);
    this.status[row] = fields.status;
    const payload = this.#addPayload(row, offset, fields);
    const text = this.#addText(row, fields);
    return payload + text + ROW_BYTES;
  }

  ids(order: Int32Array): ByteColumn {
    return columnOf(this.text.chunks, this.textChunk, this.idAt, this.idBytes, order);
  }

  attributes(order: Int32Array): ByteColumn {
    return columnOf(this.text.chunks, this.textChunk, this.attributesAt, this.attributesBytes, order);
  }

  inputs(order: Int32Array): ByteColumn {
    return columnOf(this.payload.chunks, this.payloadChunk, this.inputAt, this.inputBytes, order);
  }

  outputs(order: Int32Array): ByteColumn {
    return columnOf(this.payload.chunks, this.payloadChunk, this.outputAt, this.outputBytes, order);
  }

  /** Uncompressed bytes of a row, for bounding row groups. */
  rowBytes(row: number): number {
    const attributes = Math.max(0, this.attributesBytes[row] as number);
    return (
      ROW_BYTES +
      (this.inputBytes[row] as number) +
      (this.outputBytes[row] as number) +
      (this.idBytes[row] as number) +
      attributes
    );
  }

  contentSha256(): string {
    const hash = createHash("sha256");
    this.payload.chunks.forEach((chunk, i) => {
      hash.update(chunk.subarray(0, this.payload.used[i]));
    });
    return hash.digest("hex");
  }

  release(): void {
    this.payload.release();
    this.text.release();
  }

  #addPayload(row: number, offset: bigint, { input, output, status }: Fields): number {
    const bytes = HEADER_BYTES + input.length + output.length;
    const at = this.payload.reserve(bytes);
    const chunk = this.payload.chunks[this.payload.chunks.length - 1] as Buffer;
    chunk.writeBigInt64LE(offset, at);
    chunk.writeUInt32LE(input.length, at + 8);
    chunk.writeUInt32LE(output.length, at + 12);
    chunk.writeInt32LE(status, at + 16);
    chunk.set(input, at + HEADER_BYTES);
    chunk.set(output, at + HEADER_BYTES + input.length);
    this.payloadChunk[row] = this.payload.chunks.length - 1;
    this.inputAt[row] = at + HEADER_BYTES;
    this.inputBytes[row] = input.length;
    this.outputAt[row] = at + HEADER_BYTES + input.length;
    this.outputBytes[row] = output.length;
    return bytes;
  }

  #addText(row: number, { id, attributes }: Fields): number {
    const idBytes = Buffer.byteLength(id);
    const attributesBytes = attributes === null ? 0 : Buffer.byteLength(attributes);
    const at = this.text.reserve(idBytes + attributesBytes);
    const index = this.text.chunks.length - 1;
    const chunk = this.text.chunks[index] as Buffer;
    chunk.write(id, at);
    if (attributes !== null) chunk.write(attributes, at + idBytes);
    this.textChunk[row] = index;
    this.idAt[row] = at;
    this.idBytes[row] = idBytes;
    this.attributesAt[row] = at + idBytes;
    this.attributesBytes[row] = attributes === null ? NO_TEXT : attributesBytes;
    return idBytes + attributesBytes;
  }

  #word(text: string): number {
    if (text === this.#lastWord) return this.#lastIndex;
    const index = this.#indexOf(text);
    this.#lastWord = text;
    this.#lastIndex = index;
    return index;
  }

  #indexOf(text: string): number {
    const known = this.#wordIndex.get(text);
    if (known !== undefined) return known;
    this.#wordIndex.set(text, this.words.length);
    this.#wordBytes += 2 * text.length + 100;
    return this.words.push(text) - 1;
  }

  #grow(): void {
    this.#capacity *= 2;
    const more = <T extends Numbers>(old: T): T => {
      const grown = new (old.constructor as new (length: number) => T)(this.#capacity);
      grown.set(old);
      return grown;
    };
    this.delta = more(this.delta);
    this.capturedAt = more(this.capturedAt);
    this.latency = more(this.latency);
    this.fromMessage = more(this.fromMessage);
    this.status = more(this.status);
    this.model = more(this.model);
    this.version = more(this.version);
    this.inputType = more(this.inputType);
    this.outputType = more(this.outputType);
    this.payloadChunk = more(this.payloadChunk);
    this.inputAt = more(this.inputAt);
    this.inputBytes = more(this.inputBytes);
    this.outputAt = more(this.outputAt);
    this.outputBytes = more(this.outputBytes);
    this.textChunk = more(this.textChunk);
    this.idAt = more(this.idAt);
    this.idBytes = more(this.idBytes);
    this.attributesAt = more(this.attributesAt);
    this.attributesBytes = more(this.attributesBytes);
  }
}

export function gatherNumbers(values: Float64Array, order: Int32Array): Float64Array {
  const gathered = new Float64Array(order.length);
  for (let i = 0; i < order.length; i++) gathered[i] = values[order[i] as number] as number;
  return gathered;
}

export function gatherInts(values: Int32Array, order: Int32Array): Int32Array {
  const gathered = new Int32Array(order.length);
  for (let i = 0; i < order.length; i++) gathered[i] = values[order[i] as number] as number;
  return gathered;
}

function columnOf(
  chunks: readonly Uint8Array[],
  chunk: Int32Array,
  start: Int32Array,
  length: Int32Array,
  order: Int32Array,
): ByteColumn {
  return {
    rows: order.length,
    chunks,
    chunk: gatherInts(chunk, order),
    start: gatherInts(start, order),
    length: gatherInts(length, order),
  };
}
