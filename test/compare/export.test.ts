import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExportFormat, exportRun } from "../../compare/export.ts";
import type { Summary } from "../../compare/summary.ts";
import { comparePrefix } from "../../src/lake/keys.ts";
import { createObjectWriter } from "../../src/parquet/write.ts";
import { DIFFS, type DiffRecord } from "../../src/record.ts";
import type { Session } from "../../src/session.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/port.ts";
import type { Output } from "../../src/streams.ts";
import { duckdb } from "../support/lake.ts";

const NAMES = DIFFS.columns.map(({ name }) => name);
const RUN = { run: "r0123456789", rules: "0123456789ab" };

const plain: DiffRecord = {
  id: "rev-1",
  model: "m",
  path: "$.score",
  rule: "number",
  kind: "value",
  legacy: "0.1",
  candidate: "0.10000000149011612",
  delta: 1.4901161138336505e-9,
  fingerprint: "2:0123456789ab",
  waived: false,
  log: "t@00000000",
  partition: 0,
  offset: 0n,
};
/** One row for every way in which a text format can lose something. */
const ROWS: readonly DiffRecord[] = [
  plain,
  { ...plain, id: "past 2^53", offset: 9_007_199_254_740_993n },
  { ...plain, id: "largest", offset: 2n ** 63n - 1n, partition: 2_147_483_647 },
  { ...plain, id: "null", legacy: null, candidate: null, delta: null },
  { ...plain, id: "empty", legacy: "", candidate: "", delta: 0 },
  { ...plain, id: 'quotes "and", commas', legacy: '{"a":"b,c"}', candidate: "line\nfeed\r\nand\rreturn" },
  { ...plain, id: "=1+1", legacy: "+1", candidate: "-1", path: "@x", delta: -2 },
  { ...plain, id: " space ", legacy: "\t", candidate: "null", delta: 5e-324 },
  {
    ...plain,
    id: "日本語 👩‍👩‍👧‍👦 \u202e",
    legacy: '"Jos\u00e9"',
    candidate: '"Jose\u0301"',
    delta: 1.7976931348623157e308,
    waived: true,
  },
];

async function storeWith(parts: readonly (readonly DiffRecord[])[], rowGroupRows = 4): Promise<Store> {
  const store = memoryStore();
  for (const [part, rows] of parts.entries()) {
    const writer = createObjectWriter(DIFFS);
    for (let from = 0; from < rows.length; from += rowGroupRows) {
      const group = rows.slice(from, from + rowGroupRows);
      writer.rowGroup(
        Object.fromEntries(NAMES.map((name) => [name, group.map((row) => row[name as keyof DiffRecord])])),
      );
    }
    await store.put(`${comparePrefix(RUN.run, RUN.rules)}diffs/${part}.parquet`, writer.finish({}));
  }
  return store;
}

function collector(isTTY = false): Output & { pieces: Uint8Array[] } {
  const pieces: Uint8Array[] = [];
  return { pieces, isTTY, columns: 80, write: async (text) => void pieces.push(Buffer.from(text)) };
}

async function exported(store: Store, format: ExportFormat, out = collector(), mismatch = 1) {
  const session = { store, signal: new AbortController().signal } as Session;
  const summary = { ...RUN, outcomes: { match: 0, mismatch, ignored: 0 } } as Summary;
  const { rows } = await exportRun(session, summary, format, out);
  return { rows, bytes: Buffer.concat(out.pieces), pieces: out.pieces };
}

const asTexts = (rows: readonly object[]) =>
  rows.map((row) =>
    NAMES.map((name) => {
      const value = (row as Record<string, unknown>)[name];
      return value === null ? null : typeof value === "number" ? Number(value) : String(value);
    }),
  );

describe("another reader finds the rows that were exported", () => {
  let dir: string;
  let store: Store;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "cutover-export-"));
    store = await storeWith([ROWS.slice(0, 5), ROWS.slice(5)]);
  });
  afterAll(() => rm(dir, { recursive: true }));

  async function read(format: ExportFormat, query: (file: string) => string) {
    const { rows, bytes } = await exported(store, format);
    expect(rows).toBe(ROWS.length);
    const file = join(dir, `diffs.${format}`);
    await writeFile(file, bytes);
    return duckdb(query(file));
  }

  test("Parquet, by DuckDB", async () => {
    expect(await read("parquet", (file) => `from '${file}'`)).toEqual(ROWS);
  });

  test("CSV, by DuckDB, null apart from empty", async () => {
    const types = "{'delta': 'DOUBLE', 'partition': 'INTEGER', 'offset': 'BIGINT', 'waived': 'BOOLEAN'}";
    const options = `header = true, all_varchar = false, types = ${types}, nullstr = '', allow_quoted_nulls = false, quote = '"', escape = '"', delim = ',', parallel = false, auto_detect = true`;
    const rows = await read("csv", (file) => `from read_csv('${file}', ${options})`);
    expect(asTexts(rows)).toEqual(asTexts(ROWS));
  });

  test("NDJSON, by DuckDB", async () => {
    const types = DIFFS.columns.map(({ name, type }) => {
      const sql = { double: "DOUBLE", int64: "BIGINT", int32: "INTEGER", boolean: "BOOLEAN" }[type as string];
      return `"${name}": '${sql ?? "VARCHAR"}'`;
    });
    const rows = await read(
      "ndjson",
      (file) => `from read_json('${file}', format = 'newline_delimited', columns = {${types.join(", ")}})`,
    );
    expect(rows).toEqual(ROWS);
  });

  test("Arrow, by apache-arrow, in the types of the record", async () => {
    const { rows, bytes } = await exported(store, "arrow");
    const table = tableFromIPC(bytes);
    expect(rows).toBe(ROWS.length);
    expect(table.toArray().map((row) => ({ ...row?.toJSON() }))).toEqual(ROWS);
    expect(table.schema.fields.map(({ name, type, nullable }) => `${name} ${type}${nullable ? "?" : ""}`)).toEqual([
      "id Utf8",
      "model Utf8",
      "path Utf8",
      "rule Utf8",
      "kind Utf8",
      "legacy Utf8?",
      "candidate Utf8?",
      "delta Float64?",
      "fingerprint Utf8",
      "waived Bool",
      "log Utf8",
      "partition Int32",
      "offset Int64",
    ]);
  });
});

test("integers keep all their digits in NDJSON and CSV", async () => {
  const store = await storeWith([ROWS]);
  expect((await exported(store, "ndjson")).bytes.toString()).toContain('"offset":9007199254740993}');
  expect((await exported(store, "csv")).bytes.toString()).toContain(",9007199254740993\r\n");
});

test("CSV keeps a cell that a spreadsheet would read as a formula as it is", async () => {
  const text = (await exported(await storeWith([ROWS]), "csv")).bytes.toString();
  expect(text).toContain("\r\n=1+1,m,@x,number,value,+1,-1,-2,");
});

test.each(["parquet", "arrow", "ndjson", "csv"] as const)(
  "a large %s export leaves in pieces, not in one",
  async (format) => {
    const many = Array.from({ length: 6_000 }, (_, i) => ({
      ...plain,
      id: `rev-${i}-${(i * 2654435761) % 4294967291}`,
      offset: BigInt(i),
    }));
    const { rows, bytes, pieces } = await exported(await storeWith([many], 500), format);
    expect(rows).toBe(6_000);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(bytes.length / 3);
  },
);

test.each(["arrow", "parquet"] as const)(
  "%s to a terminal is refused with the way out, before anything is read",
  async (format) => {
    const out = collector(true);
    await expect(exported(memoryStore(), format, out)).rejects.toMatchObject({
      code: "USAGE",
      details: { hint: expect.stringContaining(`--out diffs.${format}`) },
    });
    expect(out.pieces).toEqual([]);
  },
);

test("without a mismatch the export is empty and whole", async () => {
  const store = memoryStore();
  expect((await exported(store, "csv", collector(true), 0)).bytes.toString()).toBe(`${NAMES.join(",")}\r\n`);
  expect((await exported(store, "ndjson", collector(true), 0)).bytes.length).toBe(0);
  expect(tableFromIPC((await exported(store, "arrow", collector(), 0)).bytes).schema.names).toEqual(NAMES);
});

test("findings that are gone are no empty export", async () => {
  await expect(exported(memoryStore(), "csv")).rejects.toMatchObject({ code: "COMPARE_INCOMPLETE" });
});
