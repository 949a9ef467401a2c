/** Row groups as vectors: few reads, and no object per value where chunks stand as our own writer lays them down. */
import type { ColumnMetaData, FileMetaData } from "hyparquet";
import type { ColumnSpec } from "../record.ts";
import { constantOf } from "./constant.ts";
import { decodeColumns, type RowRange } from "./decode.ts";
import { takePages } from "./pages.ts";
import { standsAsOurs } from "./schema.ts";
import type { Source } from "./source.ts";
import type { Vectors } from "./vectors.ts";

/** Chunks that lie no further apart are read at once. */
const GAP_BYTES = 64 * 1024;

export interface RowGroupRange extends RowRange {
  readonly rowGroup: number;
}

/** The columns of one row group. Throws on damaged pages. */
export async function scanColumns(
  source: Source,
  metadata: FileMetaData,
  range: RowGroupRange,
  columns: readonly ColumnSpec[],
  into: Vectors,
): Promise<void> {
  const rows = range.end - range.start;
  const others = new Set(columns);
  const chunks = chunksOf(metadata, range.rowGroup, columns).filter(({ column, chunk }) => {
    const constant = constantOf(metadata, chunk);
    if (constant === undefined) return true;
    into.prepare(column, rows).repeat(constant, rows);
    others.delete(column);
    return false;
  });
  const parts = await readParts(source, chunks);
  for (const { column, chunk, start, end } of chunks) {
    if (takePages(bytesOf(parts, { start, end }), chunk, column, rows, into.prepare(column, rows)))
      others.delete(column);
  }
  for (const { bytes } of parts) source.release(bytes);
  if (others.size === 0) return;
  // What others wrote: pages of version 1, other encodings and codecs.
  const values = await decodeColumns(source, metadata, range, [...others]);
  for (const column of others) into.prepare(column, rows).fill(values[column.name] ?? []);
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Chunk extends Span {
  readonly column: ColumnSpec;
  readonly chunk: ColumnMetaData;
  /** Where the index of its pages stands; absent where the file has none. */
  readonly pageIndex?: Span;
}

/** Of a span that was read. */
export function bytesOf(parts: readonly Part[], { start, end }: Span): Uint8Array {
  const part = parts.find((part) => part.start <= start && end <= part.end);
  return part?.bytes.subarray(start - part.start, end - part.start) ?? new Uint8Array(0);
}

/** The chunks whose values may stand as ours do, in the order of the file. */
export function chunksOf(metadata: FileMetaData, rowGroup: number, columns: readonly ColumnSpec[]): Chunk[] {
  const chunks: Chunk[] = [];
  for (const { meta_data: chunk, ...rest } of metadata.row_groups[rowGroup]?.columns ?? []) {
    const [name, ...nested] = chunk?.path_in_schema ?? [];
    const column = columns.find((column) => column.name === name);
    const element = metadata.schema.find((element) => element.name === name);
    if (!chunk || !column || !element || nested.length > 0 || !standsAsOurs(element, column.type)) continue;
    const start = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
    const end = start + Number(chunk.total_compressed_size);
    const index = Number(rest.offset_index_offset ?? 0);
    const pageIndex = index > 0 ? { pageIndex: { start: index, end: index + (rest.offset_index_length ?? 0) } } : {};
    chunks.push({ column, chunk, start, end, ...pageIndex });
  }
  return chunks.sort((a, b) => a.start - b.start);
}

/** Bytes that were read at once. */
export interface Part extends Span {
  readonly bytes: Uint8Array;
}

/** Reads ascending spans, those near each other at once. */
export async function readParts(source: Source, wanted: readonly Span[]): Promise<Part[]> {
  const spans: { start: number; end: number }[] = [];
  for (const { start, end } of wanted) {
    const last = spans.at(-1);
    if (last && start <= last.end + GAP_BYTES) last.end = Math.max(last.end, end);
    else spans.push({ start, end });
  }
  return Promise.all(spans.map(async ({ start, end }) => ({ start, end, bytes: await source.view(start, end) })));
}
