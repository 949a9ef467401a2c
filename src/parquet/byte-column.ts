/**
 * A column chunk of byte strings, packed into pages straight from where the bytes lie. hyparquet-writer's
 * general path makes an object of every value and copies it several times; here it is copied once.
 * The chunk is what hyparquet-writer makes of the same values with PLAIN encoding, bit for bit.
 */
import type { SchemaElement } from "hyparquet";
import type { ByteWriter } from "hyparquet-writer";
import type { PageColumnIndex, PageIndexes } from "hyparquet-writer/src/types.js";
import { unconvertMinMax } from "hyparquet-writer/src/unconvert.js";
import { LIMITS } from "../limits.ts";
import { BloomFilter } from "./bloom.ts";
import { boundsOf, joinBounds, nullsOf, orderOf, type RowBounds, sliceOf } from "./byte-order.ts";
import { type PackedPage, type PageBuffer, packChunk } from "./chunk.ts";
import type { ByteColumn } from "./types.ts";

const LENGTH_BYTES = 4;
/** Below it, a loop is faster than a call that copies. */
const LOOP_BYTES = 64;

export interface ByteColumnOptions {
  readonly element: SchemaElement;
  readonly bloom: boolean;
  /** False where nobody looks for a value by its order: the bounds of JSON documents cost much and tell nothing. */
  readonly bounds: boolean;
  readonly buffer: PageBuffer;
}

/** Its statistics are views of the values: these stay as they are until the file is finished. */
export function packByteColumn(
  writer: ByteWriter,
  values: ByteColumn,
  { element, bloom, bounds: wantsBounds, buffer }: ByteColumnOptions,
): PageIndexes {
  const pages = pagesOf(values);
  const bounds: RowBounds[] = [];
  function* packed(): Generator<PackedPage> {
    for (const { start, end } of pages) {
      const found = wantsBounds ? boundsOf(values, start, end) : nullsOf(values, start, end);
      bounds.push(found);
      yield {
        start,
        end,
        nulls: found.nulls,
        content: pack(values, start, end, buffer),
        isNull: (row) => (values.length[row] as number) < 0,
      };
    }
  }
  return packChunk(writer, {
    element,
    rows: values.rows,
    encoding: "PLAIN",
    pages: packed(),
    summary: () => {
      const whole = bounds.reduce((a, b) => joinBounds(values, a, b));
      const { min, max, nulls } = whole;
      return {
        statistics: {
          ...(min < 0 ? {} : { min_value: sliceOf(values, min), max_value: sliceOf(values, max) }),
          null_count: BigInt(nulls),
        },
        ...(wantsBounds ? { columnIndex: () => columnIndexOf(values, element, pages, bounds) } : {}),
        bloomFilter: bloom && nulls < values.rows ? bloomOf(values, values.rows - nulls) : undefined,
      };
    },
  });
}

interface Page {
  readonly start: number;
  readonly end: number;
}

/** Rows whose bytes stay under the size of a page; a single larger value stands alone. */
function pagesOf({ rows, length }: ByteColumn): Page[] {
  const pages: Page[] = [];
  let start = 0;
  let bytes = 0;
  for (let row = 0; row < rows; row++) {
    const size = Math.max(0, length[row] as number);
    bytes += size;
    if (bytes < LIMITS.pageBytes || row === start) continue;
    pages.push({ start, end: row });
    start = row;
    bytes = size;
  }
  if (start < rows) pages.push({ start, end: rows });
  return pages;
}

/** The values one after the other, each behind its length. */
function pack({ chunks, chunk, start, length }: ByteColumn, from: number, to: number, buffer: PageBuffer): Uint8Array {
  let bytes = 0;
  for (let row = from; row < to; row++) bytes += LENGTH_BYTES + Math.max(0, length[row] as number);
  const page = buffer.reserve(bytes);
  let at = 0;
  for (let row = from; row < to; row++) {
    const size = length[row] as number;
    if (size < 0) continue;
    page[at] = size;
    page[at + 1] = size >>> 8;
    page[at + 2] = size >>> 16;
    page[at + 3] = size >>> 24;
    at += LENGTH_BYTES;
    copy(chunks[chunk[row] as number] as Uint8Array, start[row] as number, size, page, at);
    at += size;
  }
  return page.subarray(0, at);
}

function copy(source: Uint8Array, from: number, size: number, target: Buffer, at: number): void {
  if (size < LOOP_BYTES) for (let i = 0; i < size; i++) target[at + i] = source[from + i] as number;
  else Buffer.prototype.copy.call(source, target, at, from, from + size);
}

function columnIndexOf(
  values: ByteColumn,
  element: SchemaElement,
  pages: readonly Page[],
  bounds: readonly RowBounds[],
): PageColumnIndex {
  const bound = (row: number, isMax: boolean): Uint8Array =>
    (row < 0 ? undefined : unconvertMinMax(sliceOf(values, row), element, isMax)) ?? new Uint8Array();
  return {
    null_pages: pages.map(({ start, end }, i) => bounds[i]?.nulls === end - start),
    min_values: bounds.map(({ min }) => bound(min, false)),
    max_values: bounds.map(({ max }) => bound(max, true)),
    boundary_order: orderOf(values, bounds),
    null_counts: bounds.map(({ nulls }) => BigInt(nulls)),
  };
}

function bloomOf({ rows, chunks, chunk, start, length }: ByteColumn, count: number): Uint32Array {
  const filter = new BloomFilter(count);
  for (let row = 0; row < rows; row++) {
    const size = length[row] as number;
    if (size < 0) continue;
    const from = start[row] as number;
    filter.insert(chunks[chunk[row] as number] as Uint8Array, from, from + size);
  }
  return filter.words;
}
