/** Commands that are printed to be copied, run as they stand by a shell, where the config has another name. */
import { execFile } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { ShowResult } from "../../../compare/show/stage.ts";
import { runCli, runJson } from "../../support/cli.ts";
import { duckdb } from "../../support/lake.ts";

// Each step is a process of its own; on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let dir: string;
let replayed: { run: string };
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "cutover-again-"));
  const messages = Array.from({ length: 30 }, (_, i) => ({
    id: i % 3 ? `id-${i}` : "same id",
    model: "m",
    input: { i },
    output: { twice: 2 * i },
  }));
  await writeFile(join(dir, "in.ndjson"), messages.map((message) => `${JSON.stringify(message)}\n`).join(""));
  await writeFile(
    join(dir, "model.mjs"),
    "export default ({ input }) => { const { i } = JSON.parse(Buffer.from(input)); return JSON.stringify({ twice: i % 7 ? 2 * i : 1 }); };\n",
  );
  await writeFile(
    join(dir, "my config.yaml"),
    'store: ./data\ncapture: { source: { files: ["in.ndjson"] }, rotate: { records: 10 } }\ntargets: { candidate: { module: { path: ./model.mjs } } }\n',
  );
  // What a shell finds under the name of the program.
  const bin = fileURLToPath(new URL("../../../src/bin.ts", import.meta.url));
  await writeFile(join(dir, "cutover"), `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`);
  await chmod(join(dir, "cutover"), 0o755);
  await cutover("capture", "--until", "end");
  replayed = await cutover("replay", "--target", "candidate");
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const cutover = <T = { run: string }>(...args: string[]): Promise<T> =>
  runJson<T>(["--config", "my config.yaml", ...args], { cwd: dir });

test("sends that record again, whatever other records its id names, as often as it is given", async () => {
  const found = await cutover<ShowResult>("show", replayed.run, "same id");
  expect(found.found).toBe(10);
  const record = found.records[4] as ShowResult["records"][number];
  const env = { ...process.env, PATH: `${dir}:${process.env.PATH}`, NO_COLOR: "1" };
  const runs = new Set<string>();
  for (const _ of [1, 2]) {
    const { stdout } = await promisify(execFile)("sh", ["-c", record.again.replace("cutover ", "cutover --json ")], {
      cwd: dir,
      env,
    });
    const again = JSON.parse(stdout) as { run: string; planned: number; replayed: number };
    expect(again).toMatchObject({ planned: 1, replayed: 1 });
    runs.add(again.run);
    const rows = await duckdb(
      `select log || '/' || partition || '/' || "offset" as position, id from '${dir}/data/replays/${again.run}/*.parquet'`,
    );
    expect(rows).toEqual([{ position: record.position, id: "same id" }]);
  }
  expect([runs.size, runs.has(replayed.run)]).toEqual([2, false]);
  const [run] = runs;
  expect((await cutover<ShowResult>("show", run ?? "", record.position)).records[0]?.candidate?.outcome).toBe("ok");
});

const shell = (line: string): Promise<{ stdout: string }> =>
  promisify(execFile)("sh", ["-c", line], {
    cwd: dir,
    env: { ...process.env, PATH: `${dir}:${process.env.PATH}`, NO_COLOR: "1" },
  });

/** Lines of a text that are commands, without the remark behind them; no browser is opened. */
function commandsIn(text: string): string[] {
  const lines = text.split("\n").flatMap((line) => /\b(cutover .*?)(?: {2,}#.*)?$/.exec(line)?.[1] ?? []);
  return lines.map((line) => line.replace(" --open", ""));
}

test.each([
  ["compare", ["report", "export", "compare"]],
  ["groups", ["show", "rules suggest"]],
])("what %s prints to be copied works as it stands", async (command, names) => {
  await cutover("compare", "--run", replayed.run);
  const { stdout, code } = await runCli(["--config", "my config.yaml", command, "--run", replayed.run], { cwd: dir });
  expect(code).toBe(0);
  const commands = commandsIn(stdout);
  for (const name of names) expect(commands.some((line) => line.includes(` ${name} `))).toBe(true);
  for (const line of commands) {
    expect(line).toMatch(/^cutover --config 'my config\.yaml' /);
    await expect(shell(line)).resolves.toBeDefined();
  }
});

test("a hint names the flags of the call that failed, and works with them", async () => {
  const missing = ["--config", "my config.yaml", "--store", "data", "show", "r0"];
  const { stderr, code } = await runCli([...missing, "t@01234567/0/1"], { cwd: dir });
  expect([code, /next: +(.*)/.exec(stderr)?.[1]]).toEqual([2, "cutover --config 'my config.yaml' --store data runs"]);
  expect((await shell("cutover --config 'my config.yaml' --store data runs")).stdout).toContain(replayed.run);
});

test("the report in the store is the same whoever makes it, and names no path", async () => {
  const { rules } = await cutover<{ rules: string }>("compare", "--run", replayed.run);
  const file = join(dir, "data/compares", replayed.run, rules, "report.html");
  const page = await readFile(file, "utf8");
  await rm(file);
  const elsewhere = ["--config", join(dir, "my config.yaml"), "--store", join(dir, "data"), "report"];
  expect((await runCli([...elsewhere, "--run", replayed.run])).code).toBe(0);
  expect(await readFile(file, "utf8")).toBe(page);
  const packed = [...page.matchAll(/<script type="text\/plain"[^>]*>([^<]*)</g)].map(([, text = ""]) => text);
  const unpacked = packed.map((text) => gunzipSync(Buffer.from(text, "base64")).toString()).join("\n");
  expect(unpacked).toContain(`cutover show ${replayed.run} `);
  for (const path of [dir, "my config.yaml"]) expect(page + unpacked).not.toContain(path);
});
