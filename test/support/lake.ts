/** An independent reader: downloads what stands in a bucket and asks DuckDB about it. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { DuckDBInstance } from "@duckdb/node-api";
import { listKeys, testClient } from "./s3.ts";

/** Every object of `bucket` under `prefix`, in `dir` under its own key; resolves with the keys. */
export async function downloadBucket(endpoint: string, bucket: string, prefix: string, dir: string): Promise<string[]> {
  const keys = await listKeys(endpoint, bucket, prefix);
  const client = testClient(endpoint);
  try {
    for (const key of keys) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      const path = join(dir, key);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, (await Body?.transformToByteArray()) ?? new Uint8Array());
    }
  } finally {
    client.destroy();
  }
  return keys;
}

/** Rows of one statement, as objects; int64 as bigint. */
export async function duckdb(sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(sql);
    return reader.getRowObjects();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
