/** Values on their way into a file, checked against their column: nothing is coerced. */
import type { ColumnSpec } from "../record.ts";
import type { ByteColumn, ColumnValues } from "./types.ts";

const MAX_TIME = 8.64e15;
const MAX_INT64 = 2n ** 63n - 1n;

/** The values in the form that hyparquet-writer keeps exactly. Throws for the first that does not fit. */
export function checkedValues(column: ColumnSpec, values: ColumnValues): unknown[] {
  const check = CHECKS[column.type];
  const checked = new Array<unknown>(values.length);
  for (let row = 0; row < values.length; row++) {
    const value = values[row] ?? null;
    if (value === null && !column.nullable)
      throw new TypeError(`column ${column.name}, row ${row}: null in a required column`);
    const kept = value === null ? null : check(value);
    if (kept === undefined)
      throw new TypeError(`column ${column.name}, row ${row}: not a ${column.type}: ${typeof value}`);
    checked[row] = kept;
  }
  return checked;
}

/** The checked values of a string, json or bytes column as bytes. */
export function byteColumnOf(column: ColumnSpec, values: ColumnValues): ByteColumn {
  const chunks = checkedValues(column, values).map((value) =>
    typeof value === "string" ? Buffer.from(value) : (value as Uint8Array | null),
  );
  return {
    rows: chunks.length,
    chunks: chunks as Uint8Array[],
    chunk: Int32Array.from(chunks.keys()),
    start: new Int32Array(chunks.length),
    length: Int32Array.from(chunks, (bytes) => bytes?.length ?? -1),
  };
}

/** UTF-8 has no lone surrogates: what would be kept is not what was given. */
const text = (value: unknown): unknown => (typeof value === "string" && value.isWellFormed() ? value : undefined);

/** Undefined for a value that does not fit. */
const CHECKS: Readonly<Record<ColumnSpec["type"], (value: unknown) => unknown>> = {
  string: text,
  json: text,
  bytes: (value) => (value instanceof Uint8Array ? value : undefined),
  int32: (value) => (typeof value === "number" && (value | 0) === value ? value : undefined),
  int64: (value) => (typeof value === "bigint" && value <= MAX_INT64 && value >= ~MAX_INT64 ? value : undefined),
  double: (value) => (typeof value === "number" ? value : undefined),
  boolean: (value) => (typeof value === "boolean" ? value : undefined),
  timestamp: (value) =>
    typeof value === "number" && Number.isInteger(value) && Math.abs(value) <= MAX_TIME ? BigInt(value) : undefined,
};
