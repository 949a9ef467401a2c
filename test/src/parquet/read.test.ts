import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CutoverError } from "../../../src/errors.ts";
import { openObject, readMeta } from "../../../src/parquet/read.ts";
import { createObjectWriter } from "../../../src/parquet/write.ts";
import { CAPTURES, DIFFS, REJECTS, type TableSpec } from "../../../src/record.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/port.ts";
import { openForeign } from "../../support/foreign.ts";
import { expectCode } from "../store/conformance.ts";
import { plainRows } from "./tables.ts";

const fixtures = new URL("../../../fixtures/parquet/", import.meta.url);

function write(table: TableSpec, groups: readonly number[] = [5]): Uint8Array {
  const writer = createObjectWriter(table);
  for (const rows of groups) writer.rowGroup(plainRows(table, rows));
  return writer.finish({ first: "0" });
}

async function storeOf(bytes: Uint8Array): Promise<Store> {
  const store = memoryStore();
  await store.put("captures/log/0/1.parquet", bytes);
  return store;
}
const key = "captures/log/0/1.parquet";

/** Counts what is asked of the store. */
function counting(store: Store): { store: Store; calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    store: {
      ...store,
      head: (...args) => {
        calls.push("head");
        return store.head(...args);
      },
      get: (name, range, signal) => {
        calls.push(`get ${(range?.end ?? 0) - (range?.start ?? 0)}`);
        return store.get(name, range, signal);
      },
    },
  };
}

describe("an object", () => {
  test("tells its rows, row groups and column sizes from the footer", async () => {
    const reader = await openObject(await storeOf(write(CAPTURES, [5, 3])), key, CAPTURES);
    expect(reader).toMatchObject({ key, rows: 8, meta: { first: "0" } });
    expect(reader.rowGroups.map(({ rows }) => rows)).toEqual([5, 3]);
    const sum = CAPTURES.columns.reduce((bytes, { name }) => bytes + reader.columnBytes(name), 0);
    expect(sum).toBe(reader.rowGroups.reduce((bytes, group) => bytes + group.bytes, 0));
    expect(reader.columnBytes("input")).toBeGreaterThan(8 * 10);
  });

  test("is read row group by row group, only the columns asked for", async () => {
    const reader = await openObject(await storeOf(write(CAPTURES, [5, 3])), key, CAPTURES);
    expect(await reader.read(1, ["offset", "id"])).toEqual({
      offset: [0n, 1n, 2n],
      id: ["text 0", "text 1", "text 2"],
    });
    expect(await reader.read(0, [])).toEqual({});
    await expect(reader.read(2, ["id"])).rejects.toThrow("no row group 2");
    await expectCode(reader.read(0, ["tags"]), "PARQUET_FOREIGN");
    await expectCode(reader.read(0, ["nope"]), "PARQUET_FOREIGN");
  });

  test("that is small costs one request when the listing gave its size, two otherwise", async () => {
    const bytes = write(CAPTURES, [50]);
    const { store, calls } = counting(await storeOf(bytes));
    const info = await store.head(key);
    calls.length = 0;
    const reader = await openObject(store, key, CAPTURES, info ? { info } : {});
    await reader.read(0, ["input", "output"]);
    expect(calls).toEqual([`get ${bytes.byteLength}`]);
    await readMeta(store, key, CAPTURES);
    expect(calls).toEqual([`get ${bytes.byteLength}`, "head", `get ${bytes.byteLength}`]);
  });

  test("that is large gives its footer for a small read, and a column for a read of that column", async () => {
    const writer = createObjectWriter(CAPTURES);
    // Bytes that do not compress: xorshift.
    let state = 1;
    const noise = (): Uint8Array =>
      Uint8Array.from({ length: 1_000 }, () => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return state & 255;
      });
    writer.rowGroup(plainRows(CAPTURES, 1_500, { input: noise }));
    const bytes = writer.finish({});
    const { store, calls } = counting(await storeOf(bytes));
    expect(await readMeta(store, key, CAPTURES)).toMatchObject({ rows: 1_500, size: bytes.byteLength });
    expect(calls).toEqual(["head", "get 65536"]);
    calls.length = 0;
    const reader = await openObject(store, key, CAPTURES);
    await reader.read(0, ["id"]);
    const fetched = calls.slice(1).map((call) => Number(call.slice(4)));
    expect(fetched[0]).toBe(512 * 1024);
    expect(fetched.slice(1).reduce((sum, size) => sum + size, 0)).toBeLessThan(50_000);
  });

  test("passes the store's errors and aborts on as they are", async () => {
    await expectCode(openObject(memoryStore(), key, CAPTURES), "STORE_MISSING");
    const store = await storeOf(write(CAPTURES));
    const reason = new CutoverError("INTERRUPTED", "stop");
    await expect(openObject(store, key, CAPTURES, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const broken: Store = { ...store, get: () => Promise.reject(new CutoverError("STORE_UNAVAILABLE", "no answer")) };
    await expectCode(openObject(broken, key, CAPTURES), "STORE_UNAVAILABLE");
  });
});

describe("what is no object of the dataset is refused:", () => {
  const whole = write(CAPTURES, [200]);
  test.each([
    { name: "nothing", bytes: new Uint8Array() },
    { name: "a few bytes", bytes: Buffer.from("PAR1PAR1") },
    { name: "text", bytes: Buffer.from("id,model\n".repeat(50)) },
    { name: "an object cut by one byte", bytes: whole.subarray(0, -1) },
    { name: "an object cut in the middle", bytes: whole.subarray(0, whole.byteLength / 2) },
    { name: "a footer of random bytes", bytes: damaged(whole, whole.byteLength - 400, 300) },
    { name: "a footer length beyond the file", bytes: damaged(whole, whole.byteLength - 8, 4) },
  ])("$name is PARQUET_CORRUPT, with the key and the size", async ({ bytes }) => {
    const error = await expectCode(openObject(await storeOf(bytes), key, CAPTURES), "PARQUET_CORRUPT");
    expect(error.details.place).toBe(`memory: ${key}`);
    expect(error.details.expected).toContain(`${bytes.byteLength} bytes`);
  });

  test("damaged pages are found when they are read, every byte of them", async () => {
    const reader = await openObject(await storeOf(whole), key, CAPTURES);
    const pages = whole.byteLength - (await footerBytes(whole));
    let found = 0;
    for (let at = 4; at < pages; at += 97) {
      const store = await storeOf(damaged(whole, at, 1));
      const damagedReader = await openObject(store, key, CAPTURES);
      const names = CAPTURES.columns.map(({ name }) => name);
      const read = await damagedReader.read(0, names).catch((error: unknown) => error);
      if (read instanceof CutoverError) {
        expect(read.code).toBe("PARQUET_CORRUPT");
        expect(read.details.place).toContain("row group 0");
        found++;
      } else {
        // Index, bloom filter, or a header member that nothing depends on: then the values are those written.
        expect(read).toEqual(await reader.read(0, names));
      }
    }
    expect(found).toBeGreaterThan(20);
  });

  test("an object of another dataset is PARQUET_FOREIGN, and named", async () => {
    const error = await expectCode(openObject(await storeOf(write(REJECTS)), key, CAPTURES), "PARQUET_FOREIGN");
    expect(error.details.received).toBe("an object of rejects/");
    await expectCode(readMeta(await storeOf(write(DIFFS)), key, CAPTURES), "PARQUET_FOREIGN");
  });

  test("a file of another program is PARQUET_FOREIGN, with its columns", async () => {
    const bytes = readFileSync(new URL("pyarrow-v1-snappy.parquet", fixtures));
    const error = await expectCode(openObject(await storeOf(bytes), key, CAPTURES), "PARQUET_FOREIGN");
    expect(error.details.received).toMatch(/written by parquet-cpp-arrow.*columns id, model, input, score/);
  });

  test.each([0, 2])("schema version %i is SCHEMA_VERSION, with both versions", async (version) => {
    const text = Buffer.from(write(CAPTURES)).toString("latin1").replace('"schema":1}', `"schema":${version}}`);
    const error = await expectCode(
      openObject(await storeOf(Buffer.from(text, "latin1")), key, CAPTURES),
      "SCHEMA_VERSION",
    );
    expect(error.details).toMatchObject({ expected: "schema 1", received: `schema ${version}` });
  });

  test("an object of ours that lacks a column, or has it with another type, is PARQUET_FOREIGN", async () => {
    const [first, ...rest] = CAPTURES.columns;
    const without: TableSpec = { dataset: "captures", columns: rest };
    const error = await expectCode(openObject(await storeOf(write(without)), key, CAPTURES), "PARQUET_FOREIGN");
    expect(error.details.expected).toBe("id string");
    const other: TableSpec = { dataset: "captures", columns: [{ name: "id", type: "int64" }, ...rest] };
    await expectCode(openObject(await storeOf(write(other)), key, CAPTURES), "PARQUET_FOREIGN");
    expect(first?.name).toBe("id");
  });
});

describe("a file of pyarrow is read as it is:", () => {
  const names = readdirSync(fixtures).filter((name) => name.endsWith(".parquet"));
  test.each(names)("%s", async (name) => {
    const reader = await openForeign(readFileSync(new URL(name, fixtures)));
    expect(reader.columns).toEqual(
      Object.entries({
        id: "string",
        model: "string",
        input: "bytes",
        score: "double",
        single: "double",
        n: "int64",
        small: "int32",
        status: "int32",
        flag: "boolean",
        atMillis: "timestamp",
        atMicros: "timestamp",
      }).map(([column, type]) => ({ name: column, type, nullable: true })),
    );
    const columns = reader.columns.map((column) => column.name);
    const [first, second] = await Promise.all([reader.read(0, columns), reader.read(1, columns)]);
    const all = Object.fromEntries(
      columns.map((column) => [column, [...(first?.[column] ?? []), ...(second?.[column] ?? [])]]),
    );
    const hex = (value: unknown): unknown => (value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value);
    expect({ ...all, input: all.input?.map(hex) }).toEqual({
      id: ["id-0", "id-1", "id-2", "id-3", "id-4", "id-5", "id-6"],
      model: ["a", "b", null, "a", "é", "😀", "\ufeffbom"],
      input: ["", "fffe", "7b7d", null, "00", "00".repeat(300), "78"],
      score: [0.1, -0, Number.NaN, Number.POSITIVE_INFINITY, null, 5e-324, 1],
      single: new Array(7).fill(0.5),
      n: [0n, -1n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), null, 7n],
      small: [0, 1, 2, 3, 4, 5, 6],
      status: new Array(7).fill(200),
      flag: [true, false, null, true, true, false, false],
      atMillis: new Array(7).fill(Date.UTC(2024, 0, 2, 3, 4, 5, 678)),
      atMicros: new Array(7).fill(Date.UTC(2024, 0, 2, 3, 4, 5, 678) + 0.9),
    });
  });
});

function damaged(bytes: Uint8Array, at: number, length: number): Uint8Array {
  return bytes.map((byte, i) => (i >= at && i < at + length ? byte ^ (0x55 + (i % 7)) : byte));
}

/** Bytes from the start of the footer to the end of the file. */
async function footerBytes(bytes: Uint8Array): Promise<number> {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.byteLength - 8, true) + 8;
}
