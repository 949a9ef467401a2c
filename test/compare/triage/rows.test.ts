/** The rows that triage remembers: the same whatever the order, never more than their limits, and as bytes and back. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  familyCode,
  groupCode,
  type RowHook as Hook,
  matchEvery,
  RowHook,
} from "../../../compare/triage/slices/hook.ts";
import { MARKS_PER_ROW } from "../../../compare/triage/slices/pool.ts";
import { type RowLimits, SampledRows } from "../../../compare/triage/slices/rows.ts";
import { LIMITS } from "../../../src/limits.ts";

interface Pair {
  readonly model: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly agrees: boolean;
  readonly marks: readonly number[];
}

const LIMITED: RowLimits = { perModel: 16, perRun: 40 };
const PLANNED = { a: 10, b: 10, c: 10, d: 10 };

const pair: fc.Arbitrary<Pair> = fc.record({
  model: fc.constantFrom("a", "b", "c", "d"),
  partition: fc.nat(2),
  offset: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  agrees: fc.boolean(),
  marks: fc.array(fc.integer({ min: 1, max: 2 ** 32 - 1 }), { maxLength: MARKS_PER_ROW + 2 }),
});
const pairs = fc.uniqueArray(pair, { maxLength: 200, selector: ({ partition, offset }) => `${partition}/${offset}` });

function rowsOf(given: readonly Pair[], limits: RowLimits = LIMITED): SampledRows {
  const rows = new SampledRows(limits);
  const hooks = new Map<number, Hook>();
  for (const { model, partition, offset, agrees, marks } of given) {
    const hook = hooks.get(partition) ?? new RowHook(rows, { log: "t", partition, first: 0n }, PLANNED);
    hooks.set(partition, hook);
    hook.model(model);
    hook.rowGroup(BigInt64Array.of(offset), Number(offset % 1_000n));
    if (agrees) hook.match(0);
    else
      hook.mismatch(
        0,
        marks.map((group) => ({ key: { path: `$.p${group % 7}`, kind: "value" }, fingerprint: `1:${group}` })),
      );
  }
  return rows;
}

const total = (rows: SampledRows): number =>
  rows.models().reduce((sum, { mismatches, matches }) => sum + mismatches.length + matches.length, 0);

describe("the rows that are remembered", () => {
  test("are the same bytes in any order, merged from any parts, and stored between", () => {
    fc.assert(
      fc.property(pairs, fc.array(fc.nat(), { maxLength: 5 }), fc.boolean(), (given, cuts, stored) => {
        const whole = JSON.stringify(rowsOf(given).toStored());
        expect(JSON.stringify(rowsOf([...given].reverse()).toStored())).toBe(whole);
        const bounds = [0, ...cuts.map((cut) => cut % (given.length + 1)), given.length].sort((a, b) => a - b);
        const parts = bounds.slice(1).map((end, at) => rowsOf(given.slice(bounds[at], end)));
        const merged = new SampledRows(LIMITED);
        for (const part of parts.reverse()) {
          merged.merge(stored ? SampledRows.fromStored(part.toStored(), LIMITED) : part);
        }
        expect(JSON.stringify(merged.toStored())).toBe(whole);
        const back: unknown = JSON.parse(whole);
        expect(SampledRows.fromStored(back as ReturnType<SampledRows["toStored"]>, LIMITED).toStored()).toEqual(back);
      }),
    );
  });

  test("keep within both limits, and of a small model all stay while others can give", () => {
    const many = Array.from({ length: 400 }, (_, at) => at);
    const given = many.map((at) => ({
      model: at < 8 ? "small" : `big-${at % 4}`,
      partition: 0,
      offset: BigInt(at),
      agrees: false,
      marks: [1],
    }));
    const rows = rowsOf(given, { perModel: 64, perRun: 100 });
    expect(total(rows)).toBeLessThanOrEqual(100);
    expect(total(rows)).toBeGreaterThan(50);
    const small = rows.models().find(({ model }) => model === "small");
    expect(small?.mismatches.map(({ offset }) => offset).sort()).toEqual([0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n]);
    expect(total(rowsOf(given))).toBeLessThanOrEqual(LIMITED.perRun);
  });

  test("are those with the lowest hashes: a fair sample of all positions", () => {
    const given = Array.from({ length: 20_000 }, (_, at) => ({
      model: "a",
      partition: 0,
      offset: BigInt(at),
      agrees: true,
      marks: [],
    }));
    const [a] = rowsOf(given, { perModel: 1_000, perRun: 10_000 }).models();
    expect(a?.matches.length).toBe(1_000);
    const early = a?.matches.filter(({ offset }) => offset < 10_000n).length ?? 0;
    expect(early).toBeGreaterThan(400);
    expect(early).toBeLessThan(600);
  });

  test("name the object, the row in it and the position", () => {
    const rows = rowsOf([{ model: "a", partition: 2, offset: 12_345n, agrees: false, marks: [77] }]);
    const row = rows.models()[0]?.mismatches[0];
    expect(row && [rows.placeAt(row.place), row.row, row.offset, [...(row.marks ?? [])]]).toEqual([
      { log: "t", partition: 2, first: 0n },
      345,
      12_345n,
      [familyCode("$.p0", "value"), groupCode("1:77"), 0, 0, 0, 0, 0, 0],
    ]);
  });
});

test.each([
  [0, 1, 1],
  [LIMITS.triageMatchesMost, 1, 1],
  [20 * LIMITS.triageMatchesMost, 1, 20],
  [1e9, 1, LIMITS.triageMatchEvery],
  [2_500, 400, 25],
  [2_500, 1e6, Math.floor(2_500 / LIMITS.triageMatchesLeast)],
])("of %i planned rows of a model, of %i models, one in %i that agrees is remembered", (planned, models, every) => {
  expect(matchEvery(planned, models)).toBe(every);
});

test("one in so many is what the sample holds", () => {
  const rows = new SampledRows();
  const count = 50_000;
  const hook = new RowHook(rows, { log: "t", partition: 0, first: 0n }, { m: count });
  hook.model("m");
  hook.rowGroup(
    BigInt64Array.from({ length: count }, (_, at) => BigInt(at)),
    0,
  );
  for (let at = 0; at < count; at++) hook.match(at);
  const found = rows.models()[0]?.matches.length ?? 0;
  expect(found).toBeGreaterThan(count / 100 - 100);
  expect(found).toBeLessThan(count / 100 + 100);
});

test("of many findings of a pair each is as likely to be remembered", () => {
  const findings = Array.from({ length: 20 }, (_, at) => ({
    key: { path: `$.p${at}`, kind: "value" },
    fingerprint: `1:${at}`,
  }));
  const rows = new SampledRows();
  const hook = new RowHook(rows, { log: "t", partition: 0, first: 0n }, {});
  hook.model("m");
  hook.rowGroup(
    BigInt64Array.from({ length: 2_000 }, (_, at) => BigInt(at)),
    0,
  );
  for (let at = 0; at < 2_000; at++) hook.mismatch(at, findings);
  const seen = new Map<number, number>();
  for (const { marks: words } of rows.models()[0]?.mismatches ?? []) {
    for (let at = 1; at < (words?.length ?? 0); at += 2) {
      const group = words?.[at] as number;
      seen.set(group, (seen.get(group) ?? 0) + 1);
    }
  }
  expect(seen.size).toBe(20);
  for (const count of seen.values()) expect(Math.abs(count - 400)).toBeLessThan(120);
});
