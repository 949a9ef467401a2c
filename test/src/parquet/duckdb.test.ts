/** DuckDB as an independent reader of our objects. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createObjectWriter } from "../../../src/parquet/write.ts";
import { CAPTURES, type ColumnSpec, type ColumnType, type TableSpec } from "../../../src/record.ts";
import { type Columns, edgeRows, plainRows, rowGroup, TABLES } from "./tables.ts";

const folder = mkdtempSync(join(tmpdir(), "cutover-duckdb-"));
let duckdb: DuckDBInstance;
let connection: DuckDBConnection;
let files = 0;

beforeAll(async () => {
  duckdb = await DuckDBInstance.create(":memory:");
  connection = await duckdb.connect();
});
afterAll(() => {
  connection.closeSync();
  duckdb.closeSync();
  rmSync(folder, { recursive: true, force: true });
});

function write(table: TableSpec, groups: readonly Columns[]): string {
  const writer = createObjectWriter(table);
  for (const columns of groups) writer.rowGroup(columns);
  const path = join(folder, `${files++}.parquet`);
  writeFileSync(path, writer.finish({}));
  return path;
}

async function query(sql: string): Promise<unknown[][]> {
  return (await connection.runAndReadAll(sql)).getRows() as unknown[][];
}

/** SQL that shows a value without loss, and the same view of our value. */
const VIEWS: Readonly<Record<ColumnType, { sql: (name: string) => string; view: (value: never) => unknown }>> = {
  string: { sql: (name) => `hex(${name})`, view: (value: string) => Buffer.from(value).toString("hex").toUpperCase() },
  json: {
    sql: (name) => `hex(${name}::VARCHAR)`,
    view: (value: string) => Buffer.from(value).toString("hex").toUpperCase(),
  },
  bytes: {
    sql: (name) => `hex(${name})`,
    view: (value: Uint8Array) => Buffer.from(value).toString("hex").toUpperCase(),
  },
  int32: { sql: (name) => name, view: (value: number) => value },
  int64: { sql: (name) => name, view: (value: bigint) => value },
  double: { sql: (name) => name, view: (value: number) => value },
  boolean: { sql: (name) => name, view: (value: boolean) => value },
  timestamp: { sql: (name) => `epoch_ms(${name})`, view: (value: number) => BigInt(value) },
};

const cut = (value: unknown): unknown => (typeof value === "string" ? value.slice(0, 200) : value);
const quoted = ({ name }: ColumnSpec): string => `"${name}"`;

async function expectSame(table: TableSpec, groups: readonly Columns[]): Promise<void> {
  const path = write(table, groups);
  const select = table.columns.map((column) => VIEWS[column.type].sql(quoted(column))).join(", ");
  const rows = await query(
    `select ${select} from read_parquet('${path}', file_row_number = true) order by file_row_number`,
  );
  const expected = groups.flatMap((columns) =>
    Array.from({ length: columns[table.columns[0]?.name ?? ""]?.length ?? 0 }, (_, row) =>
      table.columns.map(({ name, type }) => {
        const value = columns[name]?.[row] ?? null;
        return value === null ? null : VIEWS[type].view(value as never);
      }),
    ),
  );
  expect(rows.length).toBe(expected.length);
  rows.forEach((row, i) => {
    row.forEach((value, j) => {
      const wanted = expected[i]?.[j];
      const name = table.columns[j]?.name;
      if (!Object.is(value, wanted))
        expect({ name, row: i, value: cut(value) }).toEqual({ name, row: i, value: cut(wanted) });
    });
  });
  rmSync(path);
}

describe.each(TABLES)("DuckDB reads an object of $dataset", (table) => {
  test("with the values that were written", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(rowGroup(table, 12), { maxLength: 2 }), (groups) => expectSame(table, groups)),
      { numRuns: 12 },
    );
  });

  test("with the awkward values of each type, over several pages", async () => {
    await expectSame(table, [edgeRows(table), plainRows(table, 2_500)]);
  });
});

describe("DuckDB, asking for one value,", () => {
  /** Unsorted values over several row groups and pages, also some whose bounds are cut or lie beyond ASCII. */
  const models = ["x", "é", "😀", "\uffee", "a".repeat(40), `${"a".repeat(40)}b`, "", "\u{10ffff}".repeat(9), "z/1"];
  const outputs = [[0xff, 0xff], [0x80], [], [0x7f], new Array(40).fill(0xff)].map((bytes) => Uint8Array.from(bytes));
  const times = [0, -1, 1_700_000_000_000];
  const rows = 4_000;
  const given = {
    model: (row: number) => models[row % models.length],
    output: (row: number) => outputs[row % outputs.length],
    capturedAt: (row: number) => times[row % times.length],
    latencyMs: (row: number) => (row % 4 === 0 ? null : row % 4 === 1 ? Number.NaN : row % 4 === 2 ? -0 : row),
    offset: (row: number) => (row % 2 === 0 ? BigInt(row) : -(2n ** 62n) - BigInt(row)),
  };
  let path: string;
  beforeAll(() => {
    path = write(CAPTURES, [plainRows(CAPTURES, rows, given), plainRows(CAPTURES, 500, given)]);
  });
  const total = rows + 500;
  const count = async (where: string): Promise<number> =>
    Number((await query(`select count(*) from '${path}' where ${where}`))[0]?.[0]);
  const times_ = (length: number, index: number): number =>
    [rows, 500].reduce((sum, group) => sum + Math.ceil((group - index) / length), 0);

  test.each(models.map((model, index) => ({ model, index })))(
    "finds each row of model $model",
    async ({ model, index }) => {
      expect(await count(`model = '${model}'`)).toBe(times_(models.length, index));
    },
  );

  test.each(outputs.map((output, index) => ({ hex: Buffer.from(output).toString("hex"), index })))(
    "finds each row of output 0x$hex",
    async ({ hex, index }) => {
      expect(await count(`output = unhex('${hex}')`)).toBe(times_(outputs.length, index));
    },
  );

  test("finds ids through the bloom filter, and none that is not there", async () => {
    expect(await count("id = 'text 3999'")).toBe(1);
    expect(await count("id = 'text 17'")).toBe(2);
    expect(await count("id = 'text 4000'")).toBe(0);
    const probe = await query(
      `select count(*) from parquet_bloom_probe('${path}', 'id', 'text 17') where not bloom_filter_excludes`,
    );
    expect(Number(probe[0]?.[0])).toBe(2);
    const miss = await query(
      `select count(*) from parquet_bloom_probe('${path}', 'id', 'absent') where bloom_filter_excludes`,
    );
    expect(Number(miss[0]?.[0])).toBe(2);
  });

  test("finds numbers, times and nulls", async () => {
    expect(await count(`"offset" < -4611686018427387904`)).toBe(total / 2);
    expect(await count(`"offset" = 3998`)).toBe(1);
    expect(await count("capturedAt = to_timestamp(-0.001)")).toBe(times_(3, 1));
    expect(await count("latencyMs is null")).toBe(total / 4);
    expect(await count("latencyMs = 0")).toBe(total / 4);
    expect(await count("latencyMs = 3999")).toBe(1);
    expect(await count("isnan(latencyMs)")).toBe(total / 4);
    expect(await count("status = 3999")).toBe(1);
  });

  test("sees the types that Athena and Spark expect", async () => {
    const types = Object.fromEntries(
      (await query(`describe select * from '${path}'`)).map(([name, type]) => [name, type]),
    );
    expect(types).toMatchObject({
      id: "VARCHAR",
      capturedAt: "TIMESTAMP WITH TIME ZONE",
      capturedAtFromMessage: "BOOLEAN",
      input: "BLOB",
      status: "INTEGER",
      latencyMs: "DOUBLE",
      attributes: "VARCHAR",
      offset: "BIGINT",
    });
    const schema = await query(
      `select name, repetition_type from parquet_schema('${path}') where name in ('id', 'latencyMs')`,
    );
    expect(schema).toEqual([
      ["id", "REQUIRED"],
      ["latencyMs", "OPTIONAL"],
    ]);
  });
});
