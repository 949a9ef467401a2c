import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addCompareCommands, compareFlags, gateFlags } from "../../compare/command.ts";
import type { IndexDocument } from "../../compare/report/page/document.ts";
import type { Summary } from "../../compare/summary.ts";
import type { WrittenConfig } from "../../src/config/schema.ts";
import type { Runner } from "../../src/session.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/port.ts";
import { buildLake, comparedObjects, equalPairs, RUN, testSession } from "./pipeline-lake.ts";

const config = { models: { "*": { default: "exact", gate: { maxMismatchRate: 0.1 } } } } as const;
const differing = { legacy: '{"label":"a"}', candidate: '{"label":"b"}' };

/** Runs one command line against a store; what it printed and its exit code. */
async function cutover(
  store: Store,
  argv: readonly string[],
  json = false,
  settings: Partial<WrittenConfig> = config,
): Promise<{ code: number; out: string }> {
  const session = { ...testSession(store, settings), flags: { json, quiet: true, color: false } };
  let code = -1;
  const run: Runner = (action) => async (options) => {
    code = await action(session, options);
  };
  const program = new Command("cutover").exitOverride().configureOutput({ writeErr: () => {} });
  addCompareCommands(program, run);
  await program.parseAsync([...argv], { from: "user" });
  return { code, out: session.out.join("") };
}

describe("commands", () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "cutover-command-"));
  });
  afterAll(() => rm(dir, { recursive: true }));

  test("compare exits 0 whatever it finds, and leaves summary and report", async () => {
    const store = await buildLake({ objects: [[...equalPairs(20), ...Array(20).fill(differing)]] });
    const { code, out } = await cutover(store, ["compare"]);
    expect(code).toBe(0);
    expect(out).toContain("FAIL");
    const names = [...(await comparedObjects(store)).keys()].map((key) => key.split("/").slice(3).join("/"));
    expect(names.sort()).toEqual([
      expect.stringMatching(/^diffs\/.*\.parquet$/),
      "junit.xml",
      "report.html",
      "summary.json",
    ]);
    expect((await cutover(store, ["gate", "--run", RUN])).code).toBe(1);
  });

  test("--json prints the summary as interface.md has it", async () => {
    const store = await buildLake({ objects: [[...equalPairs(60), differing]] });
    const { out } = await cutover(store, ["compare", "--run", RUN], true);
    const { seconds, ...summary } = JSON.parse(out) as Summary & { seconds: number };
    expect(seconds).toBeGreaterThan(0);
    expect(summary).toMatchObject({
      run: RUN,
      rules: expect.stringMatching(/^[0-9a-f]{12}$/),
      coverage: { captured: 61, scope: 61, compared: 61, unpaired: 0, notComparable: 0, skipped: 0 },
      outcomes: { match: 60, mismatch: 1, ignored: 0 },
      models: { m: { n: 61, k: 1, fields: { "$.label": { default: { n: 61, k: 1, kinds: { value: 1 } } } } } },
      groups: [
        { model: "m", path: "$.label", count: 1, share: 1, cause: null, slice: null, exemplars: ["t@01234567/0/1060"] },
      ],
      config: { hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      version: "0.0.0-test",
    });
    expect(JSON.parse((await cutover(store, ["gate", "--model", "m"], true)).out)).toEqual(summary);
  });

  test("report is rendered again from the summary, into the store or a file", async () => {
    const store = await buildLake({ objects: [[...equalPairs(5), differing]] });
    await cutover(store, ["compare"]);
    const path = join(dir, "report.html");
    const { code, out } = await cutover(store, ["report", "--out", path]);
    expect([code, out]).toEqual([0, `${path}\n`]);
    const [key, body] = [...(await comparedObjects(store))].find(([name]) => name.endsWith("report.html")) ?? ["", ""];
    expect((await readFile(path)).toString("base64")).toBe(body);
    await store.delete([key]);
    await cutover(store, ["report"]);
    expect((await comparedObjects(store)).get(key)).toBe(body);
  });

  test("report --against marks what changed in a file of its own, comparing the other run first", async () => {
    const same = { legacy: '{"label":"a"}', candidate: '{"label":"a"}' };
    const store = await buildLake({ objects: [[...equalPairs(5), same, differing]], run: "before", createdAt: 1 });
    await buildLake({ objects: [[...equalPairs(5), differing, differing]], run: "now", createdAt: 2 }, store);
    await cutover(store, ["compare", "--run", "now"]);
    const inStore = [...(await comparedObjects(store, "now"))];
    await expect(cutover(store, ["report", "--against", "before"])).rejects.toMatchObject({
      code: "USAGE",
      details: { expected: "--out FILE or --open" },
    });
    const path = join(dir, "against.html");
    const { out } = await cutover(store, ["report", "--run", "now", "--against", "before", "--out", path], true);
    expect(JSON.parse(out)).toEqual({ run: "now", against: "before", report: path });
    const page = await readFile(path, "utf8");
    const chunk = /id="chunk-0">([^<]+)</.exec(page)?.[1] ?? "";
    const index = JSON.parse(gunzipSync(Buffer.from(chunk, "base64")).toString()) as IndexDocument;
    expect(index.detail.groups.map(({ path, change }) => [path, change])).toEqual([["$.label", "known"]]);
    expect(JSON.stringify(index.parts.against)).toContain("before");
    // The report in the store tells of its run alone.
    expect([...(await comparedObjects(store, "now"))]).toEqual(inStore);
  });

  test("export writes every finding to stdout or a file", async () => {
    const store = await buildLake({ objects: [[...equalPairs(5), differing, differing]] });
    await cutover(store, ["compare"]);
    const lines = (await cutover(store, ["export", RUN])).out.trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { path: string }).path)).toEqual(["$.label", "$.label"]);
    const path = join(dir, "diffs.csv");
    expect((await cutover(store, ["export", "--format", "csv", "--out", path])).code).toBe(0);
    expect((await readFile(path, "utf8")).trim().split("\n")).toHaveLength(3);
  });

  test("export to a file that cannot be written says so", async () => {
    const store = await buildLake({ objects: [[differing]] });
    await cutover(store, ["compare"]);
    const attempt = cutover(store, ["export", "--out", join(dir, "no", "such", "folder")]);
    await expect(attempt).rejects.toMatchObject({ code: "USAGE" });
  });

  test("runs lists the latest first, with state and verdict", async () => {
    const store = await buildLake({ objects: [equalPairs(60)], run: "old", createdAt: 1000 });
    await cutover(store, ["compare"]);
    await buildLake({ objects: [[...equalPairs(2), { legacy: "1" }]], run: "new", createdAt: 2000 }, store);
    const { out } = await cutover(store, ["runs"], true);
    expect(JSON.parse(out)).toEqual({
      runs: [
        {
          run: "new",
          createdAt: 2000,
          target: "candidate",
          planned: 3,
          stored: 2,
          skipped: 0,
          state: "partial",
          verdict: null,
        },
        {
          run: "old",
          createdAt: 1000,
          target: "candidate",
          planned: 60,
          stored: 60,
          skipped: 0,
          state: "complete",
          verdict: "pass",
        },
      ],
    });
    expect((await cutover(store, ["runs"])).out).toMatch(/new .*partial +not compared\nold .*complete +PASS/);
  });

  test("runs of an empty store says how the first is made", async () => {
    expect((await cutover(memoryStore(), ["runs"])).out).toContain("cutover replay --target NAME");
  });

  test("rules lint exits 1 when a rule does not do what it says", async () => {
    const store = await buildLake({ objects: [[...equalPairs(5), differing]] });
    await cutover(store, ["compare"]);
    const { code, out } = await cutover(store, ["rules", "lint"]);
    expect([code, out]).toEqual([0, `0 errors, 0 warnings; with the comparison of ${RUN}\n`]);
    const ignore = { path: "$.a", type: "ignore", reason: "r", owner: "o", expires: "2020-01-01" } as const;
    const expired = { models: { "*": { ...config.models["*"], rules: [ignore] } } };
    expect((await cutover(store, ["rules", "lint"], true, expired)).code).toBe(1);
    const { out: json } = await cutover(store, ["rules", "lint"], true, expired);
    expect(JSON.parse(json)).toMatchObject({ ok: false, run: null, findings: [{ level: "error", code: "expired" }] });
  });

  test("tolerance prints YAML, or with --json all figures", async () => {
    const store = await buildLake({ objects: [[{ legacy: '{"s":1}', candidate: '{"s":1.5}' }]] });
    expect((await cutover(store, ["tolerance"])).out).toContain(
      '- { path: "$.s", type: number, atol: 0.5, rtol: 0 } # mismatch rate 0',
    );
    expect(JSON.parse((await cutover(store, ["tolerance", "--run", RUN], true)).out)).toEqual({
      run: RUN,
      rates: [0, 1e-4, 1e-3],
      models: { m: { n: 1, fields: { "$.s": { pairs: 1, stuck: 0, atol: [0.5, 0.5, 0.5], rtol: [0.5, 0.5, 0.5] } } } },
    });
  });

  test("a run that is not there is named with those that are", async () => {
    const store = await buildLake({ objects: [equalPairs(1)] });
    for (const argv of [
      ["compare", "--run", "x"],
      ["gate", "--run", "x"],
      ["export", "x"],
      ["report", "--run", "x"],
    ]) {
      await expect(cutover(store, argv)).rejects.toMatchObject({
        code: "RUN_MISSING",
        details: { expected: `one of ${RUN}` },
      });
    }
  });
});

test("flags are added once to a command that has some of them", () => {
  const command = new Command("run").option("--run <id>", "mine");
  gateFlags(compareFlags(command));
  expect(command.options.map(({ long, description }) => [long, description])).toEqual([
    ["--run", "mine"],
    ["--noise", expect.any(String)],
    ["--threads", expect.any(String)],
    ["--model", expect.any(String)],
    ["--reporter", expect.any(String)],
  ]);
});
