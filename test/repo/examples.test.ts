/** The composite action and the example pipelines: what they say to the program, it must understand. */
import { execFile } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";

const repo = path.join(import.meta.dirname, "../..");
const read = async (file: string) => parse(await readFile(path.join(repo, file), "utf8"));
const action = await read("action.yml");
const script: string = action.runs.steps.find((step: { id?: string }) => step.id === "cutover").run;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "cutover-action-"));
  await writeFile(
    path.join(dir, "node"),
    '#!/bin/sh\nfor word in "$@"; do printf "%s\\n" "$word"; done\nexit "$FAKE_EXIT"\n',
  );
  await chmod(path.join(dir, "node"), 0o755);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Runs the action's script with a `node` that prints what it is called with. */
async function runAction(inputs: Record<string, string>, exit = 0) {
  const output = path.join(dir, `output-${Object.values(inputs).join("").length}-${exit}`);
  await writeFile(output, "");
  const defaults = Object.entries(action.inputs as Record<string, { default: string }>).map(([name, one]) => {
    return [`INPUT_${name.toUpperCase()}`, inputs[name] ?? one.default];
  });
  const env = {
    ...Object.fromEntries(defaults),
    PATH: `${dir}:${process.env.PATH}`,
    ACTION_PATH: "/action",
    GITHUB_OUTPUT: output,
    FAKE_EXIT: String(exit),
  };
  const done = await promisify(execFile)("bash", ["-c", script], { env, cwd: dir }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: { code: number; stdout: string }) => ({ code: error.code, stdout: error.stdout }),
  );
  return { ...done, words: done.stdout.trimEnd().split("\n"), output: await readFile(output, "utf8") };
}

describe("the composite action", () => {
  test("hands its inputs over as flags", async () => {
    const { words } = await runAction({ target: "candidate" });
    expect(words).toEqual([
      "/action/src/bin.ts",
      "--config",
      "cutover.yaml",
      "run",
      "--target",
      "candidate",
      "--reporter",
      "github",
      "junit=junit.xml",
      "markdown=cutover.md",
    ]);
  });

  test("parts further flags by spaces, and lets no text of an input become a command or a file name", async () => {
    const { words } = await runAction({
      target: "a b; $(touch x)",
      args: "--model client-a/* `id` --limit 5",
      junit: "",
    });
    expect(words).toContain("a b; $(touch x)");
    expect(words.slice(-5)).toEqual(["--model", "client-a/*", "`id`", "--limit", "5"]);
    expect(words).not.toContain("junit=");
  });

  test.each([0, 1, 3, 5])("ends with the program's exit code %i, and says it", async (exit) => {
    const { code, output } = await runAction({ command: "gate" }, exit);
    expect([code, output]).toEqual([exit, `exit-code=${exit}\n`]);
  });

  test("holds no expression in a script, and no input without a variable", () => {
    for (const step of action.runs.steps) expect(step.run ?? "").not.toContain("${{");
    const env = action.runs.steps.at(-1).env;
    for (const name of Object.keys(action.inputs))
      expect(env[`INPUT_${name.toUpperCase()}`]).toBe(`\${{ inputs.${name} }}`);
  });
});

describe("the example pipelines", () => {
  test("give the action only inputs that it has", async () => {
    const workflow = await read("examples/github/cutover.yml");
    const uses = workflow.jobs.parity.steps.filter((step: { uses?: string }) =>
      step.uses?.startsWith("OWNER/cutover@"),
    );
    expect(uses).toHaveLength(2);
    for (const { with: given } of uses)
      expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(given)));
    for (const step of workflow.jobs.parity.steps) expect(step.run ?? "").not.toContain("${{");
  });

  test("call the program with flags that it has", async () => {
    const gitlab = await read("examples/gitlab/.gitlab-ci.yml");
    const lines: string[] = [...gitlab.cutover.script, ...gitlab.cutover.after_script];
    for (const line of lines) {
      const [, command = "", flags = ""] = /cutover@0 (\w+) (.*)$/.exec(line) ?? [];
      const { stdout } = await promisify(execFile)(process.execPath, ["src/bin.ts", command, "--help"], { cwd: repo });
      const named = [...flags.matchAll(/--[\w-]+/g)].map(([flag]) => flag);
      expect(named.length).toBeGreaterThan(0);
      for (const flag of named) expect(stdout).toContain(flag);
    }
  });
});
