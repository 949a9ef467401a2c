import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { executeCli } from "../../src/cli.ts";
import type { SignalHooks } from "../../src/setup/interrupt.ts";
import { VERSION } from "../../src/version.ts";
import { memoryOutput } from "../support/output.ts";

const noSignals: SignalHooks = { on: () => () => {}, exitNow: () => {} };
const COMMANDS = [
  "demo",
  "init",
  "doctor",
  "config",
  "capture",
  "captures",
  "replay",
  "compare",
  "gate",
  "report",
  "export",
  "run",
  "runs",
  "datadog",
];
let dir: string;
let config: string;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "cutover-cli-"));
  config = path.join(dir, "cutover.yaml");
  await writeFile(config, "store: ./data\n");
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function run(
  argv: readonly string[],
  {
    env = {},
    isTTY = false,
    hooks = noSignals,
  }: { env?: Record<string, string>; isTTY?: boolean; hooks?: SignalHooks } = {},
) {
  const stdout = memoryOutput({ isTTY });
  const stderr = memoryOutput({ isTTY });
  const code = await executeCli(argv, { stdin: process.stdin, stdout, stderr }, env, hooks);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

describe("help and version", () => {
  test("--version is the package's, on stdout, exit 0", async () => {
    expect(await run(["--version"])).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: "" });
    const manifest = JSON.parse(await readFile(path.join(import.meta.dirname, "../../package.json"), "utf8"));
    expect(VERSION).toBe(manifest.version);
  });

  test("--help names every command of the interface that exists", async () => {
    const { code, stdout } = await run(["--help"]);
    expect(code).toBe(0);
    for (const name of COMMANDS) {
      expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, "m"));
    }
  });

  test.each(COMMANDS)("%s --help shows an example", async (name) => {
    const { code, stdout } = await run([name, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`$ cutover ${name}`);
  });

  test("no command at all: help on stderr, exit 2", async () => {
    const { code, stdout, stderr } = await run([]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("Usage: cutover");
  });
});

describe("usage errors exit 2, on stderr alone", () => {
  test.each([
    [["replya"], "Did you mean replay?"],
    [["compare", "--jsno"], "Did you mean --json?"],
    [["run"], "--target"],
    [["capture", "--until", "never"], "expected end or idle:DURATION"],
    [["config", "--sources", "--schema"], "exclude each other"],
  ])("cutover %s", async (argv, expected) => {
    const { code, stdout, stderr } = await run(argv);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(expected);
  });

  test("under --json the error is a document too", async () => {
    const { stderr } = await run(["--json", "replya"]);
    expect(JSON.parse(stderr.trim().split("\n").at(-1) ?? "")).toMatchObject({ error: { code: "USAGE" } });
  });
});

describe("global flags stand before or after the command", () => {
  test.each([
    [["--config", "CONFIG", "--store", "memory:", "--json", "config"]],
    [["config", "--json", "--store", "memory:", "--config", "CONFIG"]],
  ])("%s", async (argv) => {
    const { code, stdout } = await run(argv.map((word) => (word === "CONFIG" ? config : word)));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      file: config,
      settings: expect.arrayContaining([{ path: "store", value: "memory:" }]),
    });
  });
});

describe("failures", () => {
  test("a bad config is explained with its line, exit 2, nothing on stdout", async () => {
    const bad = path.join(dir, "bad.yaml");
    await writeFile(bad, "store: ./data\ncaptrue: {}\n");
    const { code, stdout, stderr } = await run(["runs", "--config", bad]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(`${bad}:2 captrue`);
    expect(stderr).toContain("did you mean `capture`?");
  });

  test("under --json it is a document with every fault", async () => {
    const bad = path.join(dir, "bad.yaml");
    await writeFile(bad, "stroe: 1\ncaptrue: {}\n");
    const { stderr } = await run(["runs", "--json", "--config", bad]);
    const { error } = JSON.parse(stderr);
    expect(error).toMatchObject({ code: "CONFIG", retryable: false });
    expect(error.faults.map(({ path: at }: { path: string[] }) => at)).toEqual([["stroe"], ["captrue"]]);
  });

  test("a log setting of the environment that is wrong is named", async () => {
    const { code, stderr } = await run(["runs", "--config", config], { env: { CUTOVER_LOG_LEVEL: "wran" } });
    expect(code).toBe(2);
    expect(stderr).toMatch(/CUTOVER_LOG_LEVEL[\s\S]*did you mean warn\?/);
  });

  test("what is not a CutoverError is a bug: exit 70, version and stack", async () => {
    const broken = { ...memoryOutput(), write: () => Promise.reject(new TypeError("boom")) };
    const stderr = memoryOutput();
    const code = await executeCli(
      ["config", "--config", config],
      { stdin: process.stdin, stdout: broken, stderr },
      {},
      noSignals,
    );
    expect(code).toBe(70);
    expect(stderr.text()).toMatch(/this is a bug in cutover \d+\.\d+\.\d+[\s\S]*TypeError: boom\n\s+at /);
  });
});

describe("signals", () => {
  /** Hooks that a test fires, once the command listens. */
  function hooks() {
    const listeners = new Map<string, () => void>();
    const exits: number[] = [];
    const fire = (name: string): void => listeners.get(name)?.();
    return {
      fire,
      exits,
      listeners,
      on(name: string, listener: () => void) {
        listeners.set(name, listener);
        return () => listeners.delete(name);
      },
      exitNow: (code: number) => void exits.push(code),
    };
  }

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ])("%s lets the command end, exit %i, and is no longer listened to", async (name, expected) => {
    const signals = hooks();
    const running = run(["doctor", "--config", config], { hooks: signals });
    signals.fire(name);
    expect((await running).code).toBe(expected);
    expect(signals.listeners.size).toBe(0);
    expect(signals.exits).toEqual([]);
  });

  test.each([
    ["SIGINT", "SIGINT", 130],
    ["SIGINT", "SIGTERM", 143],
    ["SIGTERM", "SIGINT", 130],
    ["SIGTERM", "SIGTERM", 143],
  ] as const)("%s, then %s, ends the process at once", async (first, second, code) => {
    const signals = hooks();
    const running = run(["doctor", "--config", config], { hooks: signals });
    signals.fire(first);
    signals.fire(second);
    await running;
    expect(signals.exits).toEqual([code]);
  });
});
