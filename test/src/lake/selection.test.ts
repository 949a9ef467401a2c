import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SelectionQuery } from "../../../src/lake/run.ts";
import { compareRank, compileSelection, rankOf, type SelectionRow } from "../../../src/lake/selection.ts";

const everything: SelectionQuery = {
  models: [],
  since: null,
  until: null,
  sample: null,
  limitPerModel: null,
  ids: null,
};
const row: SelectionRow = {
  id: "x",
  model: "client-a/m",
  capturedAt: 100,
  log: "t@01234567",
  partition: 1,
  offset: 7n,
};
const rows: SelectionRow[] = Array.from({ length: 2000 }, (_, at) => ({ ...row, id: `${at}`, offset: BigInt(at) }));

describe("a row is selected", () => {
  test.each<[string, Partial<SelectionQuery>, boolean]>([
    ["by an empty query", {}, true],
    ["by a pattern of its model", { models: ["b", "client-a/*"] }, true],
    ["not by patterns of others", { models: ["client-b/*"] }, false],
    ["at since", { since: 100 }, true],
    ["not before since", { since: 101 }, false],
    ["before until", { until: 101 }, true],
    ["not at until", { until: 100 }, false],
    ["by its id", { ids: ["y", "x"] }, true],
    ["not by other ids", { ids: [] }, false],
    ["by its position among ids", { ids: ["y", "t@01234567/1/7"] }, true],
    ["not by the position of another", { ids: ["t@01234567/1/8", "t@01234567/0/7", "t@01234568/1/7"] }, false],
    ["by a whole sample", { sample: 1 }, true],
    ["not by an empty sample", { sample: 0 }, false],
  ])("%s", (_name, query, selected) => {
    expect(compileSelection({ ...everything, ...query })(row)).toBe(selected);
  });
});

test("a sample keeps about its share, and a larger one keeps what a smaller one keeps", () => {
  const tenth = rows.filter(compileSelection({ ...everything, sample: 0.1 }));
  const half = new Set(rows.filter(compileSelection({ ...everything, sample: 0.5 })));
  expect(tenth.length).toBeGreaterThan(140);
  expect(tenth.length).toBeLessThan(260);
  expect(tenth.every((each) => half.has(each))).toBe(true);
});

test("a limit keeps the rows up to its mark, of its model alone", () => {
  const sorted = [...rows].sort((a, b) => compareRank(rankOf(a), rankOf(b)));
  const mark = rankOf(sorted[9] as SelectionRow);
  const kept = rows.filter(compileSelection(everything, { "client-a/m": mark }));
  expect(new Set(kept)).toEqual(new Set(sorted.slice(0, 10)));
  expect(rows.filter(compileSelection(everything, { other: mark }))).toHaveLength(rows.length);
});

test("ranks are a total order over positions", () => {
  const position = fc.record({
    log: fc.constantFrom("a", "b"),
    partition: fc.nat({ max: 2 }),
    offset: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  });
  fc.assert(
    fc.property(position, position, (a, b) => {
      const order = compareRank(rankOf(a), rankOf(b));
      expect(Math.sign(order)).toBe(-Math.sign(compareRank(rankOf(b), rankOf(a))) + 0);
      const same = a.log === b.log && a.partition === b.partition && a.offset === b.offset;
      expect(order === 0).toBe(same);
    }),
  );
});
