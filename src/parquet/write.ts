/** Writes one object. The same rows, row groups and meta give the same bytes. */
import type { KeyValue, RowGroup, SchemaElement } from "hyparquet";
import { ByteWriter } from "hyparquet-writer";
import { writeBlooms } from "hyparquet-writer/src/bloom.js";
import { writeColumn } from "hyparquet-writer/src/column.js";
import { writeIndexes } from "hyparquet-writer/src/indexes.js";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";
import type { PageIndexes } from "hyparquet-writer/src/types.js";
import { FOOTER_KEY } from "../lake/footer.ts";
import { LIMITS } from "../limits.ts";
import { type ColumnSpec, SCHEMA_VERSION, type TableSpec } from "../record.ts";
import { packByteColumn } from "./byte-column.ts";
import { byteColumnOf, checkedValues } from "./check.ts";
import { PageBuffer } from "./chunk.ts";
import { packNumberColumn } from "./number-column.ts";
import { parquetSchemaOf, WRITTEN_BY } from "./schema.ts";
import type { ColumnInput, ColumnValues, ObjectWriter, PackedColumn } from "./types.ts";
import { packWordColumn } from "./word-column.ts";
import { compressPage } from "./zstd.ts";

/** The form that readers parse before they trust statistics. */
const CREATED_BY = `${WRITTEN_BY} ${SCHEMA_VERSION}.0.0 (build hyparquet-writer)`;
const FIRST_BYTES = 1024;
/** `PAR1`, at both ends of the file. */
const MAGIC = 0x31524150;

/**
 * Memory that objects are made in, one after the other: tens of megabytes apart for each make the garbage collector
 * run for nothing. What `finish` returned lies in it, so the next object is begun when the last one is stored.
 */
export class Scratch {
  readonly writer: ByteWriter;
  readonly page = new PageBuffer();

  /** `bytes` is what an object will hardly exceed: nothing is copied as it grows. Untouched, it takes no memory. */
  constructor(bytes: number) {
    this.writer = new ByteWriter(bytes);
  }
}

/**
 * A writer for one object of `table`. Memory: the bytes not yet taken, and one column of the row group
 * that is encoded.
 * A value that does not fit its column (null in a required one, a lone surrogate, a wrong type) throws.
 */
export function createObjectWriter(table: TableSpec, scratch: Scratch = new Scratch(FIRST_BYTES)): ObjectWriter {
  const { writer, page: buffer } = scratch;
  writer.offset = 0;
  writer.index = 0;
  const schema = parquetSchemaOf(table);
  const rowGroups: RowGroup[] = [];
  const pageIndexes: PageIndexes[] = [];
  let finished = false;
  writer.appendUint32(MAGIC);

  return {
    rowGroup(columns) {
      if (finished) throw new Error("the object is finished");
      const start = writer.offset;
      let rows = -1;
      const written: PageIndexes[] = [];
      for (const [i, column] of table.columns.entries()) {
        const values = valuesOf(column, columns[column.name]);
        const length = "rows" in values ? values.rows : values.length;
        if (rows < 0) rows = length;
        if (length !== rows) throw new Error(`column ${column.name}: not of the same length as the others`);
        if (rows === 0) return;
        written.push(packColumn({ writer, column, element: schema[i + 1] as SchemaElement, buffer }, values));
      }
      pageIndexes.push(...written);
      rowGroups.push(rowGroupOf(written, rows, writer.offset - start));
    },
    take() {
      const taken = writer.getBytes().slice();
      writer.index = 0;
      return taken;
    },
    finish(meta) {
      if (finished) throw new Error("the object is finished");
      finished = true;
      const document = { ...meta, dataset: table.dataset, schema: SCHEMA_VERSION };
      writeIndexes(writer, pageIndexes);
      writeBlooms(writer, pageIndexes);
      writeFooter(writer, schema, rowGroups, { key: FOOTER_KEY, value: JSON.stringify(document) });
      return writer.getBytes();
    },
  };
}

function valuesOf(column: ColumnSpec, input: ColumnInput | undefined): ColumnValues | PackedColumn {
  if (!input) throw new Error(`column ${column.name} is missing`);
  return typeof input === "function" ? input() : input;
}

interface ColumnPlace {
  readonly writer: ByteWriter;
  readonly column: ColumnSpec;
  readonly element: SchemaElement;
  readonly buffer: PageBuffer;
}

function packColumn(place: ColumnPlace, values: ColumnValues | PackedColumn): PageIndexes {
  const { writer, column, element, buffer } = place;
  const { type, bloom = false } = column;
  if ("rows" in values) {
    if ("numbers" in values) return packNumberColumn(writer, values, { element, buffer });
    if ("words" in values) return packWordColumn(writer, values, { element });
    return packByteColumn(writer, values, { element, bloom, bounds: type !== "bytes", buffer });
  }
  // Of JSON, bytes and ids nearly every value is another one: no dictionary is tried.
  if (type === "bytes" || type === "json" || bloom) {
    const bytes = byteColumnOf(column, values);
    return packByteColumn(writer, bytes, { element, bloom, bounds: type !== "bytes", buffer });
  }
  return writeValues(place, checkedValues(column, values));
}

/** The general way, through an object a value. */
function writeValues({ writer, column, element }: ColumnPlace, values: unknown[]): PageIndexes {
  const { name, type, nullable = false } = column;
  return writeColumn({
    writer,
    column: {
      columnName: name,
      element,
      schemaPath: [{ name: "" }, element],
      codec: "ZSTD",
      compressors: { ZSTD: compressPage },
      stats: true,
      pageSize: LIMITS.pageBytes,
      columnIndex: true,
      offsetIndex: true,
      // A dictionary of doubles would make -0 and 0 one value.
      ...(type === "double" ? { encoding: "PLAIN" as const } : {}),
    },
    pageData: {
      values,
      definitionLevels: nullable ? values.map((value) => (value === null ? 0 : 1)) : [],
      repetitionLevels: [],
      maxDefinitionLevel: nullable ? 1 : 0,
    },
  });
}

function rowGroupOf(written: readonly PageIndexes[], rows: number, compressedBytes: number): RowGroup {
  const columns = written.map(({ chunk }) => chunk);
  const bytes = columns.reduce((sum, { meta_data }) => sum + (meta_data?.total_uncompressed_size ?? 0n), 0n);
  return {
    columns,
    total_byte_size: bytes,
    num_rows: BigInt(rows),
    total_compressed_size: BigInt(compressedBytes),
  };
}

function writeFooter(writer: ByteWriter, schema: SchemaElement[], rowGroups: RowGroup[], keyValue: KeyValue): void {
  writeMetadata(writer, {
    version: 2,
    created_by: CREATED_BY,
    schema,
    num_rows: rowGroups.reduce((sum, { num_rows }) => sum + num_rows, 0n),
    row_groups: rowGroups,
    // The writer counts it itself.
    metadata_length: 0,
    key_value_metadata: [keyValue],
  });
  writer.appendUint32(MAGIC);
}
