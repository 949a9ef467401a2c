/**
 * Captured rows of one range, column by column, as they lie in memory: payload bytes in one arena, ids and attributes
 * in another, numbers in typed arrays, repeated texts once. `Rows` fills them; they are encoded from here, on whatever
 * thread they have been handed to.
 */
import { createHash } from "node:crypto";
import type { ByteColumn } from "../../src/parquet/types.ts";

/** Memory one row takes in the columns of numbers: 5 of 8 bytes, 14 of 4. */
export const ROW_BYTES = 96;
/** In the place of a length or of a word's number: there is none. */
export const NO_TEXT = -1;

/** The columns of numbers in one piece of memory. Doubles stand first, so that each of them is aligned. */
export class Block {
  readonly buffer: ArrayBuffer;
  readonly capacity: number;
  // Numbers all in doubles, words and places all in int32: loops over columns then meet one type of array each.
  readonly delta: Float64Array<ArrayBuffer>;
  readonly capturedAt: Float64Array<ArrayBuffer>;
  readonly latency: Float64Array<ArrayBuffer>;
  readonly fromMessage: Float64Array<ArrayBuffer>;
  readonly status: Float64Array<ArrayBuffer>;
  readonly model: Int32Array<ArrayBuffer>;
  readonly version: Int32Array<ArrayBuffer>;
  readonly inputType: Int32Array<ArrayBuffer>;
  readonly outputType: Int32Array<ArrayBuffer>;
  readonly payloadChunk: Int32Array<ArrayBuffer>;
  readonly inputAt: Int32Array<ArrayBuffer>;
  readonly inputBytes: Int32Array<ArrayBuffer>;
  readonly outputAt: Int32Array<ArrayBuffer>;
  readonly outputBytes: Int32Array<ArrayBuffer>;
  readonly textChunk: Int32Array<ArrayBuffer>;
  readonly idAt: Int32Array<ArrayBuffer>;
  readonly idBytes: Int32Array<ArrayBuffer>;
  readonly attributesAt: Int32Array<ArrayBuffer>;
  readonly attributesBytes: Int32Array<ArrayBuffer>;

  /** `buffer` holds capacity × ROW_BYTES. */
  constructor(buffer: ArrayBuffer) {
    const capacity = buffer.byteLength / ROW_BYTES;
    let at = 0;
    const doubles = (): Float64Array<ArrayBuffer> => {
      const array = new Float64Array(buffer, at, capacity);
      at += array.byteLength;
      return array;
    };
    const ints = (): Int32Array<ArrayBuffer> => {
      const array = new Int32Array(buffer, at, capacity);
      at += array.byteLength;
      return array;
    };
    this.buffer = buffer;
    this.capacity = capacity;
    this.delta = doubles();
    this.capturedAt = doubles();
    this.latency = doubles();
    this.fromMessage = doubles();
    this.status = doubles();
    this.model = ints();
    this.version = ints();
    this.inputType = ints();
    this.outputType = ints();
    this.payloadChunk = ints();
    this.inputAt = ints();
    this.inputBytes = ints();
    this.outputAt = ints();
    this.outputBytes = ints();
    this.textChunk = ints();
    this.idAt = ints();
    this.idBytes = ints();
    this.attributesAt = ints();
    this.attributesBytes = ints();
  }

  /** Takes over the first `count` rows of a smaller block. */
  copyFrom(smaller: Block, count: number): void {
    for (const [name, column] of Object.entries(smaller)) {
      if (!ArrayBuffer.isView(column)) continue;
      const source = column as Int32Array;
      (this[name as keyof Block] as Int32Array).set(source.subarray(0, count));
    }
  }
}

/** Bytes in chunks, of each of which the first `used` are taken. */
export interface Stored {
  readonly chunks: readonly Uint8Array[];
  readonly used: readonly number[];
}

export interface RowColumns {
  readonly count: number;
  /** Distinct texts of model, model version and content types, by index. */
  readonly words: readonly string[];
  readonly block: Block;
  /** Runs of header, input and output: see rows.ts. */
  readonly payload: Stored;
  /** Runs of id and attributes. */
  readonly text: Stored;
}

/** Uncompressed bytes of a row, for bounding row groups. */
export function rowBytes({ inputBytes, outputBytes, idBytes, attributesBytes }: Block, row: number): number {
  const attributes = Math.max(0, attributesBytes[row] as number);
  return ROW_BYTES + (inputBytes[row] as number) + (outputBytes[row] as number) + (idBytes[row] as number) + attributes;
}

export function contentSha256({ payload }: RowColumns): string {
  const hash = createHash("sha256");
  payload.chunks.forEach((chunk, i) => {
    hash.update(chunk.subarray(0, payload.used[i]));
  });
  return hash.digest("hex");
}

export function ids({ block, text }: RowColumns, order: Int32Array): ByteColumn {
  return byteColumn(text.chunks, block.textChunk, block.idAt, block.idBytes, order);
}

export function attributes({ block, text }: RowColumns, order: Int32Array): ByteColumn {
  return byteColumn(text.chunks, block.textChunk, block.attributesAt, block.attributesBytes, order);
}

export function inputs({ block, payload }: RowColumns, order: Int32Array): ByteColumn {
  return byteColumn(payload.chunks, block.payloadChunk, block.inputAt, block.inputBytes, order);
}

export function outputs({ block, payload }: RowColumns, order: Int32Array): ByteColumn {
  return byteColumn(payload.chunks, block.payloadChunk, block.outputAt, block.outputBytes, order);
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

function byteColumn(
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
