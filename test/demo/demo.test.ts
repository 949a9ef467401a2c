/** The demo as a user runs it. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli, runJson } from "../support/cli.ts";

const TWENTY_SECONDS = 20_000;

interface Summary {
  readonly verdict: string;
  readonly coverage: Record<string, number>;
  readonly groups: { path: string; kind: string; direction: string; magnitude: string; fingerprint: string }[];
}

describe("cutover demo", () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "cutover-demo-test-"));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  test("shows verdict FAIL, the four planted defects as groups of their own, the report and what to try next", async () => {
    const { code, stdout, stderr } = await runCli(["demo"], { cwd: dir, timeoutMs: TWENTY_SECONDS });
    expect(stderr).not.toContain("error");
    expect(code).toBe(0);
    expect(stdout).toContain("FAIL");
    const fingerprints = [...stdout.matchAll(/, group (\S+)$/gm)].map(([, fingerprint]) => fingerprint);
    expect(new Set(fingerprints).size).toBe(4);
    expect(stdout).not.toContain("not found");
    const report = /^Report: (.+)$/m.exec(stdout)?.[1] as string;
    expect(await readFile(join(dir, report), "utf8")).toContain("<!doctype html>");
    expect(stdout.split("Try next:")[1]?.match(/^ {2}cutover /gm)).toHaveLength(3);
  });

  test("leaves a folder on which every other command works", async () => {
    const config = ["--config", join(dir, "cutover-demo/cutover.yaml")];
    expect(await runJson(["captures", "--audit", ...config])).toMatchObject({ ok: true });
    expect((await runCli(["gate", ...config])).code).toBe(1);
    const csv = await runCli(["export", ...config, "--format", "csv"]);
    expect(csv.stdout.split("\n").length).toBeGreaterThan(1_000);
  });

  test("--fixed shows verdict PASS over all reviews", async () => {
    const summary = await runJson<Summary>(["demo", "--fixed"], { cwd: dir, timeoutMs: TWENTY_SECONDS });
    expect(summary).toMatchObject({ verdict: "pass", groups: [], coverage: { captured: 6000, compared: 6000 } });
  });

  test("does not touch a folder that holds something else", async () => {
    const other = join(dir, "mine");
    await mkdir(other);
    await writeFile(join(other, "notes.txt"), "keep me");
    const { code, stderr } = await runCli(["demo", "--dir", other], { cwd: dir });
    expect(code).toBe(2);
    expect(stderr).toContain("not empty");
    expect(existsSync(join(other, "notes.txt"))).toBe(true);
  });

  test("plays no part in what is configured where it is called", async () => {
    const cwd = join(dir, "broken");
    await mkdir(cwd);
    await writeFile(join(cwd, "cutover.yaml"), "store: [");
    expect((await runCli(["demo", "--reviews", "50"], { cwd })).code).toBe(0);
  });
});
