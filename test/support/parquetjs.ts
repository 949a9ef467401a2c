/** parquetjs-lite 0.8.7, typed as far as tests and benches use it: the writer of files that teams already have. */
import { createRequire } from "node:module";
import type { Writable } from "node:stream";

export interface ParquetWriter {
  appendRow(row: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}

interface ParquetJs {
  readonly ParquetSchema: new (fields: Readonly<Record<string, unknown>>) => unknown;
  readonly ParquetWriter: {
    openStream(schema: unknown, stream: Writable, options: Readonly<Record<string, unknown>>): Promise<ParquetWriter>;
  };
}

export function openParquetWriter(
  fields: Readonly<Record<string, unknown>>,
  stream: Writable,
  options: Readonly<Record<string, unknown>> = {},
): Promise<ParquetWriter> {
  const parquetjs = createRequire(import.meta.url)("parquetjs-lite") as ParquetJs;
  return parquetjs.ParquetWriter.openStream(new parquetjs.ParquetSchema(fields), stream, options);
}
