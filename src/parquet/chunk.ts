/** A column chunk in the file: an optional dictionary page, then data pages of version 2, each compressed on its own. */
import type { Encoding, OffsetIndex, SchemaElement, Statistics } from "hyparquet";
import { ByteWriter } from "hyparquet-writer";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { writeRleBitPackedHybrid } from "hyparquet-writer/src/encoding.js";
import type { PageColumnIndex, PageIndexes } from "hyparquet-writer/src/types.js";
import { giveBack } from "../memory.ts";
import { compressPage } from "./zstd.ts";

/** Rows [start, end). The content is read before the next page is asked for: its memory may be used again. */
export interface PackedPage {
  readonly start: number;
  readonly end: number;
  readonly nulls: number;
  /** What the present values take, before compression. */
  readonly content: Uint8Array;
  /** Whether a row is null; only asked for in nullable columns. */
  readonly isNull: (row: number) => boolean;
}

export interface ChunkParts {
  readonly element: SchemaElement;
  readonly rows: number;
  readonly encoding: Extract<Encoding, "PLAIN" | "RLE_DICTIONARY">;
  readonly dictionary?: { readonly content: Uint8Array; readonly count: number };
  readonly pages: Iterable<PackedPage>;
  /** Asked for once all pages are written. */
  readonly summary: () => {
    readonly statistics: Statistics;
    /** Of a chunk of several pages. */
    readonly columnIndex?: () => PageColumnIndex;
    readonly bloomFilter?: Uint32Array | undefined;
  };
}

export function packChunk(writer: ByteWriter, parts: ChunkParts): PageIndexes {
  const { element, rows, encoding, dictionary } = parts;
  const start = writer.offset;
  const offsetIndex: OffsetIndex = { page_locations: [] };
  let uncompressed = dictionary ? packDictionary(writer, dictionary) : 0;
  const dataStart = writer.offset;
  for (const page of parts.pages) {
    const at = writer.offset;
    uncompressed += packPage(writer, page, element, encoding);
    offsetIndex.page_locations.push({
      offset: BigInt(at),
      compressed_page_size: writer.offset - at,
      first_row_index: BigInt(page.start),
    });
  }
  const { statistics, columnIndex, bloomFilter } = parts.summary();
  const pages = offsetIndex.page_locations.length;
  return {
    chunk: {
      meta_data: {
        type: element.type as NonNullable<SchemaElement["type"]>,
        encodings: dictionary ? ["PLAIN", encoding] : [encoding],
        path_in_schema: [element.name],
        codec: "ZSTD",
        num_values: BigInt(rows),
        total_compressed_size: BigInt(writer.offset - start),
        total_uncompressed_size: BigInt(uncompressed),
        data_page_offset: BigInt(dataStart),
        ...(dictionary ? { dictionary_page_offset: BigInt(start) } : {}),
        statistics,
        encoding_stats: [
          ...(dictionary ? [{ page_type: "DICTIONARY_PAGE", encoding: "PLAIN", count: 1 } as const] : []),
          { page_type: "DATA_PAGE_V2", encoding, count: pages },
        ],
      },
      file_offset: BigInt(start),
    },
    ...(pages > 1 ? { offsetIndex } : {}),
    ...(pages > 1 && columnIndex ? { columnIndex: columnIndex() } : {}),
    ...(bloomFilter ? { bloomFilter } : {}),
  };
}

/** Returns the bytes that the page takes uncompressed, its header included. */
function packDictionary(writer: ByteWriter, { content, count }: NonNullable<ChunkParts["dictionary"]>): number {
  const packed = compressPage(content);
  const start = writer.offset;
  writePageHeader(writer, {
    type: "DICTIONARY_PAGE",
    uncompressed_page_size: content.length,
    compressed_page_size: packed.length,
    dictionary_page_header: { num_values: count, encoding: "PLAIN" },
  });
  const header = writer.offset - start;
  writer.appendBytes(packed);
  giveBack(packed);
  return header + content.length;
}

function packPage(
  writer: ByteWriter,
  page: PackedPage,
  element: SchemaElement,
  encoding: ChunkParts["encoding"],
): number {
  const { content, nulls } = page;
  const rows = page.end - page.start;
  const levels = new ByteWriter();
  if (element.repetition_type === "OPTIONAL") writeRleBitPackedHybrid(levels, levelsOf(page), 1);
  const bytes = content.length;
  const packed = compressPage(content);
  const start = writer.offset;
  writePageHeader(writer, {
    type: "DATA_PAGE_V2",
    uncompressed_page_size: levels.offset + bytes,
    compressed_page_size: levels.offset + packed.length,
    data_page_header_v2: {
      num_values: rows,
      num_nulls: nulls,
      num_rows: rows,
      encoding,
      definition_levels_byte_length: levels.offset,
      repetition_levels_byte_length: 0,
      is_compressed: true,
    },
  });
  const header = writer.offset - start;
  writer.appendBytes(levels.getBytes());
  writer.appendBytes(packed);
  giveBack(packed);
  return header + levels.offset + bytes;
}

function levelsOf({ start, end, nulls, isNull }: PackedPage): number[] {
  const levels = new Array<number>(end - start).fill(1);
  for (let row = start; nulls > 0 && row < end; row++) if (isNull(row)) levels[row - start] = 0;
  return levels;
}

/** Memory for the content of one page, used again for the next. */
export class PageBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(0);

  /** Makes room for `bytes` and keeps the first `used`. */
  reserve(bytes: number, used = 0): Buffer {
    if (bytes <= this.bytes.length) return this.bytes;
    const grown = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * this.bytes.length));
    grown.set(this.bytes.subarray(0, used));
    this.bytes = grown;
    return grown;
  }
}
