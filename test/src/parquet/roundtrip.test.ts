import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openObject } from "../../../src/parquet/read.ts";
import { createObjectWriter } from "../../../src/parquet/write.ts";
import { CAPTURES, DIFFS, type TableSpec } from "../../../src/record.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import type { Columns } from "./tables.ts";
import { edgeRows, expectSame, plainRows, rowGroup, TABLES } from "./tables.ts";

function write(table: TableSpec, groups: readonly Columns[], meta: Record<string, unknown> = {}): Uint8Array {
  const writer = createObjectWriter(table);
  for (const columns of groups) writer.rowGroup(columns);
  return writer.finish(meta);
}

async function readAll(bytes: Uint8Array, table: TableSpec): Promise<Columns[]> {
  const store = memoryStore();
  await store.put("object", bytes);
  const reader = await openObject(store, "object", table);
  const names = table.columns.map(({ name }) => name);
  const groups: Columns[] = [];
  for (const index of reader.rowGroups.keys()) groups.push((await reader.read(index, names)) as Columns);
  return groups;
}

describe.each(TABLES)("an object of $dataset", (table) => {
  test("holds exactly what was written, whatever it was", async () => {
    const groups = fc.array(rowGroup(table, 30), { minLength: 0, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(groups, async (written) => {
        expectSame(await readAll(write(table, written), table), written);
      }),
      { numRuns: 40 },
    );
  });

  test("holds the awkward values of each type, over several pages and row groups", async () => {
    const written = [edgeRows(table), plainRows(table, 3_000), edgeRows(table)];
    expectSame(await readAll(write(table, written), table), written);
  });

  test("is the same bytes for the same rows", () => {
    const rows = [edgeRows(table), plainRows(table, 100)];
    const meta = { first: "0", last: "99" };
    expect(Buffer.compare(write(table, rows, meta), write(table, rows, meta))).toBe(0);
  });
});

describe("the writer", () => {
  test("writes a footer alone when there is no row", async () => {
    const bytes = write(CAPTURES, [plainRows(CAPTURES, 0)], { captured: 0 });
    const store = memoryStore();
    await store.put("object", bytes);
    const reader = await openObject(store, "object", CAPTURES);
    expect(reader).toMatchObject({ rows: 0, rowGroups: [], meta: { captured: 0, dataset: "captures", schema: 1 } });
  });

  test.each([
    { name: "null in a required column", column: "model", value: null },
    { name: "undefined in a required column", column: "input", value: undefined },
    { name: "a lone surrogate, which UTF-8 cannot hold", column: "id", value: "a\ud800" },
    { name: "a lone surrogate in JSON text", column: "attributes", value: '{"\udc00":1}' },
    { name: "an int64 out of range", column: "offset", value: 2n ** 63n },
    { name: "a number for an int64", column: "offset", value: 1 },
    { name: "a fraction for an int32", column: "status", value: 1.5 },
    { name: "an int32 out of range", column: "partition", value: 2 ** 31 },
    { name: "a string for bytes", column: "output", value: "{}" },
    { name: "an object for JSON text", column: "attributes", value: {} },
    { name: "a Date for a timestamp", column: "capturedAt", value: new Date(0) },
    { name: "a fraction of a millisecond", column: "capturedAt", value: 0.5 },
    { name: "a number for a boolean", column: "capturedAtFromMessage", value: 1 },
  ])("refuses $name, and says where", ({ column, value }) => {
    const rows = plainRows(CAPTURES, 3, {
      [column]: (row) => (row === 2 ? value : plainRows(CAPTURES, 3)[column]?.[row]),
    });
    expect(() => write(CAPTURES, [rows])).toThrow(`column ${column}, row 2`);
  });

  test("refuses columns of different lengths, and a missing one", () => {
    const rows = plainRows(DIFFS, 3);
    expect(() => write(DIFFS, [{ ...rows, path: ["$.a"] }])).toThrow("same length");
    const { path: _, ...rest } = rows;
    expect(() => write(DIFFS, [rest])).toThrow("column path is missing");
  });

  test("is used once", () => {
    const writer = createObjectWriter(CAPTURES);
    writer.finish({});
    expect(() => writer.finish({})).toThrow("finished");
    expect(() => writer.rowGroup(plainRows(CAPTURES, 1))).toThrow("finished");
  });

  test("gives the same object in parts as at once", () => {
    const writer = createObjectWriter(CAPTURES);
    const parts = [3, 700, 1].map((rows) => {
      writer.rowGroup(plainRows(CAPTURES, rows));
      return writer.take();
    });
    parts.push(writer.take(), writer.finish({ a: 1 }));
    const whole = write(
      CAPTURES,
      [3, 700, 1].map((rows) => plainRows(CAPTURES, rows)),
      { a: 1 },
    );
    expect(Buffer.compare(Buffer.concat(parts), whole)).toBe(0);
    expect(parts.slice(0, 3).every((part) => part.byteLength > 0)).toBe(true);
  });

  test("lets no meta stand for dataset or schema", async () => {
    const store = memoryStore();
    await store.put("object", write(DIFFS, [], { dataset: "captures", schema: 9 }));
    expect((await openObject(store, "object", DIFFS)).meta).toEqual({ dataset: "diffs", schema: 1 });
  });
});
