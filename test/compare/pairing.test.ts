import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Answers, planPasses } from "../../compare/pairing.ts";
import { RepeatedIds } from "../../compare/repeated-ids.ts";
import { indexRows } from "../../compare/row-index.ts";
import { openObject } from "../../src/parquet/read.ts";
import type { ColumnValues, ObjectReader } from "../../src/parquet/types.ts";
import { CAPTURES, REPLAYS, type TableSpec } from "../../src/record.ts";
import type { Store } from "../../src/store/port.ts";
import { buildLake, type PairSpec } from "./pipeline-lake.ts";

const text = new TextEncoder();

async function readers(store: Store, prefix: string, table: typeof CAPTURES): Promise<ObjectReader[]> {
  const found: ObjectReader[] = [];
  for await (const { key } of store.list(prefix)) found.push(await openObject(store, key, table));
  return found;
}

/** A reader's scan that always gives these columns. */
function scanOf(table: TableSpec, values: Record<string, ColumnValues>): ObjectReader["scan"] {
  return async (_group, names, into) => {
    for (const column of table.columns.filter(({ name }) => names.includes(name))) {
      const given = values[column.name] ?? [];
      into.prepare(column, given.length).fill(given);
    }
  };
}

async function load(pairs: readonly PairSpec[], maxBytes = 1e6, range = { from: 0, to: pairs.length }) {
  const store = await buildLake({ objects: [pairs] });
  const [capture] = await readers(store, "captures/", CAPTURES);
  const index = await indexRows(capture as ObjectReader, 1000n, 1000n + BigInt(pairs.length) - 1n);
  const answers = new Answers(maxBytes);
  answers.reset(range);
  for (const commit of await readers(store, "replays/", REPLAYS)) await answers.load(commit, index);
  return { answers, index };
}

describe("answers", () => {
  const pairs: PairSpec[] = Array.from({ length: 23 }, (_, at) => ({
    model: `m${at % 2}`,
    legacy: "{}",
    ...(at % 5 === 0 ? {} : { candidate: `"${at}"` }),
  }));

  test("stand at the row of their position, whatever the order of commits", async () => {
    const { answers, index } = await load(pairs);
    for (const [at, pair] of pairs.entries()) {
      const row = index.rowOf(1000n + BigInt(at));
      expect(answers.has(row)).toBe(pair.candidate !== undefined);
      if (pair.candidate === undefined) continue;
      expect(answers.equals(row, 200, "application/json", text.encode(pair.candidate))).toBe(true);
      expect(Buffer.from(answers.at(row).answer?.body ?? []).toString()).toBe(pair.candidate);
    }
  });

  test.each([
    ["another status", 201, "application/json", "1"],
    ["another type", 200, "text/plain", "1"],
    ["another byte", 200, "application/json", "2"],
    ["a prefix", 200, "application/json", ""],
    ["a longer body", 200, "application/json", "1 "],
  ])("are not equal to %s", async (_name, status, type, body) => {
    const { answers } = await load([{ legacy: "1", candidate: "1" }]);
    expect(answers.equals(0, 200, "application/json", text.encode("1"))).toBe(true);
    expect(answers.equals(0, status, type, text.encode(body))).toBe(false);
  });

  test("a model error is never equal on the fast path", async () => {
    const { answers } = await load([{ legacy: "1", candidate: "1", outcome: "model_error" }]);
    expect(answers.equals(0, 200, "application/json", text.encode("1"))).toBe(false);
  });

  test("say when they outgrow the buffer, and forget all at reset", async () => {
    const { answers } = await load(pairs, 20);
    expect(answers.overflowed).toBe(true);
    answers.reset({ from: 0, to: pairs.length });
    expect(answers.overflowed).toBe(false);
    expect(pairs.some((_, row) => answers.has(row))).toBe(false);
  });

  test("of a commit that turns out damaged are all forgotten", async () => {
    const { answers, index } = await load([{ legacy: "1" }, { legacy: "2" }]);
    const columns = {
      offset: [1000n, 1001n],
      outcome: ["ok", "no such outcome"],
      status: [200, 200],
      output: [text.encode("1"), text.encode("2")],
      outputType: ["application/json", "application/json"],
      latencyMs: [1, 1],
    };
    const damaged = {
      key: "k",
      rowGroups: [{ rows: 2, bytes: 1 }],
      scan: scanOf(REPLAYS, columns),
    } as unknown as ObjectReader;
    await expect(answers.load(damaged, index)).rejects.toMatchObject({ code: "PARQUET_CORRUPT" });
    expect([answers.has(0), answers.has(1)]).toEqual([false, false]);
  });

  test("a second answer to one position is counted, and the first stands", async () => {
    const { answers, index } = await load([{ legacy: "1", candidate: '"first"' }]);
    const columns = {
      offset: [1000n, 77n],
      outcome: ["ok", "ok"],
      status: [200, 200],
      output: [text.encode('"second"'), text.encode("3")],
      outputType: ["application/json", "application/json"],
      latencyMs: [1, 1],
    };
    const again = {
      key: "k",
      rowGroups: [{ rows: 2, bytes: 1 }],
      scan: scanOf(REPLAYS, columns),
    } as unknown as ObjectReader;
    await answers.load(again, index);
    expect([answers.repeats, answers.strays]).toEqual([1, 1]);
    expect(answers.equals(0, 200, "application/json", text.encode('"first"'))).toBe(true);
  });
});

describe("positions", () => {
  const reader = (offsets: readonly bigint[]): ObjectReader =>
    ({
      key: "k",
      rowGroups: [{ rows: offsets.length, bytes: 1 }],
      scan: scanOf(CAPTURES, { offset: offsets }),
    }) as unknown as ObjectReader;

  test.each([10n, 10_000_000n, 2n ** 62n])("are found in a range of %s positions", async (span) => {
    const offsets = [3n, 0n, span - 1n];
    const index = await indexRows(reader(offsets), 0n, span - 1n);
    expect(offsets.map((offset) => index.rowOf(offset))).toEqual([0, 1, 2]);
    expect([index.rowOf(1n), index.rowOf(span), index.rowOf(-1n)]).toEqual([-1, -1, -1]);
  });

  test.each([
    ["outside its range", [5n, 11n]],
    ["that stands twice", [5n, 5n]],
  ])("one %s makes the object corrupt", async (_name, offsets) => {
    await expect(indexRows(reader(offsets), 0n, 10n)).rejects.toMatchObject({ code: "PARQUET_CORRUPT" });
  });
});

test("passes are consecutive, whole, and each within the buffer or of one row", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 50 })), fc.integer({ min: 1, max: 60 }), (lengths, maxBytes) => {
      const passes = planPasses(lengths, maxBytes);
      expect(passes[0]?.from).toBe(0);
      expect(passes.at(-1)?.to).toBe(lengths.length);
      for (const [at, { from, to }] of passes.entries()) {
        if (at > 0) expect(from).toBe(passes[at - 1]?.to);
        const bytes = lengths.slice(from, to).reduce((sum, length) => sum + length, 0);
        expect(bytes <= maxBytes || to - from === 1).toBe(true);
      }
    }),
  );
});

test("repeated ids are those of a set", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: 2 }), fc.string({ unit: "grapheme", maxLength: 3 }))), (rows) => {
      const repeated = new RepeatedIds();
      repeated.reset(rows.length);
      const seen = new Set<string>();
      for (const [model, id] of rows) {
        const key = JSON.stringify([model, id]);
        expect(repeated.add(model, text.encode(id))).toBe(seen.has(key));
        seen.add(key);
      }
    }),
  );
});
