/** Scanned columns as the values that `read` gives: the two ways must agree. */
import type { ObjectReader } from "../../src/parquet/types.ts";
import { Vectors } from "../../src/parquet/vectors.ts";
import type { ColumnSpec } from "../../src/record.ts";

/** The values of one row group; `vectors` may be those of an earlier scan. */
export async function scanValues(
  reader: Pick<ObjectReader, "scan" | "rowGroups">,
  rowGroup: number,
  columns: readonly ColumnSpec[],
  vectors: Vectors = new Vectors(),
): Promise<Record<string, unknown[]>> {
  const names = columns.map(({ name }) => name);
  await reader.scan(rowGroup, names, vectors);
  const rows = reader.rowGroups[rowGroup]?.rows ?? 0;
  const cell = (column: ColumnSpec, row: number): unknown => valueAt(vectors, column, row);
  return Object.fromEntries(
    columns.map((column) => [column.name, Array.from({ length: rows }, (_, row) => cell(column, row))]),
  );
}

function valueAt(vectors: Vectors, { name, type }: ColumnSpec, row: number): unknown {
  if (type === "int64") {
    const vector = vectors.int64s(name);
    return vector.isNull(row) ? null : vector.values[row];
  }
  if (type === "bytes" || type === "string" || type === "json") {
    const vector = vectors.bytes(name);
    if (vector.isNull(row)) return null;
    return type === "bytes" ? Uint8Array.from(vector.bytes(row)) : vector.text(row);
  }
  const vector = vectors.numbers(name);
  if (vector.isNull(row)) return null;
  return type === "boolean" ? vector.values[row] === 1 : vector.values[row];
}
