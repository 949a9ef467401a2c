/** The pages of one column chunk as our own writer lays them down: data pages of version 2, PLAIN or dictionary values. */
import type { ColumnMetaData, PageHeader } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { readRleBitPackedHybrid } from "hyparquet/src/encoding.js";
import { giveBack } from "../memory.ts";
import type { ColumnSpec } from "../record.ts";
import { COMPRESSORS } from "./compressors.ts";
import type { Levels, Vector } from "./vector.ts";

/** Whether any of the rows [from, to) of a row group is asked for. */
export type Wanted = (from: number, to: number) => boolean;

/**
 * Puts the values of a chunk into the vector; false when they stand otherwise, and the vector is then of no use.
 * Pages without a wanted row are left out, and not unpacked. Throws on damaged pages.
 */
export function takePages(
  bytes: Uint8Array,
  chunk: ColumnMetaData,
  column: ColumnSpec,
  rows: number,
  vector: Vector,
  wanted?: Wanted,
): boolean {
  const decompress = decompressorOf(chunk);
  if (decompress === undefined) return false;
  const reader = { view: viewOf(bytes), offset: 0 };
  let row = 0;
  while (row < rows) {
    const { header, page } = nextPage(reader, bytes);
    if (header.dictionary_page_header) {
      takeDictionary(page, header, decompress, vector);
      continue;
    }
    const count = header.data_page_header_v2?.num_values ?? 0;
    if (wanted !== undefined && count > 0 && row + count <= rows && !wanted(row, row + count)) {
      row += count;
      continue;
    }
    const taken = takeDataPage(page, header, column, decompress, { vector, row, rows });
    if (taken === undefined) return false;
    row += taken;
  }
  return true;
}

/** Bytes of a chunk, whole pages, that hold the rows [row, next): none of a dictionary. */
export interface PageRun {
  readonly bytes: Uint8Array;
  readonly row: number;
  readonly next: number;
}

/** The same of a chunk of which only some pages were read, in their order: the dictionary first where there is one. */
export function takeRuns(
  runs: readonly PageRun[],
  chunk: ColumnMetaData,
  column: ColumnSpec,
  rows: number,
  vector: Vector,
): boolean {
  const decompress = decompressorOf(chunk);
  if (decompress === undefined) return false;
  for (const { bytes, row: first, next } of runs) {
    const reader = { view: viewOf(bytes), offset: 0 };
    let row = first;
    while (reader.offset < bytes.length) {
      const { header, page } = nextPage(reader, bytes);
      if (header.dictionary_page_header) {
        takeDictionary(page, header, decompress, vector);
        continue;
      }
      const taken = takeDataPage(page, header, column, decompress, { vector, row, rows });
      if (taken === undefined) return false;
      row += taken;
    }
    if (row !== next) throw new Error(`pages of rows ${first} to ${next} end at ${row}`);
  }
  return true;
}

function nextPage(
  reader: { readonly view: DataView; offset: number },
  bytes: Uint8Array,
): { header: PageHeader; page: Uint8Array } {
  const header = parquetHeader(reader);
  const end = reader.offset + header.compressed_page_size;
  if (header.compressed_page_size < 0 || end > bytes.length) throw new Error("a page reaches beyond its column");
  const page = bytes.subarray(reader.offset, end);
  reader.offset = end;
  return { header, page };
}

function takeDictionary(page: Uint8Array, header: PageHeader, decompress: Decompress, vector: Vector): void {
  const count = header.dictionary_page_header?.num_values ?? 0;
  const values = decompress(page, header.uncompressed_page_size);
  // No value takes less than four bytes, so a false count allocates nothing.
  if (count < 0 || 4 * count > values.length) throw new Error(`a dictionary of ${count} in ${values.length} bytes`);
  vector.dictionary(values, count);
  release(values, page);
}

type Decompress = (page: Uint8Array, length: number) => Buffer;

function decompressorOf({ codec }: ColumnMetaData): Decompress | undefined {
  if (codec === "UNCOMPRESSED") return asStored;
  const decompress = Object.hasOwn(COMPRESSORS, codec) ? COMPRESSORS[codec as keyof typeof COMPRESSORS] : undefined;
  return decompress && ((page, length) => checked(decompress(page, length), length));
}

function asStored({ buffer, byteOffset, byteLength }: Uint8Array, length: number): Buffer {
  return checked(Buffer.from(buffer, byteOffset, byteLength), length);
}

function checked(values: Buffer, length: number): Buffer {
  if (values.length !== length) throw new Error(`a page of ${values.length} bytes, ${length} in its header`);
  return values;
}

interface Target {
  readonly vector: Vector;
  /** First row of the page. */
  readonly row: number;
  /** Rows of the row group. */
  readonly rows: number;
}

/** Rows taken; undefined when the page is of a kind that our writer does not write. */
function takeDataPage(
  page: Uint8Array,
  { data_page_header_v2: header, uncompressed_page_size: length }: PageHeader,
  column: ColumnSpec,
  decompress: Decompress,
  { vector, row, rows }: Target,
): number | undefined {
  if (header?.repetition_levels_byte_length !== 0) return undefined;
  const { num_values: count, encoding, definition_levels_byte_length: levelBytes } = header;
  if (levelBytes > 0 !== (column.nullable ?? false) || levelBytes > page.length) return undefined;
  if (count <= 0 || row + count > rows) throw new Error(`a page of ${count} rows at row ${row} of ${rows}`);
  const levels = column.nullable ? levelsOf(page.subarray(0, levelBytes), count) : undefined;
  const stored = page.subarray(levelBytes);
  const values = (header.is_compressed === false ? asStored : decompress)(stored, length - levelBytes);
  if (column.type === "boolean") {
    const bits = encoding === "RLE" ? runBitsOf : encoding === "PLAIN" ? plainBitsOf : undefined;
    if (bits === undefined) return undefined;
    vector.dictionary(FALSE_TRUE, 2);
    vector.coded(bits(values, presentOf(levels, count)), row, count, levels);
  } else if (encoding === "PLAIN") vector.plain(values, row, count, levels);
  else if (encoding === "RLE_DICTIONARY") vector.coded(codesOf(values, presentOf(levels, count)), row, count, levels);
  else return undefined;
  release(values, page);
  return count;
}

/** What the codes of a page of booleans mean. */
const FALSE_TRUE = Buffer.from([0, 1]);

/** Uncompressed values are the page's own bytes. */
function release(values: Buffer, page: Uint8Array): void {
  if (values.buffer !== page.buffer) giveBack(values);
}

/** Pages are taken one by one, each whole before the next, so one array of each kind serves them all. */
let levelScratch = new Uint8Array(0);
let codeScratch = new Int32Array(0);

function levelsOf(bytes: Uint8Array, count: number): Levels {
  if (levelScratch.length < count) levelScratch = new Uint8Array(count);
  const levels = levelScratch.subarray(0, count);
  readRleBitPackedHybrid({ view: viewOf(bytes), offset: 0 }, 1, levels, bytes.length);
  return levels.includes(0) ? levels : undefined;
}

function presentOf(levels: Levels, count: number): number {
  return levels === undefined ? count : levels.reduce((sum, level) => sum + level, 0);
}

/** Places in the dictionary: their width in one byte, then the runs. */
function codesOf(values: Buffer, count: number): Int32Array {
  return count === 0 ? roomFor(0) : runsOf(values, { at: 1, width: values.readUInt8(0), count });
}

/** Booleans: the length of the runs in four bytes, then the runs. */
function runBitsOf(values: Buffer, count: number): Int32Array {
  return count === 0 ? roomFor(0) : runsOf(values, { at: 4, width: 1, count });
}

/** Booleans of a short column: eight in a byte, the first in its lowest bit. */
function plainBitsOf(values: Buffer, count: number): Int32Array {
  const codes = roomFor(count);
  for (let i = 0; i < count; i++) codes[i] = (values.readUInt8(i >> 3) >> (i & 7)) & 1;
  return codes;
}

function runsOf(values: Buffer, { at, width, count }: Record<"at" | "width" | "count", number>): Int32Array {
  const codes = roomFor(count);
  readRleBitPackedHybrid({ view: viewOf(values), offset: at }, width, codes, values.length - at);
  return codes;
}

function roomFor(count: number): Int32Array {
  if (codeScratch.length < count) codeScratch = new Int32Array(count);
  return codeScratch.subarray(0, count);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
