/** `pick` against `read`: chosen rows are the same values, from the pages that hold them and no others. */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { parquetMetadata } from "hyparquet";
import { describe, expect, test } from "vitest";
import { takeRuns } from "../../../src/parquet/pages.ts";
import { picksOf } from "../../../src/parquet/picks.ts";
import { openObject } from "../../../src/parquet/read.ts";
import { chunksOf } from "../../../src/parquet/scan.ts";
import type { ColumnValues } from "../../../src/parquet/types.ts";
import { Vectors } from "../../../src/parquet/vectors.ts";
import { createObjectWriter } from "../../../src/parquet/write.ts";
import { CAPTURES, type TableSpec } from "../../../src/record.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/port.ts";
import { type Columns, edgeRows, plainRows, rowGroup, TABLES } from "./tables.ts";

function write(table: TableSpec, groups: readonly Columns[]): Uint8Array {
  const writer = createObjectWriter(table);
  for (const columns of groups) writer.rowGroup(columns);
  return writer.finish({});
}

/** A store that keeps account of the ranges that were fetched. */
async function countingStore(bytes: Uint8Array): Promise<{ store: Store; fetched: { start: number; end: number }[] }> {
  const inner = memoryStore();
  await inner.put("key", bytes);
  const fetched: { start: number; end: number }[] = [];
  const store: Store = {
    ...inner,
    get: (key, range, signal) => {
      if (range) fetched.push({ start: range.start, end: range.end });
      return inner.get(key, range, signal);
    },
  };
  return { store, fetched };
}

const comparable = (value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value;

function expectEqual(ours: Readonly<Record<string, ColumnValues>>, theirs: Readonly<Record<string, ColumnValues>>) {
  expect(Object.keys(ours)).toEqual(Object.keys(theirs));
  for (const name of Object.keys(ours)) {
    const [one, other] = [ours[name]?.map(comparable), theirs[name]?.map(comparable)];
    if (!isDeepStrictEqual(one, other)) expect([name, one]).toEqual([name, other]);
  }
}

async function expectSame(
  table: TableSpec,
  groups: readonly Columns[],
  chosen: (rows: number) => number[],
): Promise<void> {
  const { store } = await countingStore(write(table, groups));
  // A short tail, so that most is fetched by range.
  const reader = await openObject(store, "key", table, { tailBytes: 1024 });
  const names = table.columns.map(({ name }) => name);
  for (const [group, { rows }] of reader.rowGroups.entries()) {
    const picked = chosen(rows);
    const whole = await reader.read(group, names);
    const expected = Object.fromEntries(names.map((name) => [name, picked.map((row) => whole[name]?.[row])]));
    expectEqual(await reader.pick(group, picked, names), expected);
  }
}

describe.each(TABLES.map((table) => [table.dataset, table] as const))("picked rows of %s", (_dataset, table) => {
  test("are those that a read gives, whatever the table and the rows", async () => {
    const groups = fc.array(rowGroup(table, 40), { minLength: 1, maxLength: 3 });
    const places = fc.array(fc.nat(), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(groups, places, (tables, at) =>
        expectSame(table, tables, (rows) => [...new Set(at.map((place) => place % rows))].sort((a, b) => a - b)),
      ),
      { numRuns: 12 },
    );
  });

  test("are those of many pages, first and last and between", async () => {
    const values = plainRows(table, 2_000);
    await expectSame(table, [edgeRows(table), values], (rows) => [0, rows >> 1, (rows >> 1) + 1, rows - 1]);
  });
});

/** About 1 MiB of inputs that do not compress: four pages or more, which have an index. */
const WIDE_ROWS = 400;
const wide = plainRows(CAPTURES, WIDE_ROWS, {
  input: (row) => Uint8Array.from({ length: 4_000 }, (_, i) => Math.imul((i + 1) * (row + 7), 0x9e3779b1) >>> (i % 13)),
});

test("of an indexed column only the pages that hold them are fetched", async () => {
  const bytes = write(CAPTURES, [wide]);
  const { store, fetched } = await countingStore(bytes);
  const reader = await openObject(store, "key", CAPTURES, { tailBytes: 1024 });
  fetched.length = 0;
  const { input } = await reader.pick(0, [WIDE_ROWS - 1], ["input"]);
  expect(comparable(input?.[0])).toBe(comparable((wide.input as Uint8Array[])[WIDE_ROWS - 1]));
  const total = fetched.reduce((sum, { start, end }) => sum + end - start, 0);
  expect(total).toBeLessThan(bytes.length / 3);
});

test.each([
  ["fetched by their index", 1024],
  ["walked in what was read with the footer", 64 * 1024 * 1024],
])("a page without a wanted row is not unpacked: damage in it is not met (%s)", async (_name, tailBytes) => {
  const bytes = write(CAPTURES, [wide]);
  // The middle of the file lies in the middle of the inputs.
  bytes.fill(0, bytes.length >> 1, (bytes.length >> 1) + 4_000);
  const { store } = await countingStore(bytes);
  const reader = await openObject(store, "key", CAPTURES, { tailBytes });
  await expect(reader.read(0, ["input"])).rejects.toMatchObject({ code: "PARQUET_CORRUPT" });
  const picked = await reader.pick(0, [0, WIDE_ROWS - 1], ["input"]);
  const inputs = wide.input as Uint8Array[];
  expect(picked.input?.map(comparable)).toEqual([inputs[0], inputs[WIDE_ROWS - 1]].map(comparable));
  const everyRow = Array.from({ length: WIDE_ROWS }, (_, row) => row);
  await expect(reader.pick(0, everyRow, ["input"])).rejects.toMatchObject({ code: "PARQUET_CORRUPT" });
});

test("values outlive the object and share no memory with each other", async () => {
  const { store } = await countingStore(write(CAPTURES, [wide]));
  const reader = await openObject(store, "key", CAPTURES);
  const { input = [] } = await reader.pick(0, [3, 4], ["input"]);
  reader.close();
  const [one, other] = input as Uint8Array[];
  one?.fill(0);
  expect(comparable(other)).toBe(comparable((wide.input as Uint8Array[])[4]));
});

test("no row asks for nothing; rows that do not ascend or do not exist are refused", async () => {
  const { store, fetched } = await countingStore(write(CAPTURES, [plainRows(CAPTURES, 5)]));
  const reader = await openObject(store, "key", CAPTURES, { tailBytes: 1024 });
  fetched.length = 0;
  expect(await reader.pick(0, [], ["id", "input"])).toEqual({ id: [], input: [] });
  expect(fetched).toEqual([]);
  for (const rows of [[2, 1], [1, 1], [5], [-1], [0.5]]) {
    await expect(reader.pick(0, rows, ["id"])).rejects.toThrow(RangeError);
  }
  await expect(reader.pick(0, [0], ["nothing"])).rejects.toMatchObject({ code: "PARQUET_FOREIGN" });
});

test("over the row groups of an object, picks come in order, and from those alone that hold one", async () => {
  const { store } = await countingStore(
    write(
      CAPTURES,
      [3, 4, 5].map((rows) => plainRows(CAPTURES, rows)),
    ),
  );
  const reader = await openObject(store, "key", CAPTURES);
  const found: unknown[] = [];
  for await (const { rows, values } of picksOf(reader, [0, 2, 7, 11], ["offset"])) found.push([rows, values.offset]);
  expect(found).toEqual([
    [
      [0, 2],
      [0n, 2n],
    ],
    [
      [7, 11],
      [0n, 4n],
    ],
  ]);
  await expect(picksOf(reader, [12], ["offset"]).next()).rejects.toThrow(RangeError);
});

test("pages that hold other rows than their index says are refused", () => {
  const bytes = Uint8Array.from(write(CAPTURES, [plainRows(CAPTURES, 10)]));
  const columns = CAPTURES.columns.filter(({ name }) => name === "id");
  const [found] = chunksOf(parquetMetadata(bytes.buffer), 0, columns);
  if (found === undefined) throw new Error("no chunk of ids");
  const { chunk, column, start, end } = found;
  const take = (next: number): boolean => {
    const runs = [{ bytes: bytes.subarray(start, end), row: 0, next }];
    return takeRuns(runs, chunk, column, 20, new Vectors().prepare(column, 20));
  };
  expect(take(10)).toBe(true);
  for (const next of [9, 11]) expect(() => take(next)).toThrow(/end at 10/);
});
