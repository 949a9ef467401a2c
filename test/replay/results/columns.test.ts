/** What is packed without an object a value is read back as the values that it was. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { commitColumns } from "../../../replay/results/columns.ts";
import { openObject } from "../../../src/parquet/read.ts";
import { createObjectWriter } from "../../../src/parquet/write.ts";
import { REPLAYS, type ReplayedRecord } from "../../../src/record.ts";
import { memoryStore } from "../../../src/store/memory.ts";

const text = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: "grapheme", maxLength: 12 }));
const record: fc.Arbitrary<ReplayedRecord> = fc.record({
  id: text,
  model: fc.constantFrom("a", "client-b/tox@2"),
  target: fc.constant("candidate"),
  outcome: fc.constantFrom("ok", "model_error", "throttled"),
  errorClass: fc.option(fc.constantFrom("http_503", "ThrottlingException")),
  errorDetail: fc.option(text),
  status: fc.option(fc.integer({ min: 100, max: 599 })),
  output: fc.option(fc.uint8Array({ maxLength: 40 })),
  outputType: fc.option(fc.constantFrom("application/json", "", "é")),
  variant: fc.option(fc.constantFrom("blue", "green")),
  latencyMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
  attempts: fc.integer({ min: 0, max: 1_000 }),
  throttles: fc.integer({ min: 0, max: 1_000 }),
  coldStart: fc.option(fc.boolean()),
  replayedAt: fc.integer({ min: 0, max: 4e12 }),
  log: fc.constant("inference@0123abcd"),
  partition: fc.integer({ min: 0, max: 600 }),
  offset: fc.bigInt({ min: 0n, max: 2n ** 40n }),
});

async function roundTrip(rows: readonly ReplayedRecord[]): Promise<unknown[]> {
  const store = memoryStore();
  const writer = createObjectWriter(REPLAYS);
  writer.rowGroup(commitColumns(rows));
  await store.put("k", writer.finish({}));
  const names = REPLAYS.columns.map(({ name }) => name);
  const columns = await (await openObject(store, "k", REPLAYS)).read(0, names);
  return rows.map((_, i) => Object.fromEntries(names.map((name) => [name, columns[name]?.[i]])));
}

test("results come back as they were stored", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 60 }), async (some) => {
      const rows = some.sort((a, b) => (a.offset < b.offset ? -1 : 1));
      const plain = rows.map((row) => ({ ...row, output: row.output && new Uint8Array(row.output) }));
      expect(await roundTrip(rows)).toEqual(plain);
    }),
    { numRuns: 150 },
  );
});

test("more different details than are kept as words come back as well", async () => {
  const [one] = fc.sample(record, { numRuns: 1, seed: 1 });
  const rows = Array.from({ length: 700 }, (_, i) => ({
    ...(one as ReplayedRecord),
    errorDetail: i % 3 === 0 ? null : `detail ${i}`,
    offset: 2n ** 60n + BigInt(i),
  }));
  expect(await roundTrip(rows)).toMatchObject(rows.map(({ errorDetail, offset }) => ({ errorDetail, offset })));
});
