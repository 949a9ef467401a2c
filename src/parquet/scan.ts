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
    const part = parts.find((part) => part.start <= start && end <= part.end);
    const bytes = part?.bytes.subarray(start - part.start, end - part.start) ?? new Uint8Array(0);
    if (takePages(bytes, chunk, column, rows, into.prepare(column, rows))) others.delete(column);
  }
  for (const { bytes } of parts) source.release(bytes);
  if (others.size === 0) return;
  // What others wrote: pages of version 1, other encodings and codecs.
  const values = await decodeColumns(source, metadata, range, [...others]);
  for (const column of others) into.prepare(column, rows).fill(values[column.name] ?? []);
}

interface Span {
  readonly start: number;
  readonly end: number;
}

interface Chunk extends Span {
  readonly column: ColumnSpec;
  readonly chunk: ColumnMetaData;
}

/** The chunks whose values may stand as ours do, in the order of the file. */
function chunksOf(metadata: FileMetaData, rowGroup: number, columns: readonly ColumnSpec[]): Chunk[] {
  const chunks: Chunk[] = [];
  for (const { meta_data: chunk } of metadata.row_groups[rowGroup]?.columns ?? []) {
    const [name, ...nested] = chunk?.path_in_schema ?? [];
    const column = columns.find((column) => column.name === name);
    const element = metadata.schema.find((element) => element.name === name);
    if (!chunk || !column || !element || nested.length > 0 || !standsAsOurs(element, column.type)) continue;
    const start = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
    chunks.push({ column, chunk, start, end: start + Number(chunk.total_compressed_size) });
  }
  return chunks.sort((a, b) => a.start - b.start);
}

async function readParts(source: Source, chunks: readonly Chunk[]): Promise<(Span & { bytes: Uint8Array })[]> {
  const spans: { start: number; end: number }[] = [];
  for (const { start, end } of chunks) {
    const last = spans.at(-1);
    if (last && start <= last.end + GAP_BYTES) last.end = Math.max(last.end, end);
    else spans.push({ start, end });
  }
  return Promise.all(spans.map(async ({ start, end }) => ({ start, end, bytes: await source.view(start, end) })));
}
