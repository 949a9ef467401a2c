/** Row groups as columns of our value types. */
import {
  type AsyncBuffer,
  type DecodedArray,
  type FileMetaData,
  type ParquetParsers,
  parquetMetadataAsync,
  parquetRead,
} from "hyparquet";
import type { ColumnSpec } from "../record.ts";
import { COMPRESSORS } from "./compressors.ts";
import type { ColumnValues } from "./types.ts";

/** A byte order mark is part of the text, and text that is not UTF-8 is an error, never a replacement character. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const raw = (bytes: Uint8Array): Uint8Array => bytes;

/** Times as UTC milliseconds; finer units leave a fraction. */
const PARSERS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (millis) => Number(millis),
  timestampFromMicroseconds: (micros) => Number(micros) / 1e3,
  timestampFromNanoseconds: (nanos) => Number(nanos) / 1e6,
  stringFromBytes: (bytes) => bytes && utf8.decode(bytes),
  jsonFromBytes: (bytes) => bytes && utf8.decode(bytes),
};

/** The footer. Bounds in statistics stay bytes: they may be cut, and then are no text. */
export function readFooter(source: AsyncBuffer, tailBytes: number): Promise<FileMetaData> {
  const parsers = { ...PARSERS, stringFromBytes: raw };
  return parquetMetadataAsync(source, { parsers, initialFetchSize: tailBytes, geoparquet: false });
}

export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** The columns, over the rows of one row group. Throws on damaged pages. */
export async function decodeColumns(
  source: AsyncBuffer,
  metadata: FileMetaData,
  { start, end }: RowRange,
  columns: readonly ColumnSpec[],
): Promise<Record<string, ColumnValues>> {
  const pages = new Map<string, DecodedArray[]>(columns.map(({ name }) => [name, []]));
  await parquetRead({
    file: source,
    metadata,
    columns: [...pages.keys()],
    rowStart: start,
    rowEnd: end,
    compressors: COMPRESSORS,
    parsers: PARSERS,
    utf8: false,
    geoparquet: false,
    onChunk: ({ columnName, columnData }) => pages.get(columnName)?.push(columnData),
  });
  return Object.fromEntries(
    columns.map((column) => [column.name, join(column, pages.get(column.name) ?? [], end - start)]),
  );
}

/** The pages of one column as one array, null where there is no value. */
function join(column: ColumnSpec, pages: readonly DecodedArray[], rows: number): ColumnValues {
  const values = new Array<unknown>(rows);
  // The JSON logical type reaches us as bytes, the older converted type as text.
  const isText = column.type === "json" || column.type === "string";
  let at = 0;
  for (const page of pages) {
    for (let i = 0; i < page.length && at < rows; i++) {
      const value = (page[i] as unknown) ?? null;
      if (value === null && !column.nullable) throw new Error(`column ${column.name}: null in a required column`);
      values[at++] = isText && value instanceof Uint8Array ? utf8.decode(value) : value;
    }
  }
  if (at !== rows) throw new Error(`column ${column.name}: ${at} values for ${rows} rows`);
  return values;
}
