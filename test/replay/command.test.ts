import { Command } from "commander";
import { afterEach, describe, expect, test } from "vitest";
import { addReplayCommands, type ReplayOptions, replayChecks } from "../../replay/command.ts";
import { duration } from "../../replay/progress.ts";
import { group, type ReplayResult, renderResult } from "../../replay/results/result.ts";
import type { Runner, Session } from "../../src/session.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { type MisbehavingServer, misbehavingServer } from "../support/misbehaving-server.ts";
import { memoryOutput } from "../support/output.ts";
import { httpTo, rows, sessionOf, writeCapture } from "./world.ts";

let server: MisbehavingServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** Parses as the program does; resolves with the options, or with what the action did over `session`. */
async function parse(argv: string[], session?: Session): Promise<{ options: unknown; code: number | undefined }> {
  let options: unknown;
  let code: number | undefined;
  const run: Runner = (action) => async (given) => {
    options = given;
    if (session) code = await action(session, given);
  };
  const program = new Command().exitOverride().configureOutput({ writeErr() {} });
  addReplayCommands(program, run);
  program.commands.forEach((command) => void command.exitOverride().configureOutput({ writeErr() {} }));
  await program.parseAsync(["node", "cutover", ...argv]);
  return { options, code };
}

test.each<[string, ReplayOptions]>([
  ["replay --target t", { target: "t" }],
  ["replay --target t --model a --model b/* --limit 5", { target: "t", model: ["a", "b/*"], limit: "5" }],
  [
    "replay --target t --run x --since 2026-01-01 --until 5 --sample .1 --ids f",
    { target: "t", run: "x", since: "2026-01-01", until: "5", sample: ".1", ids: "f" },
  ],
  ["replay --target t --same-as r1 --fresh --dry-run", { target: "t", sameAs: "r1", fresh: true, dryRun: true }],
])("%s", async (line, expected) => {
  expect((await parse(line.split(" "))).options).toEqual(expected);
});

test("a target is required", async () => {
  await expect(parse(["replay"])).rejects.toThrow("--target");
});

test("prints the result as text or as one JSON document, and exits 2 when an endpoint was parked", async () => {
  server = await misbehavingServer(({ path }) => ({ do: "answer", status: path.startsWith("/b") ? 404 : 200 }));
  const store = memoryStore();
  await writeCapture(store, rows(0, 10, ["a", "b"]));
  const out = memoryOutput();
  const session = sessionOf(store, { t: httpTo(server.url, { concurrency: { perEndpoint: 1 } }) });
  const streams = { ...session.streams, stdout: out };
  const { code } = await parse(["replay", "--target", "t"], {
    ...session,
    streams,
    flags: { ...session.flags, json: true },
  });
  expect(code).toBe(2);
  const document = JSON.parse(out.text()) as ReplayResult;
  expect(document).toMatchObject({
    target: "t",
    planned: 10,
    replayed: 5,
    failed: 0,
    skipped: { endpoint_missing: 5 },
    resent: 0,
    latencyMs: { p50: expect.any(Number) },
  });
  const text = renderResult(document);
  expect(text).toContain(`run ${document.run} → t: 5 of 10 answered, 5 skipped (5 endpoint_missing)`);
  expect(text).toContain(`parked ${server.url}/b/invocations: endpoint_missing`);
});

describe("doctor", () => {
  const check = async (url: string) => {
    const [found] = replayChecks(sessionOf(memoryStore(), { t: httpTo(url) }));
    return found?.run(AbortSignal.timeout(5_000));
  };
  test("finds a target that answers", async () => {
    server = await misbehavingServer(() => ({ do: "answer" }));
    expect(await check(server.url)).toContain("takes connections");
  });
  test("says how to mend one that does not", async () => {
    const gone = await misbehavingServer(() => ({ do: "answer" }));
    await gone.close();
    await expect(check(gone.url)).rejects.toMatchObject({
      code: "TARGET_UNUSABLE",
      details: { received: expect.stringContaining("ECONNREFUSED") },
    });
  });
});

test.each([
  [0, "0"],
  [999, "999"],
  [1_000, "1,000"],
  [90_000_000, "90,000,000"],
])("%i is written %s", (n, text) => {
  expect(group(n)).toBe(text);
});

test.each([
  [0.2, "1s"],
  [75, "1m15s"],
  [3_661, "1h01m"],
])("%d seconds are written %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
