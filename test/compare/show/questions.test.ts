/** examples/triage/questions.sql, each statement as printed, by DuckDB over a store that the program wrote. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Group, Summary } from "../../../compare/summary.ts";
import { runJson } from "../../support/cli.ts";
import { triageQuestions } from "../../support/questions.ts";

// Each step is a process of its own; on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const COUNT = 900;
const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 10, 20, 6, 30);

/** From a third of the records on, with another version of the model, one in three scores and one in six labels are off. */
const message = (i: number) => ({
  id: `id-${i % 800}`,
  model: i % 5 === 0 ? "b" : "a",
  modelVersion: i < COUNT / 3 ? "v1" : "v2",
  capturedAt: START + Math.floor((i * 6 * HOUR_MS) / COUNT),
  input: { i, text: `søk ${i}` },
  output: { score: 1 + (i % 40), label: "x", list: [{ v: i }, { v: i + 1 }] },
});
const MODEL = `export default ({ input }) => {
  const { i } = JSON.parse(Buffer.from(input));
  const off = i >= ${COUNT / 3} && i % 3 === 0;
  return JSON.stringify({
    score: 1 + (i % 40) + (off ? (1 + (i % 40)) / 8 : 0),
    label: off && i % 6 === 0 ? "y" : "x",
    list: [{ v: i }, { v: i % 50 === 0 ? -1 : i + 1 }],
  });
};
`;

let dir: string;
let summary: Summary;
let connection: DuckDBConnection;
let instance: DuckDBInstance;
/** Rows of each question, in the order of the file. */
let answers: Record<string, unknown>[][];
let largest: Group;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "cutover-questions-"));
  await writeFile(
    join(dir, "in.ndjson"),
    Array.from({ length: COUNT }, (_, i) => `${JSON.stringify(message(i))}\n`).join(""),
  );
  await writeFile(join(dir, "model.mjs"), MODEL);
  const models = {
    "*": { rules: [{ path: "$.list[*].v", type: "exact", weight: "advise" }], default: "exact", gate: {} },
  };
  const config = {
    capture: { source: { files: ["in.ndjson"] }, rotate: { records: 200 } },
    targets: { candidate: { module: { path: "./model.mjs" } } },
    models,
  };
  await writeFile(join(dir, "cutover.yaml"), JSON.stringify(config));
  await runJson(["capture", "--until", "end"], { cwd: dir });
  await runJson(["replay", "--target", "candidate"], { cwd: dir });
  summary = await runJson<Summary & Record<string, unknown>>(["compare"], { cwd: dir });
  largest = summary.groups.find(({ path }) => path === "$.score") as Group;

  const { setup, questions } = await triageQuestions({
    store: join(dir, "data"),
    run: summary.run,
    rules: summary.rules,
    fingerprint: largest.fingerprint,
  });
  instance = await DuckDBInstance.create(":memory:");
  connection = await instance.connect();
  for (const statement of setup) await connection.run(statement);
  answers = [];
  for (const question of questions) answers.push((await connection.runAndReadAll(question)).getRowObjectsJson());
});
afterAll(async () => {
  connection?.closeSync();
  instance?.closeSync();
  await rm(dir, { recursive: true, force: true });
});

const number = (value: unknown): number => Number(value);
const sum = (rows: readonly Record<string, unknown>[], column: string): number =>
  rows.reduce((total, row) => total + number(row[column]), 0);

describe("the questions of a triage", () => {
  test("are six statements, of which each finds something", () => {
    expect(answers.map((rows) => rows.length > 0)).toEqual(Array(6).fill(true));
  });

  test("1: fields by pairs, as the summary counts them", () => {
    const found = (answers[0] ?? []).map(({ model, field, rule, pairs }) => [model, field, rule, number(pairs)]);
    const expected = Object.entries(summary.models).flatMap(([model, { fields }]) =>
      Object.entries(fields).flatMap(([field, rules]) =>
        Object.entries(rules).flatMap(([rule, { k }]) => (k === 0 ? [] : [[model, field, rule, k]])),
      ),
    );
    expect(new Set(found.map(String))).toEqual(new Set(expected.map(String)));
    expect(found.map(([, , , pairs]) => pairs)).toEqual(
      found.map(([, , , pairs]) => pairs as number).sort((a, b) => b - a),
    );
  });

  test("2: quantiles of what the model added", () => {
    for (const row of answers[1] ?? []) {
      const own = Array.from({ length: COUNT }, (_, i) => i).filter(
        (i) => i >= COUNT / 3 && i % 3 === 0 && (i % 5 === 0 ? "b" : "a") === row.model,
      );
      const deltas = own.map((i) => (1 + (i % 40)) / 8);
      expect([number(row.numbers), row.least, row.most]).toEqual([
        own.length,
        Math.min(...deltas),
        Math.max(...deltas),
      ]);
      expect(row["relative at 50, 95, 100 %"]).toEqual([0.125, 0.125, 0.125]);
    }
    expect((answers[1] ?? []).map(({ model }) => model)).toEqual(["a", "b"]);
  });

  test("3: both answers of a group beside the request that was sent, whatever its id", () => {
    const rows = answers[2] ?? [];
    expect(rows.length).toBe(Math.min(50, largest.count));
    for (const row of rows) {
      const { i } = JSON.parse(String(row.request)) as { i: number };
      expect(row).toMatchObject({
        id: `id-${i % 800}`,
        request: JSON.stringify(message(i).input),
        legacy_answer: JSON.stringify(message(i).output),
      });
      expect(JSON.parse(String(row.candidate_answer))).toMatchObject({ score: number(row.candidate) });
      expect(number(row.candidate) - number(row.legacy)).toBe(row.delta);
    }
  });

  test("4: hours and versions add up to what was compared, and show when it began", () => {
    const rows = answers[3] ?? [];
    expect(sum(rows, "pairs")).toBe(summary.coverage.compared);
    const differing = (version: string): number =>
      sum(
        rows.filter((row) => row.version === version),
        "differing",
      );
    // Advice differs in one of fifty, in either version.
    expect(differing("v1")).toBe(6);
    expect(differing("v2")).toBeGreaterThan(190);
    expect(new Set(rows.map(({ hour }) => hour)).size).toBe(7);
    expect(rows[0]?.hour).toBe("2026-11-20 06:00:00");
  });

  test("5: requests with several groups, and groups that come together", () => {
    expect((answers[4] ?? []).every(({ groups }) => number(groups) > 1)).toBe(true);
    const labels = summary.groups.filter(({ path }) => path === "$.label");
    for (const { fingerprint, count } of labels) {
      // Whoever has a wrong label has a wrong score.
      const together = (answers[5] ?? []).filter(({ one, other }) => one === fingerprint || other === fingerprint);
      const scores = together.filter(
        (row) => number(row[row.one === fingerprint ? "share_of_one" : "share_of_other"]) > 0,
      );
      const best = Math.max(...scores.map((row) => number(row.pairs_of_both)));
      expect([fingerprint, best]).toEqual([fingerprint, count]);
    }
    expect(labels.length).toBe(2);
  });
});
