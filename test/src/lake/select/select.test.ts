/** What a query selects, held against DuckDB's reading of the same files. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hashPosition } from "../../../../src/hash.ts";
import type { Selection, SelectionQuery } from "../../../../src/lake/run.ts";
import { createLowest } from "../../../../src/lake/select/lowest.ts";
import { selectCaptures } from "../../../../src/lake/select/select.ts";
import { compileSelection } from "../../../../src/lake/selection.ts";
import type { CapturedRecord } from "../../../../src/record.ts";
import { localStore } from "../../../../src/store/local.ts";
import { memoryStore } from "../../../../src/store/memory.ts";
import type { Store } from "../../../../src/store/port.ts";
import { countsOf, LOG, row, rows, START, writeCapture } from "../../../replay/world.ts";

const ALL: SelectionQuery = { models: [], since: null, until: null, sample: null, limitPerModel: null, ids: null };
/** Of the first two the statistics are cut to the same 16 bytes. */
const MODELS = ["client-with-a-long-name/one", "client-with-a-long-name/two", "b", "a/x", "a/y"];

const nullable = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null });
const queries: fc.Arbitrary<SelectionQuery> = fc.record({
  models: fc.subarray(["client-with-a-long-name/one", "client-with-*", "b", "a/*", "none"]),
  since: nullable(fc.integer({ min: START, max: START + 80_000 })),
  until: nullable(fc.integer({ min: START + 40_000, max: START + 130_000 })),
  sample: nullable(fc.double({ min: 0.05, max: 1, noNaN: true })),
  limitPerModel: nullable(fc.integer({ min: 1, max: 30 })),
  ids: nullable(
    fc.array(
      fc.integer({ min: 0, max: 120 }).map((n) => (n % 3 === 0 ? `${LOG}/0/${n}` : `id-${n}`)),
      { minLength: 20, maxLength: 90 },
    ),
  ),
});
/** Objects one after the other: rows, rows of a row group, how many models take turns, and from which on. */
const lakes = fc.array(
  fc.record({
    count: fc.integer({ min: 1, max: 30 }),
    groupRows: fc.integer({ min: 1, max: 12 }),
    models: fc.integer({ min: 1, max: 5 }),
    from: fc.integer({ min: 0, max: 4 }),
  }),
  { minLength: 1, maxLength: 4 },
);

let duckdb: DuckDBInstance;
let connection: DuckDBConnection;
beforeAll(async () => {
  duckdb = await DuckDBInstance.create(":memory:");
  connection = await duckdb.connect();
});
afterAll(() => {
  connection.closeSync();
  duckdb.closeSync();
});

async function inFolder<T>(use: (store: Store, dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), "cutover-select-"));
  const store = await localStore(dir);
  try {
    return await use(store, dir);
  } finally {
    await store.close();
    await rm(dir, { recursive: true, force: true });
  }
}

async function fill(store: Store, lake: readonly { count: number; groupRows: number; models: number; from: number }[]) {
  let first = 0;
  for (const { count, groupRows, models, from } of lake) {
    const names = Array.from({ length: models }, (_, i) => MODELS[(from + i) % MODELS.length] as string);
    await writeCapture(store, rows(first, count, names), groupRows);
    first += count;
  }
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Every row of the files that the query asks for, by SQL alone; what hashes decide is done by the book below. */
async function bruteForce(dir: string, query: SelectionQuery) {
  const { models, since, until, ids, sample, limitPerModel } = query;
  const where = [
    models.length === 0 ? "true" : `(${models.map((m) => `model GLOB ${literal(m)}`).join(" OR ")})`,
    since === null ? "true" : `epoch_ms("capturedAt") >= ${since}`,
    until === null ? "true" : `epoch_ms("capturedAt") < ${until}`,
    ids === null
      ? "true"
      : `(id IN (${ids.map(literal).join(", ")}) OR log || '/' || partition || '/' || "offset" IN (${ids.map(literal).join(", ")}))`,
  ];
  const reader = await connection.runAndReadAll(
    `SELECT model, log, partition, "offset", filename FROM read_parquet('${dir}/captures/**/*.parquet', filename = true)
     WHERE ${where.join(" AND ")}`,
  );
  type Row = { model: string; log: string; partition: number; offset: bigint; filename: string };
  const found = (reader.getRowObjects() as unknown as Row[]).filter((r) => {
    return sample === null || hashPosition(r) < sample * 2 ** 32;
  });
  if (limitPerModel === null) return found;
  return [...new Set(found.map(({ model }) => model))].flatMap((model) =>
    found
      .filter((r) => r.model === model)
      .sort((a, b) => hashPosition(a) - hashPosition(b))
      .slice(0, limitPerModel),
  );
}

test("the counts of a selection are those of a read of all rows by DuckDB", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(lakes, fc.array(queries, { minLength: 4, maxLength: 8 }), async (lake, asked) => {
      await inFolder(async (store, dir) => {
        await fill(store, lake);
        for (const query of asked) {
          const expected = await bruteForce(dir, query);
          const found = await selectCaptures(store, query).catch((error) => error);
          if (expected.length === 0) {
            expect(found).toMatchObject({ code: "NOTHING_SELECTED" });
            continue;
          }
          const { models, planned, objects } = found as Selection;
          expect(planned).toBe(expected.length);
          expect(models).toEqual(countsOf(expected.map(({ model }) => model)));
          const selected = objects.filter((o) => o.selected > 0).map((o) => [`${dir}/${o.key}`, o.selected]);
          expect(Object.fromEntries(selected)).toEqual(countsOf(expected.map(({ filename }) => filename)));
        }
      });
    }),
    { numRuns: 30 },
  );
});

describe("which columns are read", () => {
  /** The ranges of bytes that are asked for, beyond the tail with the footer. */
  function watched(store: Store): { store: Store; reads: string[] } {
    const reads: string[] = [];
    const get: Store["get"] = (key, range, signal) => {
      reads.push(key);
      return store.get(key, range, signal);
    };
    return { store: { ...store, get }, reads };
  }

  /** Larger than what comes with a footer: each column asks for bytes of its own. */
  async function large(isCounted: boolean): Promise<Store> {
    const store = memoryStore();
    const noise = (n: number): Uint8Array => {
      let state = n + 1;
      return Uint8Array.from({ length: 4_000 }, () => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        return state >>> 24;
      });
    };
    const record = (i: number): CapturedRecord => {
      // Sorted, two row groups are of a alone, one is of b and c, and one of c alone.
      const model = i < 200 ? "a" : i % 4 === 0 ? "b" : "c";
      return row({ model, offset: BigInt(i), input: noise(i), output: noise(i + 1000) });
    };
    await writeCapture(
      store,
      Array.from({ length: 400 }, (_, i) => record(i)),
      100,
      isCounted,
    );
    return store;
  }

  test.each<[string, Partial<SelectionQuery>, number, boolean?]>([
    ["of all: where statistics name one model nothing, else the model column", {}, 1 + 1],
    ["of one model: nothing where the statistics name it", { models: ["a"] }, 1 + 1],
    ["of a time that leaves the object out", { since: START + 10_000_000 }, 1],
    ["of a time that takes all of it", { since: START }, 1 + 1],
    ["of a time that cuts one row group", { since: START + 50_000, models: ["a"] }, 1 + 1 + 1],
    ["of a sample: positions, too", { sample: 0.5, models: ["a"] }, 1 + 1 + 2],
    ["of all, where the footer counts the models: nothing", {}, 1, true],
    ["of models that the footer does not count: nothing", { models: ["d"], ids: ["id-1"] }, 1, true],
    ["of a sample, whatever the footer counts", { sample: 0.5, models: ["a"] }, 1 + 1 + 2, true],
  ])("%s", async (_, query, expected, isCounted = false) => {
    const { store, reads } = watched(await large(isCounted));
    await selectCaptures(store, { ...ALL, ...query }).catch(() => {
      // Of a time that selects nothing, only the first look counts.
      reads.length = 1;
    });
    expect(reads).toHaveLength(expected);
  });
});

describe("a selection is pure", () => {
  test("the smaller limit and the smaller sample are within the larger", async () => {
    const store = memoryStore();
    await fill(store, [
      { count: 60, groupRows: 13, models: 3, from: 0 },
      { count: 90, groupRows: 40, models: 5, from: 1 },
    ]);
    const all = [...rows(0, 60, MODELS.slice(0, 3)), ...rows(60, 90, [...MODELS.slice(1), MODELS[0] as string])];
    const chosen = async (query: Partial<SelectionQuery>): Promise<Set<bigint>> => {
      const selection = await selectCaptures(store, { ...ALL, ...query });
      const kept = all.filter(compileSelection(selection.query, selection.limits));
      expect(kept).toHaveLength(selection.planned);
      return new Set(kept.map(({ offset }) => offset));
    };
    const within = (small: Set<bigint>, large: Set<bigint>): boolean => [...small].every((each) => large.has(each));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 30 }), async (limit, more) => {
        const small = await chosen({ limitPerModel: limit });
        expect(within(small, await chosen({ limitPerModel: limit + more }))).toBe(true);
      }),
      { numRuns: 20 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        fc.double({ min: 1, max: 4 }),
        async (share, by) => {
          const small = await chosen({ sample: share });
          expect(within(small, await chosen({ sample: Math.min(1, share * by) }))).toBe(true);
        },
      ),
      { numRuns: 20 },
    );
  });

  test("the lowest rows are the same in whatever order they come", () => {
    const places = fc.array(
      fc.record({ model: fc.constantFrom("a", "b"), hash: fc.integer({ min: 0, max: 5 }), offset: fc.bigInt(0n, 40n) }),
      { minLength: 1, maxLength: 60 },
    );
    const result = (limit: number, order: readonly { model: string; hash: number; offset: bigint }[]) => {
      const lowest = createLowest(limit);
      const range = { log: LOG, partition: 0, first: 0n };
      for (const { model, hash, offset } of order) lowest.add(model, hash, range, offset, Number(offset % 3n));
      const { models, objects, limits } = lowest.result();
      const sorted = (map: ReadonlyMap<unknown, number>) => [...map].sort();
      return { models: sorted(models), objects: sorted(objects), limits };
    };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), places, fc.func(fc.integer()), (limit, some, rank) => {
        // A position stands once.
        const rows = [...new Map(some.map((each) => [`${each.offset}`, each])).values()];
        const shuffled = [...rows].sort((a, b) => rank(a.offset) - rank(b.offset));
        expect(result(limit, shuffled)).toEqual(result(limit, rows));
      }),
    );
  });

  test("a limit takes its share of the whole range, not of its beginning", async () => {
    const store = memoryStore();
    for (let i = 0; i < 10; i++) await writeCapture(store, rows(i * 200, 200, ["a"]));
    const { objects } = await selectCaptures(store, { ...ALL, limitPerModel: 400 });
    for (const { selected } of objects) {
      expect(selected).toBeGreaterThan(20);
      expect(selected).toBeLessThan(65);
    }
  });
});
