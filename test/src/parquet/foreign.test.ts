/** Files that other programs write, made here by those programs. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, describe, expect, test } from "vitest";
import { openForeign } from "../../support/foreign.ts";
import { openParquetWriter } from "../../support/parquetjs.ts";
import { scanValues } from "../../support/vectors.ts";

const folder = mkdtempSync(join(tmpdir(), "cutover-foreign-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function readFile(
  bytes: Uint8Array,
): Promise<{ columns: Record<string, string>; values: Record<string, unknown[]> }> {
  const reader = await openForeign(bytes);
  const names = reader.columns.map(({ name }) => name);
  const values: Record<string, unknown[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (const index of reader.rowGroups.keys()) {
    const group = await reader.read(index, names);
    expect(await scanValues(reader, index, reader.columns)).toEqual(group);
    const last = (reader.rowGroups[index]?.rows ?? 0) - 1;
    const picked = last > 0 ? [0, last] : [0];
    const chosen = names.map((name) => [name, picked.map((row) => plain(group[name]?.[row]))]);
    const found = await reader.pick(index, picked, names);
    expect(names.map((name) => [name, found[name]?.map(plain)])).toEqual(chosen);
    for (const name of names) values[name]?.push(...(group[name] ?? []).map(plain));
  }
  return {
    columns: Object.fromEntries(reader.columns.map(({ name, type, nullable }) => [name, type + (nullable ? "?" : "")])),
    values,
  };
}

const plain = (value: unknown): unknown => (value instanceof Uint8Array ? Buffer.from(value) : value);

describe("a file of parquetjs-lite", () => {
  const rows = [0, 1, 2, 3, 4].map((i) => ({
    id: `id-${i}`,
    model: i % 2 === 0 ? "a" : "é😀",
    input: Buffer.from([0xff, i]),
    output: Buffer.from(`{"score":${i}.0}`),
    status: 200 + i,
    offset: 2 ** 40 + i,
    latency: i / 8,
    at: new Date(1_700_000_000_000 + i),
    ok: i % 2 === 0,
    ...(i % 2 === 0 ? {} : { note: i === 1 ? "" : `note ${i}` }),
    attributes: { a: String(i) },
  }));

  test.each(
    ["UNCOMPRESSED", "SNAPPY", "GZIP"].flatMap((compression) => [false, true].map((v2) => ({ compression, v2 }))),
  )("with $compression pages, version 2: $v2", async ({ compression, v2 }) => {
    const field = (type: string, optional = false): { type: string; optional: boolean; compression: string } => ({
      type,
      optional,
      compression,
    });
    const fields = {
      id: field("UTF8"),
      model: field("UTF8"),
      input: field("BYTE_ARRAY"),
      output: field("BYTE_ARRAY"),
      status: field("INT32"),
      offset: field("INT64"),
      latency: field("DOUBLE"),
      at: field("TIMESTAMP_MILLIS"),
      ok: field("BOOLEAN"),
      note: field("UTF8", true),
      attributes: field("JSON"),
    };
    const parts: Uint8Array[] = [];
    const sink = new Writable({
      write(chunk: Uint8Array, _encoding, done) {
        parts.push(chunk);
        done();
      },
    });
    const writer = await openParquetWriter(fields, sink, { rowGroupSize: 3, useDataPageV2: v2 });
    for (const row of rows) await writer.appendRow(row);
    await writer.close();
    const { columns, values } = await readFile(Buffer.concat(parts));
    expect(columns).toEqual({
      id: "string",
      model: "string",
      input: "bytes",
      output: "bytes",
      status: "int32",
      offset: "int64",
      latency: "double",
      at: "timestamp",
      ok: "boolean",
      note: "string?",
      attributes: "json",
    });
    expect(values).toEqual({
      id: rows.map(({ id }) => id),
      model: rows.map(({ model }) => model),
      input: rows.map(({ input }) => input),
      output: rows.map(({ output }) => output),
      status: rows.map(({ status }) => status),
      offset: rows.map(({ offset }) => BigInt(offset)),
      latency: rows.map(({ latency }) => latency),
      at: rows.map(({ at }) => at.getTime()),
      ok: rows.map(({ ok }) => ok),
      note: [null, "", null, "note 3", null],
      attributes: rows.map(({ attributes }) => JSON.stringify(attributes)),
    });
  });
});

describe("a file of DuckDB", () => {
  test.each(["zstd", "snappy", "gzip", "brotli", "uncompressed"])("with %s pages", async (codec) => {
    const duckdb = await DuckDBInstance.create(":memory:");
    const connection = await duckdb.connect();
    const path = join(folder, `duckdb-${codec}.parquet`);
    await connection.run(`copy (
      select 'id-' || i as id, (case when i % 3 = 0 then null else 'm' || (i % 5) end) as model,
        encode('v' || i) || '\\xFF'::blob as output, i::int as status, (i - 9223372036854775807)::bigint as "offset",
        (i / 7)::double as score, i % 2 = 0 as flag, epoch_ms(1700000000000 + i) as at,
        json_object('i', i) as attributes, [i] as list
      from range(5000) t(i)) to '${path}' (format parquet, codec '${codec}', row_group_size 2048)`);
    connection.closeSync();
    duckdb.closeSync();
    const { columns, values } = await readFile(readFileSync(path));
    expect(columns).toEqual({
      id: "string?",
      model: "string?",
      output: "bytes?",
      status: "int32?",
      offset: "int64?",
      score: "double?",
      flag: "boolean?",
      at: "timestamp?",
      attributes: "json?",
    });
    const all = Array.from({ length: 5000 }, (_, i) => i);
    expect(values.id).toEqual(all.map((i) => `id-${i}`));
    expect(values.model).toEqual(all.map((i) => (i % 3 === 0 ? null : `m${i % 5}`)));
    expect(values.output?.[4999]).toEqual(Buffer.concat([Buffer.from("v4999"), Buffer.from([0xff])]));
    expect(values.status).toEqual(all);
    expect(values.offset).toEqual(all.map((i) => BigInt(i) - 9223372036854775807n));
    expect(values.score).toEqual(all.map((i) => i / 7));
    expect(values.flag).toEqual(all.map((i) => i % 2 === 0));
    expect(values.at).toEqual(all.map((i) => 1_700_000_000_000 + i));
    expect(values.attributes).toEqual(all.map((i) => `{"i":${i}}`));
  });
});
