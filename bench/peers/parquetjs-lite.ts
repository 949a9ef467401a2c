/**
 * Peer: kafkajs → parquetjs-lite 0.8.7 (SNAPPY, statistics off, 50,000 rows a row group), awaited `appendRow`, key and
 * value as they came, an object for every 50,000 rows to the S3 server.
 */
import { PassThrough } from "node:stream";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { openParquetWriter, type ParquetWriter } from "../../test/support/parquetjs.ts";
import { consumeAll, setting } from "./consume.ts";

const ROWS_PER_OBJECT = 50_000;
const client = new S3Client({ endpoint: setting("S3"), region: "us-east-1", forcePathStyle: true });
const column = (type: string): Record<string, unknown> => ({ type, compression: "SNAPPY", statistics: false });
const schema = {
  partition: column("INT32"),
  offset: column("INT64"),
  ts: column("INT64"),
  key: column("BYTE_ARRAY"),
  value: column("BYTE_ARRAY"),
};

interface OpenObject {
  readonly writer: ParquetWriter;
  readonly chunks: Buffer[];
  rows: number;
}

let current: OpenObject | undefined;
let objects = 0;

async function open(): Promise<OpenObject> {
  const chunks: Buffer[] = [];
  const stream = new PassThrough();
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  const writer = await openParquetWriter(schema, stream, { rowGroupSize: ROWS_PER_OBJECT });
  return { writer, chunks, rows: 0 };
}

async function flush(): Promise<void> {
  if (!current) return;
  const { writer, chunks } = current;
  current = undefined;
  await writer.close();
  const Key = `${setting("PREFIX")}/part-${String(objects++).padStart(5, "0")}.parquet`;
  await client.send(new PutObjectCommand({ Bucket: setting("BUCKET"), Key, Body: Buffer.concat(chunks) }));
}

const { seconds, records } = await consumeAll(async ({ offset, timestamp, key, value }, partition) => {
  current ??= await open();
  await current.writer.appendRow({ partition, offset: Number(offset), ts: Number(timestamp), key, value });
  if (++current.rows === ROWS_PER_OBJECT) await flush();
}, flush);
process.stdout.write(`${JSON.stringify({ seconds, records })}\n`);
