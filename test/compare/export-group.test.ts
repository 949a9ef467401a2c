import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Chosen } from "../../compare/export/chosen.ts";
import { type ExportFormat, type ExportOptions, exportRun } from "../../compare/export.ts";
import { fingerprintParts } from "../../compare/fingerprint.ts";
import { fingerprint } from "../../compare/group-key.ts";
import { Groups } from "../../compare/groups.ts";
import { compareStage } from "../../compare/run-compare.ts";
import type { Group, Summary } from "../../compare/summary.ts";
import type { DiffRecord } from "../../src/record.ts";
import type { Store } from "../../src/store/port.ts";
import { duckdb } from "../support/lake.ts";
import { buildLake, equalPairs, type PairSpec, testSession } from "./pipeline-lake.ts";

/** Differences of several kinds; one in three pairs has two findings of one group. */
const PAIRS: PairSpec[] = Array.from({ length: 60 }, (_, i) => {
  const legacy = { label: "a", scores: [1, 2], note: "x" };
  const candidate = {
    label: i % 4 === 0 ? "b" : "a",
    scores: i % 3 === 0 ? [1.2, 2.4] : [1, 2],
    ...(i % 5 === 0 ? {} : { note: "x" }),
  };
  return { model: i % 2 ? "m/1" : "m/2", legacy: JSON.stringify(legacy), candidate: JSON.stringify(candidate) };
});

describe("the export of a group", () => {
  let dir: string;
  let store: Store;
  let summary: Summary;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "cutover-export-group-"));
    store = await buildLake({ objects: [PAIRS.slice(0, 25), [...PAIRS.slice(25), ...equalPairs(5)]] });
    summary = await compareStage(testSession(store), {});
  });
  afterAll(() => rm(dir, { recursive: true }));

  async function exported(format: ExportFormat, options: ExportOptions): Promise<{ rows: number; file: string }> {
    const pieces: Buffer[] = [];
    const out = {
      isTTY: false,
      columns: 80,
      write: async (data: string | Uint8Array) => void pieces.push(Buffer.from(data)),
    };
    const { rows } = await exportRun(testSession(store), summary, format, out, options);
    const file = join(dir, `x.${format}`);
    await writeFile(file, Buffer.concat(pieces));
    return { rows, file };
  }

  const sources: readonly (readonly [ExportFormat, (file: string) => string])[] = [
    ["parquet", (file) => `'${file}'`],
    ["csv", (file) => `read_csv('${file}', header = true)`],
    ["ndjson", (file) => `read_json('${file}', format = 'newline_delimited')`],
  ];

  test.each(sources)("as %s holds every finding of every group, and no other, by DuckDB", async (format, from) => {
    const whole = await exported("parquet", {});
    let rows = 0;
    for (const group of summary.groups) {
      const { file, rows: written } = await exported(format, { group: group.fingerprint });
      const [found] = await duckdb(`
        select count(*)::int as "rows", count(distinct (log, partition, "offset"))::int as pairs,
          string_agg(distinct fingerprint, ' ') as names, string_agg(distinct model, ' ') as models from ${from(file)}`);
      expect(found).toEqual({
        rows: written,
        pairs: group.count,
        names: group.fingerprint,
        models: group.model,
      });
      rows += written;
    }
    expect(summary.groups.length).toBeGreaterThanOrEqual(5);
    expect(rows).toBe(whole.rows);
    expect(rows).toBeGreaterThan(summary.groups.reduce((sum, { count }) => sum + count, 0));
  });

  test("as Arrow holds the same rows", async () => {
    const [group] = summary.groups as [Group];
    const bytes = await exported("arrow", { group: group.fingerprint });
    const table = tableFromIPC(await readFile(bytes.file));
    expect(table.numRows).toBe(bytes.rows);
    expect(new Set(table.getChild("fingerprint")?.toArray())).toEqual(new Set([group.fingerprint]));
  });

  test("by model takes the models that match", async () => {
    const all = await exported("ndjson", { models: ["m/*"] });
    const one = await exported("ndjson", { models: ["*/1"] });
    const other = await exported("ndjson", { models: ["*/2"] });
    expect(one.rows + other.rows).toBe(all.rows);
    expect(one.rows).toBeGreaterThan(0);
    expect((await exported("ndjson", { models: ["no"] })).rows).toBe(0);
  });

  test("a group that is not there is told with those that are", async () => {
    await expect(exported("csv", { group: "1:000000000000" })).rejects.toMatchObject({
      code: "USAGE",
      details: { expected: expect.stringContaining(summary.groups[0]?.fingerprint ?? "?") },
    });
  });

  test("findings that are not those of the summary are no whole group", async () => {
    const [group, ...rest] = summary.groups as [Group, ...Group[]];
    const other = { ...summary, groups: [{ ...group, count: group.count + 1 }, ...rest] };
    const attempt = exportRun(testSession(store), other, "csv", testSession(store).streams.stdout, {
      group: group.fingerprint,
    });
    await expect(attempt).rejects.toMatchObject({ code: "COMPARE_INCOMPLETE" });
  });
});

test("a group that coarsening has made of many takes the findings of all of them, and of no other", () => {
  const rows: DiffRecord[] = Array.from({ length: 400 }, (_, i) => {
    const isText = i % 4 === 3;
    const legacy = isText ? `"word${"x".repeat(i % 11)} ${i}"` : String(1 + i);
    const candidate = isText ? '"none"' : String((1 + i) * (1 + 10 ** -(i % 7)));
    const finding = {
      kind: i % 9 ? ("value" as const) : ("type" as const),
      legacy,
      candidate,
      delta: isText ? null : Number(candidate) - Number(legacy),
    };
    const path = `$.f${i % 5}[${i}]`;
    const key = { path: `$.f${i % 5}[*]`, kind: finding.kind, rule: "number", ...fingerprintParts(finding) };
    const position = { log: "t@01234567", partition: 0, offset: BigInt(i) };
    return {
      id: `${i}`,
      model: "m",
      path,
      rule: "number",
      ...finding,
      fingerprint: fingerprint("m", key),
      waived: false,
      ...position,
    };
  });
  const columns = Object.fromEntries(
    Object.keys(rows[0] as object).map((name) => [name, rows.map((row) => row[name as keyof DiffRecord])]),
  );
  for (const perModel of [100, 9, 6, 1]) {
    const groups = new Groups({ perModel, perRun: 1_000, templates: 3, sample: 4, samples: 1_000 });
    for (const { path, kind, rule, ...row } of rows) {
      groups.add("m", { path: path.replace(/\d+\]/, "*]"), kind, rule, ...fingerprintParts({ kind, ...row }) }, 1, []);
    }
    const found = groups.ofModel("m");
    let taken = 0;
    for (const { fingerprint: name, group } of found) {
      const chosen = new Chosen({
        model: null,
        group: { fingerprint: name, model: "m", ...group.key } as unknown as Group,
      });
      chosen.of(columns);
      expect([perModel, chosen.counted]).toEqual([perModel, group.count]);
      taken += chosen.rows;
    }
    expect([found.length <= perModel || perModel === 1, taken]).toEqual([true, rows.length]);
  }
});
