/** A column chunk of few distinct texts: each once in a dictionary, then its place for every row. */
import type { SchemaElement } from "hyparquet";
import { ByteWriter } from "hyparquet-writer";
import { writeRleBitPackedHybrid } from "hyparquet-writer/src/encoding.js";
import type { PageIndexes } from "hyparquet-writer/src/types.js";
import { unconvertMinMax } from "hyparquet-writer/src/unconvert.js";
import { type PackedPage, packChunk } from "./chunk.ts";
import { orderOf } from "./number-column.ts";
import type { WordColumn } from "./types.ts";

/** Rows of a page: their codes take at most 256 KiB. */
const PAGE_ROWS = 64 * 1024;
const LENGTH_BYTES = 4;

export function packWordColumn(
  writer: ByteWriter,
  column: WordColumn,
  { element }: { readonly element: SchemaElement },
): PageIndexes {
  const { words, codes } = dictionaryOf(column);
  const ranks = ranksOf(words);
  const width = Math.ceil(Math.log2(Math.max(1, words.length)));
  const pages: { start: number; end: number; min: number; max: number; nulls: number }[] = [];
  function* packed(): Generator<PackedPage> {
    for (let start = 0; start < column.rows; start += PAGE_ROWS) {
      const end = Math.min(start + PAGE_ROWS, column.rows);
      const present = presentOf(codes.subarray(start, end));
      const nulls = end - start - present.length;
      pages.push({ start, end, nulls, ...boundsOf(present, ranks) });
      const content = words.length === 0 ? new Uint8Array(0) : codesAsBytes(present, width);
      yield { start, end, nulls, content, isNull: (row) => (codes[row] as number) < 0 };
    }
  }
  const bound = (rank: number, isMax: boolean): Uint8Array =>
    (rank < 0 ? undefined : unconvertMinMax(words[ranks.indexOf(rank)], element, isMax)) ?? new Uint8Array();
  return packChunk(writer, {
    element,
    rows: column.rows,
    // Without a value there is no dictionary either.
    ...(words.length === 0 ? { encoding: "PLAIN" } : { encoding: "RLE_DICTIONARY", dictionary: plain(words) }),
    pages: packed(),
    summary: () => {
      const nulls = pages.reduce((sum, page) => sum + page.nulls, 0);
      const min_value = words[ranks.indexOf(0)];
      const max_value = words[ranks.indexOf(words.length - 1)];
      return {
        statistics: { ...(min_value && max_value ? { min_value, max_value } : {}), null_count: BigInt(nulls) },
        columnIndex: () => ({
          null_pages: pages.map(({ start, end, nulls: of }) => of === end - start),
          min_values: pages.map(({ min }) => bound(min, false)),
          max_values: pages.map(({ max }) => bound(max, true)),
          boundary_order: orderOf(pages.filter(({ min }) => min >= 0)),
          null_counts: pages.map(({ nulls: of }) => BigInt(of)),
        }),
      };
    },
  });
}

/** The words that these rows use, in order of their first use, and for each row its place among them. */
function dictionaryOf({ rows, words, word }: WordColumn): { words: Buffer[]; codes: Int32Array } {
  const places = new Int32Array(words.length).fill(-1);
  const used: Buffer[] = [];
  const codes = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const index = word[row] as number;
    if (index >= 0 && places[index] === -1) places[index] = used.push(Buffer.from(words[index] as string)) - 1;
    codes[row] = index < 0 ? -1 : (places[index] as number);
  }
  return { words: used, codes };
}

function presentOf(codes: Int32Array): Int32Array {
  return codes.includes(-1) ? codes.filter((code) => code >= 0) : codes;
}

/** The place of each word in the order of their bytes. */
function ranksOf(words: readonly Buffer[]): Int32Array {
  const ranks = new Int32Array(words.length);
  const sorted = words.map((_, i) => i).sort((a, b) => Buffer.compare(words[a] as Buffer, words[b] as Buffer));
  for (const [rank, index] of sorted.entries()) ranks[index] = rank;
  return ranks;
}

function boundsOf(codes: Int32Array, ranks: Int32Array): { min: number; max: number } {
  let min = codes.length === 0 ? -1 : Number.POSITIVE_INFINITY;
  let max = -1;
  for (const code of codes) {
    const rank = ranks[code] as number;
    if (rank < min) min = rank;
    if (rank > max) max = rank;
  }
  return { min, max };
}

/** The width in bits, then runs of equal codes and packed groups. */
function codesAsBytes(codes: Int32Array, width: number): Uint8Array {
  const page = new ByteWriter();
  page.appendUint8(width);
  writeRleBitPackedHybrid(page, codes, width);
  return page.getBytes();
}

function plain(words: readonly Buffer[]): { content: Uint8Array; count: number } {
  const parts = words.flatMap((word) => {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(word.length);
    return [length, word];
  });
  return { content: Buffer.concat(parts), count: words.length };
}
