/**
 * Takes the captured rows of one range. No object is kept per row, so a million rows cost the garbage collector
 * nothing, and the memory comes from a pool: steady work allocates nothing outside of V8's heap, which makes V8
 * collect all of it.
 *
 * A payload run is header, input, output. The header (20 bytes, little-endian: position int64, input
 * length uint32, output length uint32, status int32) makes the used bytes of the payload arena, in order,
 * exactly what `contentSha256` is the hash of.
 */
import type { Fields } from "../mapping/mapping.ts";
import { Arena, type ChunkPool } from "./chunks.ts";
import { Block, NO_TEXT, ROW_BYTES, type RowColumns } from "./columns.ts";

const HEADER_BYTES = 20;
const FIRST_ROWS = 64;

export class Rows {
  count = 0;
  /** UTC milliseconds over the rows. */
  minTime = Number.POSITIVE_INFINITY;
  maxTime = Number.NEGATIVE_INFINITY;
  readonly #payload: Arena;
  readonly #text: Arena;
  readonly #pool: ChunkPool;
  readonly #words: string[] = [];
  readonly #wordIndex = new Map<string, number>();
  /** Types follow each other in every row, and are mostly one and the same. */
  #lastWord: string | undefined;
  #lastIndex = 0;
  #wordBytes = 0;
  readonly #first: bigint;
  readonly #firstNumber: number;
  #block: Block | undefined;

  constructor(first: bigint, pool: ChunkPool) {
    this.#first = first;
    this.#firstNumber = Number(first);
    this.#pool = pool;
    this.#payload = new Arena(pool);
    this.#text = new Arena(pool);
  }

  /** Memory held, used or not. */
  get heldBytes(): number {
    const numbers = this.#block?.buffer.byteLength ?? 0;
    return this.#payload.heldBytes + this.#text.heldBytes + this.#wordBytes + numbers;
  }

  /** Copies one record in. Positions come in rising order. Returns its uncompressed bytes. */
  add(offset: bigint, fields: Fields): number {
    const row = this.count++;
    const block = this.#block === undefined || row === this.#block.capacity ? this.#grow(row) : this.#block;
    // Arithmetic of bigints makes objects: only where a double does not hold the position exactly.
    const position = Number(offset);
    const isExact = position <= Number.MAX_SAFE_INTEGER;
    block.delta[row] = isExact ? position - this.#firstNumber : Number(offset - this.#first);
    block.capturedAt[row] = fields.capturedAt;
    this.minTime = Math.min(this.minTime, fields.capturedAt);
    this.maxTime = Math.max(this.maxTime, fields.capturedAt);
    block.latency[row] = fields.latencyMs ?? Number.NaN;
    block.fromMessage[row] = fields.capturedAtFromMessage ? 1 : 0;
    block.model[row] = this.#word(fields.model);
    block.version[row] = fields.modelVersion === null ? NO_TEXT : this.#word(fields.modelVersion);
    block.inputType[row] = this.#word(fields.inputType);
    block.outputType[row] = this.#word(fields.outputType);
    block.status[row] = fields.status;
    const payload = this.#addPayload(block, row, isExact ? position : offset, fields);
    const text = this.#addText(block, row, fields);
    return payload + text + ROW_BYTES;
  }

  /** As they lie; undefined without a row. */
  get columns(): RowColumns | undefined {
    const block = this.#block;
    if (block === undefined) return undefined;
    return { count: this.count, words: this.#words, block, payload: this.#payload, text: this.#text };
  }

  /** The memory was handed to another thread, and these are the pieces that came back. */
  returned(buffers: { readonly block: ArrayBuffer; readonly chunks: readonly ArrayBuffer[] }): void {
    this.#block = new Block(buffers.block);
    this.#payload.returned(buffers.chunks.slice(0, this.#payload.chunks.length));
    this.#text.returned(buffers.chunks.slice(this.#payload.chunks.length));
  }

  release(): void {
    this.#payload.release();
    this.#text.release();
    if (this.#block) this.#pool.giveBlock(this.#block.buffer);
    this.#block = undefined;
    this.count = 0;
  }

  #addPayload(block: Block, row: number, position: number | bigint, { input, output, status }: Fields): number {
    const bytes = HEADER_BYTES + input.length + output.length;
    const at = this.#payload.reserve(bytes);
    const index = this.#payload.chunks.length - 1;
    const chunk = this.#payload.chunks[index] as Buffer;
    if (typeof position === "number") writePosition(chunk, position, at);
    else chunk.writeBigInt64LE(position, at);
    writeWord(chunk, input.length, at + 8);
    writeWord(chunk, output.length, at + 12);
    writeWord(chunk, status, at + 16);
    chunk.set(input, at + HEADER_BYTES);
    chunk.set(output, at + HEADER_BYTES + input.length);
    block.payloadChunk[row] = index;
    block.inputAt[row] = at + HEADER_BYTES;
    block.inputBytes[row] = input.length;
    block.outputAt[row] = at + HEADER_BYTES + input.length;
    block.outputBytes[row] = output.length;
    return bytes;
  }

  #addText(block: Block, row: number, { idBytes: from, idStart, idEnd, attributes }: Fields): number {
    const idBytes = idEnd - idStart;
    const attributesBytes = attributes === null ? 0 : Buffer.byteLength(attributes);
    const at = this.#text.reserve(idBytes + attributesBytes);
    const index = this.#text.chunks.length - 1;
    const chunk = this.#text.chunks[index] as Buffer;
    // Ids are too short for a call that copies.
    for (let i = 0; i < idBytes; i++) chunk[at + i] = from[idStart + i] as number;
    if (attributes !== null) chunk.write(attributes, at + idBytes);
    block.textChunk[row] = index;
    block.idAt[row] = at;
    block.idBytes[row] = idBytes;
    block.attributesAt[row] = at + idBytes;
    block.attributesBytes[row] = attributes === null ? NO_TEXT : attributesBytes;
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
    this.#wordIndex.set(text, this.#words.length);
    this.#wordBytes += 2 * text.length + 100;
    return this.#words.push(text) - 1;
  }

  #grow(count: number): Block {
    const old = this.#block;
    const rows = old === undefined ? FIRST_ROWS : 2 * old.capacity;
    const grown = new Block(this.#pool.takeBlock(rows * ROW_BYTES));
    if (old) {
      grown.copyFrom(old, count);
      this.#pool.giveBlock(old.buffer);
    }
    this.#block = grown;
    return grown;
  }
}

const WORD = 2 ** 32;

/** A whole number of at most 53 bits, as int64. */
function writePosition(bytes: Uint8Array, position: number, at: number): void {
  writeWord(bytes, position % WORD, at);
  writeWord(bytes, Math.floor(position / WORD), at + 4);
}

/** 32 bits, little-endian. */
function writeWord(bytes: Uint8Array, value: number, at: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}
