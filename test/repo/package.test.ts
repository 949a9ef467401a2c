/** The package as a user gets it: packed, installed in an empty folder, and run there. Takes up to 90 seconds. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const repo = path.join(import.meta.dirname, "../..");
const manifest = JSON.parse(await readFile(path.join(repo, "package.json"), "utf8"));
let dir: string;
let app: string;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "cutover-package-"));
  app = path.join(dir, "app");
  await mkdir(app);
  const packed = await npm(["pack", "--silent", "--pack-destination", dir], repo);
  expect(packed.code, packed.stderr).toBe(0);
  const tarball = (await readdir(dir)).find((name) => name.endsWith(".tgz"));
  await writeFile(path.join(app, "package.json"), JSON.stringify({ name: "app", private: true }));
  const flags = ["--prefer-offline", "--no-audit", "--no-fund"];
  const installed = await npm(["install", ...flags, path.join(dir, tarball ?? "missing.tgz")], app);
  expect(installed.code, installed.stderr).toBe(0);
}, 180_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function npm(args: readonly string[], cwd: string): Promise<Finished> {
  return run("npm", args, cwd);
}

function run(command: string, args: readonly string[], cwd: string): Promise<Finished> {
  // npm hands its own settings down to the scripts it runs; here each call stands alone.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_(?!config_cache)|CUTOVER_)/.test(name)),
  );
  return new Promise((resolve) => {
    const options = { cwd, env, timeout: 150_000, maxBuffer: 64 * 1024 * 1024 };
    execFile(command, [...args], options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
    });
  });
}

describe("installed in an empty folder", () => {
  test("npx cutover --version is the packed version", async () => {
    const { code, stdout } = await run("npx", ["--no-install", "cutover", "--version"], app);
    expect([code, stdout.trim()]).toEqual([0, manifest.version]);
  });

  test("npx cutover demo runs the whole loop, and shows a verdict", async () => {
    const { code, stdout, stderr } = await run("npx", ["--no-install", "cutover", "demo", "--json"], app);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: "fail", coverage: { captured: 6000 } });
  }, 120_000);

  test("only what is needed to run was packed", async () => {
    const root = path.join(app, "node_modules/cutover");
    expect((await readdir(root)).sort()).toEqual(expect.arrayContaining(["LICENSE", "dist", "package.json"]));
    const files = await readdir(root, { recursive: true });
    expect(files.filter((file) => /(^|\/)(test|bench|fixtures)\//.test(file))).toEqual([]);
    expect(
      files.filter((file) => /\.(tgz|env)$/.test(file) || (file.endsWith(".ts") && !file.endsWith(".d.ts"))),
    ).toEqual([]);
  });
});

describe("promises of package.json", () => {
  test("every dependency is pinned", () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies };
    for (const [name, version] of Object.entries(all)) expect(version, name).toMatch(/^\d+\.\d+\.\d+/);
  });

  test("engines and the check of src/bin.ts name the same Node", async () => {
    const [, major, minor] = /^>=(\d+)\.(\d+)$/.exec(manifest.engines.node) ?? [];
    const bin = await readFile(path.join(repo, "src/bin.ts"), "utf8");
    expect(bin).toContain(`[${major}, ${minor}]`);
  });

  test("of install scripts only that of the pinned Node may run", () => {
    expect(manifest.allowScripts).toEqual({ node: true, "unix-dgram": false });
  });
});
