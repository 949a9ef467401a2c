/** Chosen rows of a row group: pages without one of them are neither unpacked nor, where their places are known, fetched. */
import type { FileMetaData } from "hyparquet";
import { readOffsetIndex } from "hyparquet/src/indexes.js";
import type { ColumnSpec } from "../record.ts";
import { decodeColumns } from "./decode.ts";
import { type PageRun, takePages, takeRuns, type Wanted } from "./pages.ts";
import { bytesOf, type Chunk, chunksOf, type Part, type RowGroupRange, readParts, type Span } from "./scan.ts";
import type { Source } from "./source.ts";
import type { ColumnValues } from "./types.ts";
import type { Vectors } from "./vectors.ts";

/** The values at `picked`, ascending rows of the row group, by column. `vectors` is scratch. Throws on damaged pages. */
export async function pickRows(
  source: Source,
  metadata: FileMetaData,
  range: RowGroupRange,
  picked: readonly number[],
  columns: readonly ColumnSpec[],
  vectors: Vectors,
): Promise<Record<string, ColumnValues>> {
  const values = new Map<string, ColumnValues>(columns.map(({ name }) => [name, []]));
  if (picked.length === 0) return Object.fromEntries(values);
  const rows = range.end - range.start;
  const chunks = chunksOf(metadata, range.rowGroup, columns);
  const reads = await planReads(source, chunks, rows, picked);
  const parts = await readParts(
    source,
    reads.flatMap(({ spans }) => spans).sort((a, b) => a.start - b.start),
  );
  const others = new Set(columns);
  for (const read of reads) {
    const { column } = read.chunk;
    const cells = cellsOf(read, parts, rows, vectors, picked);
    if (cells === undefined) continue;
    others.delete(column);
    values.set(column.name, cells);
  }
  for (const { bytes } of parts) source.release(bytes);
  if (others.size > 0) {
    // What others wrote: by the decoder of whole row groups.
    const decoded = await decodeColumns(source, metadata, range, [...others]);
    for (const { name } of others) values.set(name, rowsOf(decoded[name] ?? [], picked));
  }
  return Object.fromEntries(values);
}

/** What to fetch of one chunk: the whole, or the pages of an index that hold picked rows, and the dictionary before them. */
interface Read {
  readonly chunk: Chunk;
  readonly spans: readonly Span[];
  /** Of an indexed chunk. */
  readonly pages?: readonly IndexedPage[];
  readonly dictionary?: Span;
}

async function planReads(
  source: Source,
  chunks: readonly Chunk[],
  rows: number,
  picked: readonly number[],
): Promise<Read[]> {
  const indexes = chunks.flatMap(({ pageIndex }) => pageIndex ?? []).sort((a, b) => a.start - b.start);
  const parts = await readParts(source, indexes);
  const reads = chunks.map((chunk): Read => {
    if (chunk.pageIndex === undefined) return { chunk, spans: [chunk] };
    const pages = pagesOf(chunk, bytesOf(parts, chunk.pageIndex), rows);
    const wanted = wantedOf(picked);
    const held = pages.filter(({ row, next }) => wanted(row, next));
    const begin = pages[0]?.start ?? chunk.end;
    if (begin === chunk.start) return { chunk, spans: held, pages: held };
    const dictionary = { start: chunk.start, end: begin };
    return { chunk, spans: [dictionary, ...held], pages: held, dictionary };
  });
  for (const { bytes } of parts) source.release(bytes);
  return reads;
}

interface IndexedPage extends Span {
  /** Its first row, and the first after it. */
  readonly row: number;
  readonly next: number;
}

/** The pages of an index, checked: they must lie in their chunk and hold every row once. */
function pagesOf(chunk: Chunk, index: Uint8Array, rows: number): IndexedPage[] {
  const view = new DataView(index.buffer, index.byteOffset, index.byteLength);
  const { page_locations: places } = readOffsetIndex({ view, offset: 0 });
  return places.map(({ offset, compressed_page_size: size, first_row_index: first }, at) => {
    const [start, row] = [Number(offset), Number(first)];
    const next = at + 1 < places.length ? Number(places[at + 1]?.first_row_index) : rows;
    const inside = start >= chunk.start && size > 0 && start + size <= chunk.end;
    if (!inside || (at === 0 && row !== 0) || !(row < next) || next > rows) throw new Error("a page index is damaged");
    return { start, end: start + size, row, next };
  });
}

/** The values at the picked rows; undefined when the pages are of another kind than ours. */
function cellsOf(
  read: Read,
  parts: readonly Part[],
  rows: number,
  vectors: Vectors,
  picked: readonly number[],
): unknown[] | undefined {
  const { chunk, pages, dictionary } = read;
  const { column, chunk: meta } = chunk;
  if (pages === undefined) {
    const vector = vectors.prepare(column, rows);
    const isOurs = takePages(bytesOf(parts, chunk), meta, column, rows, vector, wantedOf(picked));
    return isOurs ? picked.map(cellOf(vectors, column)) : undefined;
  }
  const runs = pages.map((page): PageRun => ({ bytes: bytesOf(parts, page), row: page.row, next: page.next }));
  if (dictionary !== undefined) {
    const vector = vectors.prepare(column, rows);
    const words = { bytes: bytesOf(parts, dictionary), row: 0, next: 0 };
    return takeRuns([words, ...runs], meta, column, rows, vector) ? picked.map(cellOf(vectors, column)) : undefined;
  }
  return cellsOfPages(runs, chunk, vectors, picked);
}

/** Page by page, so that one is in memory at once: inputs are large, and few of them are picked. */
function cellsOfPages(
  runs: readonly PageRun[],
  { column, chunk }: Chunk,
  vectors: Vectors,
  picked: readonly number[],
): unknown[] | undefined {
  const cells: unknown[] = [];
  let at = 0;
  for (const { bytes, row, next } of runs) {
    const count = next - row;
    if (!takeRuns([{ bytes, row: 0, next: count }], chunk, column, count, vectors.prepare(column, count)))
      return undefined;
    const cell = cellOf(vectors, column);
    for (; at < picked.length && (picked[at] as number) < next; at++) cells.push(cell((picked[at] as number) - row));
  }
  return cells;
}

/** For ranges that ascend: each picked row is passed once. */
function wantedOf(picked: readonly number[]): Wanted {
  let next = 0;
  return (from, to) => {
    while (next < picked.length && (picked[next] as number) < from) next++;
    return next < picked.length && (picked[next] as number) < to;
  };
}

/** Bytes are copied: those of a page share its memory. */
function rowsOf(values: ColumnValues, picked: readonly number[]): ColumnValues {
  return picked.map((row) => {
    const value = values[row];
    return value instanceof Uint8Array ? Uint8Array.from(value) : value;
  });
}

function cellOf(vectors: Vectors, { name, type }: ColumnSpec): (row: number) => unknown {
  if (type === "int64") {
    const vector = vectors.int64s(name);
    return (row) => (vector.isNull(row) ? null : vector.values[row]);
  }
  if (type === "bytes" || type === "string" || type === "json") {
    const vector = vectors.bytes(name);
    const value =
      type === "bytes" ? (row: number) => Uint8Array.from(vector.bytes(row)) : (row: number) => vector.text(row);
    return (row) => (vector.isNull(row) ? null : value(row));
  }
  const vector = vectors.numbers(name);
  if (type === "boolean") return (row) => (vector.isNull(row) ? null : vector.values[row] === 1);
  return (row) => (vector.isNull(row) ? null : vector.values[row]);
}
