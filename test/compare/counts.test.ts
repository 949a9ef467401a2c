/** The summary's counts against DuckDB, which counts the findings of diffs/ by itself. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compareStage } from "../../compare/run-compare.ts";
import { seededRandom } from "../../src/random.ts";
import { buildLake, comparedObjects, type PairSpec, testSession } from "./pipeline-lake.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "cutover-counts-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const RULES = [
  { path: "$.score", type: "number", atol: 0.01, rtol: 0 },
  { path: "$.score", type: "decision", threshold: 0.5 },
  { path: "$.score", type: "ulp", max: 4, weight: "advise" },
  { path: "$.price", type: "decimal", scale: 2 },
  { path: "$.at", type: "time", tolerance: "1s" },
  { path: "$.top", type: "topk", k: 3 },
  { path: "$.top", type: "rank", method: "kendall", min: 0.5, partial: true },
  { path: "$.p", type: "probs", divergence: 0.01 },
  { path: "$.p", type: "label" },
  { path: "$.v", type: "vector", method: "cosine", limit: 0.99 },
  { path: "$.parts", type: "list", mode: "keyed", key: "$.id" },
];

/** Every field of a pair differs now and then, by itself. */
function pairs(count: number, seed: number): PairSpec[] {
  const random = seededRandom(seed);
  const maybe = <T>(value: T, other: T): T => (random() < 0.1 ? other : value);
  return Array.from({ length: count }, (_, i) => {
    const score = random();
    const p = Math.round(random() * 100) / 100;
    const document = (side: <T>(value: T, other: T) => T) => ({
      score: side(score, 1 - score),
      price: side(1.005, 1.016),
      at: side("2026-01-01T00:00:00Z", "2026-01-01T00:00:09Z"),
      top: side([1, 2, 3, 4], [4, 1, 3, 2]),
      p: side([p, 1 - p], [1 - p, p]),
      v: side([1, 2, 3], [3, -2, 1]),
      parts: side(
        [
          { id: 1, s: i },
          { id: 2, s: 0 },
        ],
        side(
          [{ id: 2, s: 9 }],
          [
            { id: 1, s: "x" },
            { id: 2, s: 0 },
          ],
        ),
      ),
      note: side("a", "b"),
    });
    const text = { legacy: JSON.stringify(document((value) => value)), candidate: JSON.stringify(document(maybe)) };
    return { model: `m${i % 3}`, ...text };
  });
}

test("fields, kinds and mismatches are those that DuckDB counts in the diffs", async () => {
  const store = await buildLake({ objects: [pairs(900, 1), pairs(700, 2)], commitRows: 300 });
  const models = { "*": { rules: RULES, default: "exact", gate: {} } } as never;
  const summary = await compareStage(testSession(store, { models }), {});
  for (const [key, body] of await comparedObjects(store)) {
    if (key.endsWith(".parquet")) await writeFile(join(dir, key.replaceAll("/", "_")), Buffer.from(body, "base64"));
  }
  const db = await (await DuckDBInstance.create()).connect();
  const ask = async (sql: string) => (await db.runAndReadAll(sql)).getRowObjectsJson();
  await db.run(`create view diffs as select *, regexp_replace(path, '\\[[0-9]+\\]', '[*]', 'g') as field,
    row(log, partition, "offset") as pair from read_parquet('${dir}/*.parquet')`);

  const counted = await ask(
    `select model, field, rule, count(distinct pair)::int as k from diffs group by all order by all`,
  );
  const told = Object.entries(summary.models).flatMap(([model, { fields }]) =>
    Object.entries(fields).flatMap(([field, rules]) =>
      Object.entries(rules).flatMap(([rule, { k }]) => (k > 0 ? [{ model, field, rule, k }] : [])),
    ),
  );
  const inOrder = <T extends object>(rows: readonly T[]) => rows.map((row) => JSON.stringify(row)).sort();
  expect(inOrder(told)).toEqual(inOrder(counted));
  expect(new Set(told.map(({ rule }) => rule)).size).toBe(new Set(RULES.map(({ type }) => type)).size + 1);

  const kinds = await ask(`select model, field, rule, kind, count(distinct pair)::int as n from diffs group by all`);
  const toldKinds = Object.entries(summary.models).flatMap(([model, { fields }]) =>
    Object.entries(fields).flatMap(([field, rules]) =>
      Object.entries(rules).flatMap(([rule, counts]) =>
        Object.entries(counts.kinds).map(([kind, n]) => ({ model, field, rule, kind, n })),
      ),
    ),
  );
  expect(inOrder(toldKinds)).toEqual(inOrder(kinds));

  // Advice alone makes no mismatch.
  const mismatches = await ask(
    `select model, count(distinct pair)::int as k from diffs where rule <> 'ulp' group by model`,
  );
  expect(inOrder(mismatches)).toEqual(inOrder(Object.entries(summary.models).map(([model, { k }]) => ({ model, k }))));
}, 180_000);
