/**
 * A file that another program wrote, read by the parts that read our own objects: what they make of encodings, types and
 * codecs that we never write shows that they read Parquet, and not only what our writer makes of it.
 */
import { LIMITS } from "../../src/limits.ts";
import { decodeColumns, type RowRange, readFooter } from "../../src/parquet/decode.ts";
import { pickRows } from "../../src/parquet/pick.ts";
import { scanColumns } from "../../src/parquet/scan.ts";
import { columnsOf } from "../../src/parquet/schema.ts";
import { openSource } from "../../src/parquet/source.ts";
import type { ObjectReader } from "../../src/parquet/types.ts";
import { Vectors } from "../../src/parquet/vectors.ts";
import type { ColumnSpec } from "../../src/record.ts";
import { memoryStore } from "../../src/store/memory.ts";

export interface ForeignFile extends Pick<ObjectReader, "rowGroups" | "read" | "pick" | "scan"> {
  /** Those that can be read without loss, as our types. */
  readonly columns: readonly ColumnSpec[];
}

export async function openForeign(bytes: Uint8Array): Promise<ForeignFile> {
  const store = memoryStore();
  const source = await openSource(store, await store.put("file", bytes), LIMITS.parquetTailBytes);
  const metadata = await readFooter(source, LIMITS.parquetTailBytes);
  const columns = columnsOf(metadata.schema);
  const rowGroups = metadata.row_groups.map((group) => ({
    rows: Number(group.num_rows),
    bytes: Number(group.total_byte_size),
  }));
  const rangeOf = (index: number): RowRange => {
    const start = rowGroups.slice(0, index).reduce((sum, { rows }) => sum + rows, 0);
    return { start, end: start + (rowGroups[index]?.rows ?? 0) };
  };
  const specs = (names: readonly string[]): ColumnSpec[] => columns.filter(({ name }) => names.includes(name));
  const picked = new Vectors();
  return {
    columns,
    rowGroups,
    read: (rowGroup, names) => decodeColumns(source, metadata, rangeOf(rowGroup), specs(names)),
    pick: (rowGroup, rows, names) =>
      pickRows(source, metadata, { rowGroup, ...rangeOf(rowGroup) }, rows, specs(names), picked),
    scan: (rowGroup, names, into) =>
      scanColumns(source, metadata, { rowGroup, ...rangeOf(rowGroup) }, specs(names), into),
  };
}
