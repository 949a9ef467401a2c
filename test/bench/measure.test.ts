import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runProgram, toSample } from "../../bench/lib/measure.ts";
import { requireOrSkip } from "../support/require.ts";

const MB = 1024 * 1024;
const HELD_MB = 150;
const answer = "console.log(JSON.stringify({ done: true }));";
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "cutover-measure-"));
});
afterAll(() => rm(dir, { recursive: true }));

const skip = requireOrSkip("python3 missing: apt-get install python3", spawnSync("python3", ["-V"]).status === 0);
describe.skipIf(skip)("a measured program", { timeout: 60_000 }, () => {
  test("has nothing in its peak memory of the process that started it", async () => {
    // Linux would count it in: 300 MB here would be the least that any contender uses.
    const ballast = Buffer.alloc(300 * MB, 1);
    const { usage, output } = await runProgram({ args: ["-e", answer] });
    expect(output).toEqual({ done: true });
    expect(usage.peakMb).toBeGreaterThan(20);
    expect(usage.peakMb).toBeLessThan(200);
    expect(ballast.length).toBe(300 * MB);
  });

  test("is measured at its peak, however short that was", async () => {
    const { usage } = await runProgram({ args: ["-e", `Buffer.alloc(${HELD_MB} * ${MB}, 1); ${answer}`] });
    expect(usage.peakMb).toBeGreaterThan(HELD_MB);
  });

  test("answers for its children: their CPU, and their memory beside its own", async () => {
    const hold = `const held = Buffer.alloc(${HELD_MB} * ${MB}, 1);`;
    const child = `${hold} require("node:crypto").pbkdf2Sync("a", "b", 1_000_000, 64, "sha512");
      const { user, system } = process.cpuUsage(); console.log((user + system) / 1e6 + 0 * held.length);`;
    const parent = `${hold} const child = require("node:child_process").execFileSync(process.execPath, ["-e", ${JSON.stringify(child)}]);
      console.log(JSON.stringify({ childSeconds: Number(child), held: held.length }));`;
    const { usage, output } = await runProgram({ args: ["-e", parent] });
    expect(output.childSeconds).toBeGreaterThan(0.1);
    expect(usage.cpuSeconds).toBeGreaterThan(output.childSeconds as number);
    expect(usage.peakMb).toBeGreaterThan(2 * HELD_MB);
  });

  test("that fails is told with its exit code and what it said, unless that code is no failure", async () => {
    const failing = runProgram({ args: ["-e", 'console.error("no broker"); process.exit(7)'] });
    await expect(failing).rejects.toThrow(/exited 7\nno broker/);
    const { output } = await runProgram({ args: ["-e", `${answer} process.exitCode = 7`], accept: [7] });
    expect(output).toEqual({ done: true });
  });

  test("ends before a stopped bench goes on to clean up", async () => {
    const [ready, gone] = [join(dir, "ready"), join(dir, "gone")];
    const touch = (file: string): string => `require("node:fs").writeFileSync(${JSON.stringify(file)}, "");`;
    const program = `process.on("SIGTERM", () => setTimeout(() => { ${touch(gone)} process.exit(0); }, 200));
      setInterval(() => {}, 1000); ${touch(ready)}`;
    const stop = new AbortController();
    const run = runProgram({ args: ["-e", program], signal: stop.signal });
    run.catch(() => {});
    while (!existsSync(ready)) await sleep(20);
    stop.abort(new Error("stopped by SIGINT"));
    await expect(run).rejects.toThrow("stopped by SIGINT");
    expect(existsSync(gone)).toBe(true);
  });
});

test("rates are of the work and of the whole process, CPU is of a million records", () => {
  const run = { output: {}, usage: { cpuSeconds: 3, peakMb: 400 }, seconds: 10 };
  expect(toSample(200_000, 8, run)).toEqual({ perSecond: 25_000, wholePerSecond: 20_000, cpuSeconds: 15, peakMb: 400 });
});
