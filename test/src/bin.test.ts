import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";

const bin = path.join(import.meta.dirname, "../../src/bin.ts");

/** Runs bin.ts with another version in `process.versions`, as an older Node would have it. */
function runOn(version: string, args: readonly string[] = ["--version"]) {
  const fake = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } })`;
  const preload = `data:text/javascript,${encodeURIComponent(fake)}`;
  return spawnSync(process.execPath, ["--import", preload, bin, ...args], { encoding: "utf8", timeout: 15_000 });
}

test.each(["12.22.0", "20.20.2", "22.17.1"])("on Node %s it says what is needed and found, exit 2", (version) => {
  const { status, stdout, stderr } = runOn(version);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("needs Node 22.18 or newer");
  expect(stderr).toContain(`this is Node ${version}`);
  expect(stderr).toMatch(/next: .*nodejs\.org/);
});

test.each(["22.18.0", "24.0.0", "26.1.0"])("on Node %s it runs", (version) => {
  expect(runOn(version)).toMatchObject({ status: 0, stderr: "" });
});

test("nothing is imported before the check, and the shebang stands first", async () => {
  const source = await readFile(bin, "utf8");
  expect(source.startsWith("#!/usr/bin/env node\n")).toBe(true);
  expect(source).not.toMatch(/^\s*import\s[^(]/m);
});

test("an unhandled rejection is a bug with exit 70, not Node's 1", async () => {
  const dir = await mkdtemp(path.join(tmpdir(), "cutover-bin-"));
  const stray = `setTimeout(() => { Promise.reject(new TypeError("stray")) }, 0); setTimeout(() => {}, 20000)`;
  const args = ["--import", `data:text/javascript,${encodeURIComponent(stray)}`, bin, "config"];
  try {
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: dir, encoding: "utf8", timeout: 15_000 });
    expect(status).toBe(70);
    expect(stderr).toMatch(/this is a bug[\s\S]*stray/);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
