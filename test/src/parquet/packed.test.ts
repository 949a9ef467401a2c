/** Columns packed from where they lie against the general way, through an object a value. */
import fc from "fast-check";
import { parquetMetadata } from "hyparquet";
import { describe, expect, test } from "vitest";
import { byteColumnOf } from "../../../src/parquet/check.ts";
import { openObject } from "../../../src/parquet/read.ts";
import type { ColumnInput, PackedColumn } from "../../../src/parquet/types.ts";
import { createObjectWriter, Scratch } from "../../../src/parquet/write.ts";
import { CAPTURES, type ColumnSpec, REPLAYS, type TableSpec } from "../../../src/record.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import { type Columns, edgeRows, expectSame, plainRows, rowGroup } from "./tables.ts";

/** In a packed column NaN is null, and an int64 lies near its base: values that it cannot hold are replaced. */
function holdable(column: ColumnSpec, values: readonly unknown[]): unknown[] {
  return values.map((value) => {
    if (typeof value === "number" && Number.isNaN(value)) return 0.5;
    if (typeof value === "bigint") return BASE + BigInt.asIntN(53, value);
    return column.type === "timestamp" && Object.is(value, -0) ? 0 : value;
  });
}

const BASE = 2n ** 61n + 3n;

function packed(column: ColumnSpec, values: readonly unknown[]): PackedColumn {
  const rows = values.length;
  if (column.type === "string" && !column.bloom) {
    const places = new Map<unknown, number>([[null, -1]]);
    const words = ["not used"];
    for (const value of values) if (!places.has(value)) places.set(value, words.push(value as string) - 1);
    return { rows, words, word: Int32Array.from(values, (value) => places.get(value) as number) };
  }
  if (["string", "json", "bytes"].includes(column.type)) return byteColumnOf(column, values);
  const base = column.type === "int64" ? BASE : undefined;
  const number = (value: unknown): number => {
    if (value === null) return Number.NaN;
    return Number(typeof value === "bigint" ? value - BASE : value);
  };
  return { rows, numbers: Float64Array.from(values, number), ...(base === undefined ? {} : { base }) };
}

function map<T>(table: TableSpec, columns: Columns, make: (column: ColumnSpec, values: unknown[]) => T) {
  return Object.fromEntries(table.columns.map((column) => [column.name, make(column, columns[column.name] ?? [])]));
}

function write(table: TableSpec, groups: readonly Record<string, ColumnInput>[]): Uint8Array {
  const writer = createObjectWriter(table);
  for (const group of groups) writer.rowGroup(group);
  return writer.finish({});
}

async function readAll(table: TableSpec, bytes: Uint8Array) {
  const store = memoryStore();
  await store.put("object", bytes);
  const reader = await openObject(store, "object", table);
  const names = table.columns.map(({ name }) => name);
  return (await Promise.all([...reader.rowGroups.keys()].map((index) => reader.read(index, names)))) as Columns[];
}

/** Statistics of every chunk; those of bytes have no bounds when they are packed. */
function statistics(table: TableSpec, bytes: Uint8Array) {
  const { row_groups } = parquetMetadata(bytes.slice().buffer);
  return row_groups.map(({ columns }) =>
    columns.map(({ meta_data }, i) => {
      const { null_count, min_value, max_value } = meta_data?.statistics ?? {};
      return table.columns[i]?.type === "bytes" ? { null_count } : { null_count, min_value, max_value };
    }),
  );
}

async function expectAlike(table: TableSpec, written: readonly Columns[]): Promise<void> {
  const groups = written.map((group) => map(table, group, holdable));
  const general = write(table, groups);
  const direct = write(
    table,
    groups.map((group) => map(table, group, (column, values) => () => packed(column, values))),
  );
  expectSame(await readAll(table, direct), await readAll(table, general));
  expect(statistics(table, direct)).toEqual(statistics(table, general));
}

describe.each([CAPTURES, REPLAYS])("packed columns of $dataset", (table) => {
  test("hold what the general way holds, with the same statistics", async () => {
    const groups = fc.array(rowGroup(table, 30), { minLength: 1, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(groups, (written) => expectAlike(table, written)),
      { numRuns: 60 },
    );
  });

  test("hold the awkward values of each type, and rows of several pages", async () => {
    const many = plainRows(table, 70_000, { model: (row) => `model-${row % 7}` });
    await expectAlike(table, [edgeRows(table), many]);
  });

  test("are the same in memory that was used before", async () => {
    const columns = map(
      table,
      map(table, plainRows(table, 20_000), holdable),
      (column, values) => () => packed(column, values),
    );
    const scratch = new Scratch(100);
    for (const rows of [3, 20_000, 500]) {
      const part = map(table, plainRows(table, rows), holdable);
      const inputs = rows === 20_000 ? columns : map(table, part, (column, values) => () => packed(column, values));
      const writer = createObjectWriter(table, scratch);
      writer.rowGroup(inputs);
      expectSame(await readAll(table, writer.finish({ rows })), await readAll(table, write(table, [inputs])));
    }
  });
});

describe("a packed number", () => {
  const rows = 1;
  const base = plainRows(CAPTURES, rows);
  test.each([
    ["status", 2 ** 31],
    ["status", 0.5],
    ["capturedAt", Number.NaN],
    ["capturedAt", 2 ** 53],
    ["offset", Number.POSITIVE_INFINITY],
  ])("that does not fit %s is refused: %d", (name, value) => {
    const bad = { ...base, [name]: () => ({ rows, numbers: Float64Array.of(value) }) };
    expect(() => write(CAPTURES, [bad])).toThrow(new RegExp(`column ${name}, row 0: .* does not fit`));
  });
});
