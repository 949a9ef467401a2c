/** Plants violations of the import rules in a folder of its own, under the repository's biome.json. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const repo = path.join(import.meta.dirname, "../..");
const PLANTED: readonly (readonly [file: string, code: string, caught: string])[] = [
  ["src/hash.ts", 'import "../capture/scanner.ts";', "kernel-imports-kernel"],
  [
    "src/lake/run.ts",
    'import type { Summary } from "../../compare/summary.ts";\nexport type X = Summary;',
    "kernel-imports-kernel",
  ],
  ["src/log.ts", 'export * from "../replay/target.ts";', "kernel-imports-kernel"],
  ["src/match.ts", 'export const lazy = () => import("../demo/model.ts");', "kernel-imports-kernel"],
  ["src/setup/doctor.ts", 'import "../../capture/command.ts";', "kernel-imports-kernel"],
  ["src/clock.ts", 'import "./cli.ts";', "no-import-of-root"],
  ["src/store/local.ts", 'import "../setup/command.ts";', "no-import-of-root"],
  ["capture/ranges/totals.ts", 'import "../src/cli.ts";', "no-import-of-root"],
  ["compare/command.ts", 'import "../src/setup/command.ts";', "no-import-of-root"],
  ["src/cli.ts", 'import "../capture/scanner.ts";', "cli-to-commands-only"],
  ["src/cli.ts", 'import "../compare/show/command.ts";', "cli-to-commands-only"],
  ["capture/ranges/range.ts", 'import "../replay/target.ts";', "no-stage-to-stage"],
  ["capture/deep/part.ts", 'import "../../compare/types.ts";', "no-stage-to-stage"],
  ["capture/kafka/kafka.ts", 'import "../compare/types.ts";', "no-stage-to-stage"],
  ["replay/plan.ts", 'import "../capture/range.ts";', "no-stage-to-stage"],
  ["replay/command.ts", 'import "../compare/command.ts";', "no-stage-to-stage"],
  ["compare/groups.ts", 'import "../replay/target.ts";', "no-stage-to-stage"],
  ["compare/show/command.ts", 'import "../../replay/command.ts";', "no-stage-to-stage"],
  ["demo/command.ts", 'import "../capture/command.ts";', "no-stage-to-stage"],
  ["worker/lanes.ts", 'import "../replay/stage.ts";', "no-stage-to-stage"],
  ["replay/unit.ts", 'import "../worker/lanes.ts";', "no-stage-to-stage"],
  ["src/queue/port.ts", 'import "../../worker/lanes.ts";', "kernel-imports-kernel"],
  ["src/kafka/connection.ts", 'import "kafkajs";', "client-in-one-file"],
  ["worker/stage.ts", 'import "kafkajs";', "client-in-one-file"],
  ["capture/ranges/rows.ts", 'import "kafkajs";', "client-in-one-file"],
  ["capture/kafka/kafka.ts", 'import "undici";', "client-in-one-file"],
  ["capture/mapping/mapping.ts", 'export const lazy = () => import("@aws-sdk/client-s3");', "client-in-one-file"],
  ["src/store/open.ts", 'import "@aws-sdk/client-s3";', "client-in-one-file"],
  ["replay/retry.ts", 'import "undici";', "client-in-one-file"],
  ["replay/targets/http.ts", 'import "@aws-sdk/client-sagemaker-runtime";', "client-in-one-file"],
  ["compare/pairing.ts", 'import "hyparquet";', "client-in-one-file"],
  ["compare/groups.ts", 'import "apache-arrow";', "client-in-one-file"],
  ["replay/pace/limiter.ts", 'import "hot-shots";', "client-in-one-file"],
  ["compare/unit.ts", 'import "commander";', "client-in-one-file"],
  ["compare/show/stage.ts", 'import "commander";', "client-in-one-file"],
  ["replay/plan.ts", 'import "yaml";', "client-in-one-file"],
  ["src/lake/keys.ts", 'import "hyparquet-writer";', "client-in-one-file"],
  ["src/parquet/write.ts", 'import "parquetjs-lite";', "client-in-one-file"],
  [
    "src/clock.ts",
    "async function f(): Promise<void> {}\nexport function g(): void {\n  f();\n}",
    "noFloatingPromises",
  ],
  ["src/clock.ts", "export default 1;", "noDefaultExport"],
  ["replay/plan.ts", "export const x = (y: any): void => y;", "noExplicitAny"],
  [
    "compare/groups.ts",
    `export function f(): void {\n${"  globalThis.gc?.();\n".repeat(75)}}`,
    "noExcessiveLinesPerFunction",
  ],
];
const ALLOWED: readonly (readonly [file: string, code: string])[] = [
  [
    "src/cli.ts",
    'import "../capture/command.ts";\nimport "../demo/command.ts";\nimport "../worker/command.ts";\nimport "commander";\nimport "./setup/command.ts";',
  ],
  ["src/bin.ts", 'import "./cli.ts";'],
  ["src/queue/kafka-queue.ts", 'import "kafkajs";'],
  ["worker/command.ts", 'import "commander";\nimport "../src/queue/port.ts";'],
  ["src/hash.ts", 'import "./lake/keys.ts";\nimport "node:crypto";'],
  ["src/config/load.ts", 'import "yaml";\nimport "zod";'],
  ["src/metrics.ts", 'import "hot-shots";'],
  ["src/store/s3.ts", 'import "@aws-sdk/client-s3";'],
  ["src/parquet/write.ts", 'import "hyparquet-writer";\nimport "hyparquet";'],
  ["src/setup/command.ts", 'import "commander";'],
  ["capture/kafka/kafka.ts", 'import "kafkajs";\nimport "./range.ts";\nimport "../src/record.ts";'],
  ["capture/deep/part.ts", 'import "../range.ts";\nimport "../../src/store/port.ts";'],
  ["replay/targets/sagemaker.ts", 'import "@aws-sdk/client-sagemaker-runtime";'],
  ["replay/targets/transport.ts", 'import "undici";'],
  ["compare/command.ts", 'import "commander";\nimport "./groups.ts";'],
  ["compare/show/command.ts", 'import "commander";\nimport "../print.ts";'],
  ["test/any.test.ts", 'import "kafkajs";\nimport "../capture/range.ts";\nimport "../replay/plan.ts";'],
  ["bench/any.ts", 'import "parquetjs-lite";\nimport "../capture/range.ts";'],
];

/** Number of a plant, PLANTED first → rules and messages of all diagnostics in its file. */
const diagnostics = new Map<number, string>();
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "cutover-boundaries-"));
  const config = JSON.parse(await readFile(path.join(repo, "biome.json"), "utf8"));
  for (const [tree, plants] of trees(
    [...PLANTED, ...ALLOWED].map(([file, code], index) => ({ file, code, index })),
  ).entries()) {
    const root = path.join(dir, String(tree));
    for (const { file, code } of plants) {
      await mkdir(path.dirname(path.join(root, file)), { recursive: true });
      await writeFile(path.join(root, file), `${code}\n`);
    }
    await writeFile(path.join(root, "biome.json"), JSON.stringify({ ...config, vcs: { enabled: false } }));
    const found = await lint(root);
    for (const { file, index } of plants) diagnostics.set(index, found.get(file) ?? "");
  }
}, 60_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

interface Plant {
  readonly file: string;
  readonly code: string;
  readonly index: number;
}

/** As few trees as let every plant be a file of its own. */
function trees(plants: readonly Plant[]): Plant[][] {
  const all: Plant[][] = [];
  for (const plant of plants) {
    const free = all.find((tree) => tree.every(({ file }) => file !== plant.file));
    if (free) free.push(plant);
    else all.push([plant]);
  }
  return all;
}

/** File → its diagnostics of severity error or warning, as `npm run check` refuses them. */
async function lint(cwd: string): Promise<Map<string, string>> {
  const biome = path.join(repo, "node_modules/@biomejs/biome/bin/biome");
  const args = [biome, "lint", "--reporter=json", "--max-diagnostics=none", "."];
  const stdout = await new Promise<string>((resolve) => {
    // Biome exits 1 where it finds something, which is what is asked of it here.
    execFile(process.execPath, args, { cwd, maxBuffer: 16 * 1024 * 1024 }, (_error, text) => resolve(text));
  });
  const byFile = new Map<string, string>();
  for (const { severity, category, message, advices, location } of JSON.parse(stdout).diagnostics) {
    if (severity !== "error" && severity !== "warning") continue;
    const text = `${byFile.get(location.path) ?? ""}${category} ${message} ${JSON.stringify(advices)}\n`;
    byFile.set(location.path, text);
  }
  return byFile;
}

test("Biome saw the planted files at all", () => {
  expect(diagnostics.size).toBe(PLANTED.length + ALLOWED.length);
  expect([...diagnostics.values()].filter((text) => text !== "")).toHaveLength(PLANTED.length);
});

test.each(PLANTED.map(([file, code, caught], index) => ({ file, code, caught, index })))(
  "$caught catches $code in $file",
  ({ caught, index }) => {
    expect(diagnostics.get(index)).toContain(caught);
  },
);

test.each(ALLOWED.map(([file, code], index) => ({ file, code, index: PLANTED.length + index })))(
  "$file may hold $code",
  ({ index }) => {
    expect(diagnostics.get(index)).toBe("");
  },
);
