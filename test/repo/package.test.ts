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

/** What a user of the library writes. */
const LIBRARY_USER = `
import { compare, type Rule } from "cutover";
import { type ParityMatchers, toMatchParity } from "cutover/matcher";
const rules: Rule[] = [{ path: "$.score", type: "number", atol: 0.1, rtol: 0 }];
const { passes } = compare({ score: 0.5 }, { score: 0.55 }, rules);
const { pass, message } = toMatchParity({ score: 0.9 }, { score: 0.5 }, rules);
const name: keyof ParityMatchers = "toMatchParity";
console.log(passes, pass, name, message().split("\\n")[1]?.trim());
`;

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

  test("a comparison on two threads finds the file of its thread, and the modules of rules in it", async () => {
    const at = path.join(dir, "threads");
    await mkdir(at);
    const line = (id: string): string =>
      JSON.stringify({ id, model: "m", capturedAt: 1_700_000_000_000, input: { id }, output: { label: "yes" } });
    for (const name of ["a", "b"])
      await writeFile(path.join(at, `${name}.ndjson`), `${line(`${name}1`)}\n${line(`${name}2`)}\n`);
    await writeFile(path.join(at, "model.mjs"), `export default () => '{"label":"no"}';`);
    await writeFile(
      path.join(at, "rule.mjs"),
      `import { writeFileSync } from "node:fs";
       import { threadId } from "node:worker_threads";
       writeFileSync(new URL("./thread-" + threadId, import.meta.url), "");
       export const same = () => true;`,
    );
    const config = {
      store: "./data",
      capture: { source: { files: ["*.ndjson"] } },
      targets: { t: { module: { path: "./model.mjs" } } },
      models: { "*": { rules: [{ path: "$.label", type: "custom", use: "./rule.mjs#same" }], default: "exact" } },
    };
    await writeFile(path.join(at, "cutover.yaml"), JSON.stringify(config));
    const bin = path.join(app, "node_modules/cutover", manifest.bin.cutover);
    for (const args of [["capture"], ["replay", "--target", "t"], ["compare", "--threads", "2", "--json"]]) {
      const { code, stdout, stderr } = await run(process.execPath, [bin, ...args], at);
      expect(code, stderr).toBe(0);
      if (args[0] === "compare") expect(JSON.parse(stdout).outcomes).toEqual({ match: 4, mismatch: 0, ignored: 0 });
    }
    expect((await readdir(at)).filter((name) => name.startsWith("thread-"))).toHaveLength(2);
  }, 120_000);

  test("the comparator and its matcher are imported, with their types", async () => {
    await writeFile(path.join(app, "parity.ts"), LIBRARY_USER);
    const flags = ["--module", "nodenext", "--strict", "--target", "es2024", "--types", "node"];
    const types = ["--typeRoots", path.join(repo, "node_modules/@types")];
    const tsc = path.join(repo, "node_modules/.bin/tsc");
    const checked = await run(process.execPath, [tsc, ...flags, ...types, "--outDir", "out", "parity.ts"], app);
    expect(checked.stdout, checked.stderr).toBe("");
    const { stdout, stderr } = await run(process.execPath, ["out/parity.js"], app);
    expect(stdout, stderr).toBe("true false toMatchParity $.score: value (rule number)\n");
  }, 60_000);

  test("a rule that does not exist is a fault of types, too", async () => {
    await writeFile(path.join(app, "wrong.ts"), LIBRARY_USER.replace('type: "number"', 'type: "nubmer"'));
    const tsc = path.join(repo, "node_modules/.bin/tsc");
    const flags = ["--module", "nodenext", "--strict", "--target", "es2024", "--noEmit", "--skipLibCheck"];
    expect((await run(process.execPath, [tsc, ...flags, "wrong.ts"], app)).stdout).toMatch(
      /wrong\.ts\(\d+,\d+\): error/,
    );
  }, 60_000);

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
