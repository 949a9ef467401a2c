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
import type { ByteColumn } from "../src/parquet/types.ts";
import { Arena, type ChunkPool } from "./chunks.ts";
import type { Fields } from "./mapping.ts";

const HEADER_BYTES = 20;
const NO_TEXT = -1;
/** Columns that hold numbers, and the memory one row takes in them. */
const ROW_BYTES = 84;
const FIRST_ROWS = 64;

type Numbers = Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

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
  #wordBytes = 0;
  #capacity = FIRST_ROWS;
  #first: bigint;

  delta = new Float64Array(FIRST_ROWS);
  capturedAt = new Float64Array(FIRST_ROWS);
  latency = new Float64Array(FIRST_ROWS);
  fromMessage = new Uint8Array(FIRST_ROWS);
  model = new Uint32Array(FIRST_ROWS);
  version = new Int32Array(FIRST_ROWS);
  inputType = new Uint32Array(FIRST_ROWS);
  outputType = new Uint32Array(FIRST_ROWS);
  status = new Int32Array(FIRST_ROWS);
  payloadChunk = new Uint32Array(FIRST_ROWS);
  payloadAt = new Uint32Array(FIRST_ROWS);
  inputBytes = new Uint32Array(FIRST_ROWS);
  outputBytes = new Uint32Array(FIRST_ROWS);
  textChunk = new Uint32Array(FIRST_ROWS);
  textAt = new Uint32Array(FIRST_ROWS);
  idBytes = new Uint32Array(FIRST_ROWS);
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

  ids(order: Uint32Array): ByteColumn {
    return this.#column(order, this.text, this.textChunk, (row) => this.textAt[row] as number, this.idBytes);
  }

  attributes(order: Uint32Array): ByteColumn {
    const start = (row: number): number => (this.textAt[row] as number) + (this.idBytes[row] as number);
    return this.#column(order, this.text, this.textChunk, start, this.attributesBytes);
  }

  inputs(order: Uint32Array): ByteColumn {
    const start = (row: number): number => (this.payloadAt[row] as number) + HEADER_BYTES;
    return this.#column(order, this.payload, this.payloadChunk, start, this.inputBytes);
  }

  outputs(order: Uint32Array): ByteColumn {
    const start = (row: number): number =>
      (this.payloadAt[row] as number) + HEADER_BYTES + (this.inputBytes[row] as number);
    return this.#column(order, this.payload, this.payloadChunk, start, this.outputBytes);
  }

  #column(
    order: Uint32Array,
    { chunks }: Arena,
    chunkOf: Uint32Array,
    startOf: (row: number) => number,
    lengthOf: Uint32Array | Int32Array,
  ): ByteColumn {
    const rows = order.length;
    const chunk = new Uint32Array(rows);
    const start = new Uint32Array(rows);
    const length = new Int32Array(rows);
    for (let i = 0; i < rows; i++) {
      const row = order[i] as number;
      chunk[i] = chunkOf[row] as number;
      start[i] = startOf(row);
      length[i] = lengthOf[row] as number;
    }
    return { rows, chunks, chunk, start, length };
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
    this.payloadAt[row] = at;
    this.inputBytes[row] = input.length;
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
    this.textAt[row] = at;
    this.idBytes[row] = idBytes;
    this.attributesBytes[row] = attributes === null ? NO_TEXT : attributesBytes;
    return idBytes + attributesBytes;
  }

  #word(text: string): number {
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
    this.model = more(this.model);
    this.version = more(this.version);
    this.inputType = more(this.inputType);
    this.outputType = more(this.outputType);
    this.status = more(this.status);
    this.payloadChunk = more(this.payloadChunk);
    this.payloadAt = more(this.payloadAt);
    this.inputBytes = more(this.inputBytes);
    this.outputBytes = more(this.outputBytes);
    this.textChunk = more(this.textChunk);
    this.textAt = more(this.textAt);
    this.idBytes = more(this.idBytes);
    this.attributesBytes = more(this.attributesBytes);
  }
}
