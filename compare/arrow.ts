/** The findings as an Arrow IPC stream, for pandas, polars, DuckDB and anything else that reads Arrow. */
import {
  AsyncByteQueue,
  Bool,
  type DataType,
  Field,
  Float64,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMillisecond,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import type { ColumnValues } from "../src/parquet/types.ts";
import { type ColumnType, DIFFS } from "../src/record.ts";
import type { Encoder } from "./export/encoder.ts";

/** Bytes have no column in this table, so no type is given for them. */
const TYPES: Readonly<Record<Exclude<ColumnType, "bytes">, () => DataType>> = {
  string: () => new Utf8(),
  json: () => new Utf8(),
  int32: () => new Int32(),
  int64: () => new Int64(),
  double: () => new Float64(),
  boolean: () => new Bool(),
  timestamp: () => new TimestampMillisecond(),
};

export function arrowEncoder(): Encoder {
  const schema = findingsSchema();
  const queue = new PieceQueue();
  const writer = new RecordBatchStreamWriter();
  writer.reset(queue, schema);
  return {
    rows(columns) {
      writer.write(batchOf(schema, columns));
      return queue.take();
    },
    end() {
      writer.finish();
      return queue.take();
    },
  };
}

function findingsSchema(): Schema {
  const fields = DIFFS.columns.map(({ name, type, nullable = false }) => {
    if (type === "bytes") throw new Error(`column ${name}: bytes have no type here`);
    return new Field(name, TYPES[type](), nullable);
  });
  return new Schema(fields);
}

function batchOf(schema: Schema, columns: Readonly<Record<string, ColumnValues>>): RecordBatch {
  const children = schema.fields.map(({ name, type }) => {
    const [data, ...rest] = vectorFromArray(columns[name] ?? [], type).data;
    if (data === undefined || rest.length > 0) throw new Error(`column ${name} is not one chunk`);
    return data;
  });
  const length = children[0]?.length ?? 0;
  return new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, nullCount: 0, children }));
}

/** Hands on what the writer has written so far, where the writer's own queue would wait for a reader. */
class PieceQueue extends AsyncByteQueue {
  private pieces: Uint8Array[] = [];

  override write(piece: ArrayBufferLike | ArrayBufferView | string): void {
    this.pieces.push(typeof piece === "string" ? Buffer.from(piece) : toBytes(piece));
  }

  take(): Uint8Array[] {
    const taken = this.pieces;
    this.pieces = [];
    return taken;
  }
}

function toBytes(piece: ArrayBufferLike | ArrayBufferView): Uint8Array {
  if (!ArrayBuffer.isView(piece)) return new Uint8Array(piece);
  return new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
}
