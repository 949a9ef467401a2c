/** `scan` against `read`: two decoders, of which one is not ours, over the same bytes. */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CutoverError } from "../../../src/errors.ts";
import { readFooter } from "../../../src/parquet/decode.ts";
import { takePages } from "../../../src/parquet/pages.ts";
import { openObject } from "../../../src/parquet/read.ts";
import { openSource } from "../../../src/parquet/source.ts";
import { Vectors } from "../../../src/parquet/vectors.ts";
import { createObjectWriter } from "../../../src/parquet/write.ts";
import { CAPTURES, type TableSpec } from "../../../src/record.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/port.ts";
import { scanValues } from "../../support/vectors.ts";
import { type Columns, edgeRows, plainRows, rowGroup, TABLES } from "./tables.ts";

function write(table: TableSpec, groups: readonly Columns[]): Uint8Array {
  const writer = createObjectWriter(table);
  for (const columns of groups) writer.rowGroup(columns);
  return writer.finish({});
}

async function storeOf(bytes: Uint8Array): Promise<Store> {
  const store = memoryStore();
  await store.put("key", bytes);
  return store;
}

async function expectSame(table: TableSpec, groups: readonly Columns[]): Promise<void> {
  const reader = await openObject(await storeOf(write(table, groups)), "key", table);
  const names = table.columns.map(({ name }) => name);
  const vectors = new Vectors();
  // Backwards too, so that each row group finds what larger and smaller ones left.
  for (const group of [...groups.keys(), ...[...groups.keys()].reverse()]) {
    const scanned = await scanValues(reader, group, table.columns, vectors);
    expectEqual(scanned, await reader.read(group, names));
  }
}

type Values = Readonly<Record<string, readonly unknown[]>>;

/** Not by the matcher, which takes seconds for long bytes; it only tells the first column that differs. */
function expectEqual(ours: Values, theirs: Values): void {
  expect(Object.keys(ours)).toEqual(Object.keys(theirs));
  for (const name of Object.keys(ours)) {
    const [one, other] = [ours[name]?.map(comparable), theirs[name]?.map(comparable)];
    if (!isDeepStrictEqual(one, other)) expect([name, one]).toEqual([name, other]);
  }
}

const comparable = (value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value;

describe.each(TABLES.map((table) => [table.dataset, table] as const))("a scan of %s", (_dataset, table) => {
  test("gives what a read gives, whatever the table", async () => {
    const groups = fc.array(rowGroup(table, 30), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(groups, (tables) => expectSame(table, tables)),
      { numRuns: 8 },
    );
  });

  test("gives every edge value", () => expectSame(table, [edgeRows(table), plainRows(table, 3), edgeRows(table)]));
});

test("pages of our own writer are taken as they stand", async () => {
  const store = await storeOf(write(CAPTURES, [edgeRows(CAPTURES), plainRows(CAPTURES, 2_000)]));
  const info = await store.head("key");
  if (!info) throw new Error("the object is gone");
  const source = await openSource(store, info, 1024);
  const { row_groups } = await readFooter(source, 1024);
  for (const { columns, num_rows } of row_groups) {
    for (const { meta_data: chunk } of columns) {
      const column = CAPTURES.columns.find(({ name }) => name === chunk?.path_in_schema[0]);
      if (!chunk || !column) continue;
      const start = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
      const bytes = await source.view(start, start + Number(chunk.total_compressed_size));
      const vector = new Vectors().prepare(column, Number(num_rows));
      expect([column.name, takePages(bytes, chunk, column, Number(num_rows), vector)]).toEqual([column.name, true]);
    }
  }
});

test("a scan reads on after close, and from chunks far apart", async () => {
  const wide = plainRows(CAPTURES, 400, {
    input: (row) => new Uint8Array(4_000).map((_, i) => (i * row * 7_919) >> 3),
  });
  const reader = await openObject(await storeOf(write(CAPTURES, [wide])), "key", CAPTURES);
  const names = CAPTURES.columns.map(({ name }) => name);
  const before = await reader.read(0, names);
  reader.close();
  expectEqual(await scanValues(reader, 0, CAPTURES.columns), before);
  expectEqual(await reader.read(0, names), before);
});

describe("damage", () => {
  const whole = write(CAPTURES, [plainRows(CAPTURES, 50), plainRows(CAPTURES, 50)]);

  test("is found in every byte of the pages, or changes nothing", async () => {
    const sound = await openObject(await storeOf(whole), "key", CAPTURES);
    const expected = await scanValues(sound, 0, CAPTURES.columns);
    const start = 4;
    let found = 0;
    for (let at = start; at < start + 4_000; at += 13) {
      const bytes = Uint8Array.from(whole);
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
      const outcome = await openObject(await storeOf(bytes), "key", CAPTURES)
        .then((reader) => scanValues(reader, 0, CAPTURES.columns))
        .catch((error: unknown) => error);
      if (!(outcome instanceof CutoverError)) expectEqual(outcome as Values, expected);
      else {
        expect(outcome.code).toBe("PARQUET_CORRUPT");
        found++;
      }
    }
    expect(found).toBeGreaterThan(20);
  });

  const text = { name: "id", type: "string" } as const;
  const values = (...texts: Uint8Array[]): Buffer =>
    Buffer.concat(texts.flatMap((bytes) => [Buffer.from(Uint32Array.of(bytes.length).buffer), bytes]));

  test.each([
    ["half a character", values(Uint8Array.of(0xc3))],
    ["a character in two values", values(Uint8Array.of(0xc3), Uint8Array.of(0xa9))],
    ["a value beyond the page", values(Uint8Array.of(65)).subarray(0, 4)],
    ["too few values", Buffer.alloc(0)],
  ])("in a page of texts: %s", (_name, page) => {
    const rows = Math.max(1, page.length >> 2 > 2 ? 2 : 1);
    expect(() => new Vectors().prepare(text, rows).plain(page, 0, rows, undefined)).toThrow(Error);
  });

  test("in the lengths of a page of texts is none: they need not be text", () => {
    const vectors = new Vectors();
    const long = Buffer.from("é".repeat(100));
    vectors.prepare(text, 1).plain(values(long), 0, 1, undefined);
    expect(vectors.bytes("id").text(0)).toBe("é".repeat(100));
  });

  test("in the places of a dictionary", () => {
    const vector = new Vectors().prepare(text, 1);
    vector.dictionary(values(Uint8Array.of(65)), 1);
    expect(() => vector.coded(Int32Array.of(1), 0, 1, undefined)).toThrow("place 1 in a dictionary of 1");
  });
});
