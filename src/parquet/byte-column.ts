/**
 * A column chunk of byte strings, packed into pages straight from where the bytes lie. hyparquet-writer's
 * general path makes an object of every value and copies it several times; here it is copied once.
 * The chunk is what hyparquet-writer makes of the same values with PLAIN encoding, bit for bit.
 */
import type { OffsetIndex, SchemaElement } from "hyparquet";
import { ByteWriter } from "hyparquet-writer";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { writeRleBitPackedHybrid } from "hyparquet-writer/src/encoding.js";
import type { PageColumnIndex, PageIndexes } from "hyparquet-writer/src/types.js";
import { unconvertMinMax } from "hyparquet-writer/src/unconvert.js";
import { LIMITS } from "../limits.ts";
import { BloomFilter } from "./bloom.ts";
import { boundsOf, joinBounds, orderOf, type RowBounds, sliceOf } from "./byte-order.ts";
import type { ByteColumn } from "./types.ts";

const ENCODING = "PLAIN";
const LENGTH_BYTES = 4;

export interface ByteColumnOptions {
  readonly element: SchemaElement;
  readonly bloom: boolean;
  readonly compress: (page: Uint8Array) => Uint8Array;
}

/** Its statistics are views of the values: these stay as they are until the file is finished. */
export function writeByteColumn(writer: ByteWriter, values: ByteColumn, options: ByteColumnOptions): PageIndexes {
  const { element } = options;
  const packer = new PagePacker(writer, values, options);
  const pages = pagesOf(values);
  const start = writer.offset;
  const bounds: RowBounds[] = [];
  const offsetIndex: OffsetIndex = { page_locations: [] };
  for (const page of pages) {
    const at = writer.offset;
    packer.write(page);
    bounds.push(boundsOf(values, page.start, page.end));
    offsetIndex.page_locations.push({
      offset: BigInt(at),
      compressed_page_size: writer.offset - at,
      first_row_index: BigInt(page.start),
    });
  }
  const whole = bounds.reduce((a, b) => joinBounds(values, a, b));
  return {
    chunk: {
      meta_data: {
        type: "BYTE_ARRAY",
        encodings: [ENCODING],
        path_in_schema: [element.name],
        codec: "ZSTD",
        num_values: BigInt(values.rows),
        total_compressed_size: BigInt(writer.offset - start),
        total_uncompressed_size: BigInt(packer.uncompressedBytes),
        data_page_offset: BigInt(start),
        statistics: {
          ...(whole.min < 0 ? {} : { min_value: sliceOf(values, whole.min), max_value: sliceOf(values, whole.max) }),
          null_count: BigInt(whole.nulls),
        },
        encoding_stats: [{ page_type: "DATA_PAGE_V2", encoding: ENCODING, count: pages.length }],
      },
      file_offset: BigInt(start),
    },
    ...(pages.length > 1 ? { offsetIndex, columnIndex: columnIndexOf(values, element, pages, bounds) } : {}),
    ...(options.bloom && whole.min >= 0 ? { bloomFilter: bloomOf(values, values.rows - whole.nulls) } : {}),
  };
}

interface Page {
  readonly start: number;
  readonly end: number;
}

/** Rows whose bytes stay under the size of a page; a single larger value stands alone. */
function pagesOf(values: ByteColumn): Page[] {
  const pages: Page[] = [];
  let start = 0;
  let bytes = 0;
  for (let row = 0; row < values.rows; row++) {
    const length = Math.max(0, values.length(row));
    bytes += length;
    if (bytes < LIMITS.pageBytes || row === start) continue;
    pages.push({ start, end: row });
    start = row;
    bytes = length;
  }
  if (start < values.rows) pages.push({ start, end: values.rows });
  return pages;
}

class PagePacker {
  uncompressedBytes = 0;
  readonly #writer: ByteWriter;
  readonly #values: ByteColumn;
  readonly #options: ByteColumnOptions;
  /** Content of a page before compression, used again for the next. */
  #page = Buffer.allocUnsafeSlow(LIMITS.pageBytes);

  constructor(writer: ByteWriter, values: ByteColumn, options: ByteColumnOptions) {
    this.#writer = writer;
    this.#values = values;
    this.#options = options;
  }

  write(page: Page): void {
    const writer = this.#writer;
    const levels = new ByteWriter();
    if (this.#options.element.repetition_type === "OPTIONAL")
      writeRleBitPackedHybrid(levels, this.#definitionLevels(page), 1);
    const { bytes, nulls } = this.#pack(page);
    const packed = this.#options.compress(this.#page.subarray(0, bytes));
    const header = writer.offset;
    writePageHeader(writer, {
      type: "DATA_PAGE_V2",
      uncompressed_page_size: levels.offset + bytes,
      compressed_page_size: levels.offset + packed.length,
      data_page_header_v2: {
        num_values: page.end - page.start,
        num_nulls: nulls,
        num_rows: page.end - page.start,
        encoding: ENCODING,
        definition_levels_byte_length: levels.offset,
        repetition_levels_byte_length: 0,
        is_compressed: true,
      },
    });
    this.uncompressedBytes += writer.offset - header + levels.offset + bytes;
    writer.appendBytes(levels.getBytes());
    writer.appendBytes(packed);
  }

  #definitionLevels({ start, end }: Page): number[] {
    const levels = new Array<number>(end - start);
    for (let row = start; row < end; row++) levels[row - start] = this.#values.length(row) < 0 ? 0 : 1;
    return levels;
  }

  /** The values one after the other, each behind its length. */
  #pack({ start, end }: Page): { bytes: number; nulls: number } {
    const values = this.#values;
    let at = 0;
    let nulls = 0;
    for (let row = start; row < end; row++) {
      const length = values.length(row);
      if (length < 0) {
        nulls++;
        continue;
      }
      if (at + LENGTH_BYTES + length > this.#page.length) this.#grow(at, LENGTH_BYTES + length);
      const page = this.#page;
      page[at] = length;
      page[at + 1] = length >>> 8;
      page[at + 2] = length >>> 16;
      page[at + 3] = length >>> 24;
      at += LENGTH_BYTES;
      const from = values.start(row);
      page.set(values.bytes(row).subarray(from, from + length), at);
      at += length;
    }
    return { bytes: at, nulls };
  }

  #grow(used: number, more: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(2 * this.#page.length, used + more));
    grown.set(this.#page.subarray(0, used));
    this.#page = grown;
  }
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

function bloomOf(values: ByteColumn, count: number): Uint32Array {
  const filter = new BloomFilter(count);
  for (let row = 0; row < values.rows; row++) {
    const length = values.length(row);
    if (length < 0) continue;
    const start = values.start(row);
    filter.insert(values.bytes(row), start, start + length);
  }
  return filter.words;
}
