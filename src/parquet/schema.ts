/** Our column types as Parquet's, and Parquet's as ours. */
import type { SchemaElement } from "hyparquet";
import type { ColumnSpec, ColumnType, TableSpec } from "../record.ts";

/** How the name of the writer begins in files of ours. */
export const WRITTEN_BY = "cutover version";

type Physical = Pick<SchemaElement, "type" | "converted_type" | "logical_type">;

const TEXT: Physical = { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } };
/**
 * Both the logical type and the older converted one, for readers that know one of them. JSON text stands as a
 * string: under the JSON type DuckDB refuses a whole file for one document that it alone finds wrong (`"\\ud800"`).
 */
const PHYSICAL: Readonly<Record<ColumnType, Physical>> = {
  string: TEXT,
  json: TEXT,
  bytes: { type: "BYTE_ARRAY" },
  int32: { type: "INT32" },
  int64: { type: "INT64" },
  double: { type: "DOUBLE" },
  boolean: { type: "BOOLEAN" },
  timestamp: {
    type: "INT64",
    converted_type: "TIMESTAMP_MILLIS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
  },
};

export function parquetSchemaOf(table: TableSpec): SchemaElement[] {
  const root: SchemaElement = { name: table.dataset, num_children: table.columns.length };
  return [root, ...table.columns.map(elementOf)];
}

function elementOf(column: ColumnSpec): SchemaElement {
  const repetition_type = column.nullable ? "OPTIONAL" : "REQUIRED";
  return { name: column.name, repetition_type, ...PHYSICAL[column.type] };
}

/** The columns a file holds; nested ones, and types we have no name for, are left out. */
export function columnsOf(schema: readonly SchemaElement[]): ColumnSpec[] {
  const columns: ColumnSpec[] = [];
  // Elements stand depth first: leaves right under the root are the flat columns.
  let index = 1;
  while (index < schema.length) {
    const element = schema[index] as SchemaElement;
    const type = element.num_children ? undefined : columnTypeOf(element);
    if (type && element.repetition_type !== "REPEATED") {
      columns.push({ name: element.name, type, nullable: element.repetition_type !== "REQUIRED" });
    }
    index = endOf(schema, index);
  }
  return columns;
}

/** The type that a column of ours is found to have in its file. */
export function storedType(type: ColumnType): ColumnType {
  return type === "json" ? "string" : type;
}

/** Whether a column's values stand as our own writer puts those of this type. */
export function standsAsOurs(element: SchemaElement, type: ColumnType): boolean {
  const ours = PHYSICAL[type];
  return element.type === ours.type && (type !== "timestamp" || element.converted_type === ours.converted_type);
}

/** Index after an element and all that is nested in it. */
function endOf(schema: readonly SchemaElement[], index: number): number {
  let end = index + 1;
  for (let child = schema[index]?.num_children ?? 0; child > 0 && end < schema.length; child--)
    end = endOf(schema, end);
  return end;
}

/** Undefined for what would need a conversion that loses something (decimals, dates, fixed-length binaries). */
function columnTypeOf(element: SchemaElement): ColumnType | undefined {
  const logical = element.logical_type?.type;
  const converted = element.converted_type;
  switch (element.type) {
    case "BOOLEAN":
      return "boolean";
    case "INT32":
      return isPlainInteger(element) ? "int32" : undefined;
    case "INT64":
      if (logical === "TIMESTAMP" || converted?.startsWith("TIMESTAMP_")) return "timestamp";
      return isPlainInteger(element) ? "int64" : undefined;
    case "FLOAT":
    case "DOUBLE":
      return "double";
    case "BYTE_ARRAY":
      if (logical === "STRING" || converted === "UTF8" || logical === "ENUM" || converted === "ENUM") return "string";
      if (logical === "JSON" || converted === "JSON") return "json";
      return logical === undefined && converted === undefined ? "bytes" : undefined;
    default:
      return undefined;
  }
}

/** Signed, and no date, time or decimal. */
function isPlainInteger({ logical_type: logical, converted_type: converted }: SchemaElement): boolean {
  if (logical) return logical.type === "INTEGER" && logical.isSigned;
  return converted === undefined || converted.startsWith("INT_");
}
