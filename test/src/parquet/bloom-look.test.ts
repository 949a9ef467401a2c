import fc from "fast-check";
import { expect, test } from "vitest";
import { openObject } from "../../../src/parquet/read.ts";
import { createObjectWriter } from "../../../src/parquet/write.ts";
import { DIFFS } from "../../../src/record.ts";
import { memoryStore } from "../../../src/store/memory.ts";

const rowOf = (id: string) => ({
  id,
  model: "m",
  path: "$",
  rule: "exact",
  kind: "value",
  legacy: null,
  candidate: null,
  delta: null,
  fingerprint: "1:0",
  waived: false,
  log: "t@01234567",
  partition: 0,
  offset: 0n,
});

async function readerOf(groups: readonly (readonly string[])[], tailBytes: number) {
  const writer = createObjectWriter(DIFFS);
  for (const ids of groups) {
    const rows = ids.map(rowOf) as Record<string, unknown>[];
    writer.rowGroup(Object.fromEntries(DIFFS.columns.map(({ name }) => [name, rows.map((row) => row[name])])));
  }
  const store = memoryStore();
  await store.put("key", writer.finish({}));
  return openObject(store, "key", DIFFS, { tailBytes });
}

test("a text that stands in a row group may always be there, whether or not the filter lies in the tail", async () => {
  const text = fc.string({ unit: "grapheme", maxLength: 40 });
  const groups = fc.array(fc.array(text, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(groups, fc.constantFrom(512, 1 << 20), async (ids, tailBytes) => {
      const reader = await readerOf(ids, tailBytes);
      for (const [group, some] of ids.entries()) {
        for (const id of some) expect(await reader.mayHold(group, "id", id)).toBe(true);
      }
    }),
    { numRuns: 30 },
  );
});

test("nearly every text that does not stand there is told apart", async () => {
  const reader = await readerOf([Array.from({ length: 500 }, (_, i) => `id-${i}`)], 512);
  const others = await Promise.all(Array.from({ length: 500 }, (_, i) => reader.mayHold(0, "id", `other-${i}`)));
  expect(others.filter(Boolean).length).toBeLessThan(50);
});

test("a column without a filter may hold anything", async () => {
  const reader = await readerOf([["a"]], 512);
  expect(await reader.mayHold(0, "model", "no such model")).toBe(true);
});
