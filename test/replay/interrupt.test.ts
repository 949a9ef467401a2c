/** SIGINT to the program itself, while it replays. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { localStore } from "../../src/store/local.ts";
import type { Store } from "../../src/store/port.ts";
import { runJson, startCli } from "../support/cli.ts";
import { type Act, type MisbehavingServer, misbehavingServer, type Seen } from "../support/misbehaving-server.ts";
import { readResults, rows, writeCapture } from "./world.ts";

let dir: string;
let store: Store;
let server: MisbehavingServer | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cutover-interrupt-"));
  store = localStore(join(dir, "data"));
  await writeCapture(store, rows(0, 60, ["a", "b"]));
});
afterEach(async () => {
  await server?.close();
  await rm(dir, { recursive: true, force: true });
});

async function serve(script: (seen: Seen) => Act): Promise<MisbehavingServer> {
  server = await misbehavingServer(script);
  const http = { url: `${server.url}/{model}/invocations` };
  const t = { http, timeout: "10m", concurrency: { perEndpoint: 3, total: 6 } };
  await writeFile(join(dir, "cutover.yaml"), JSON.stringify({ store: "./data", targets: { t } }));
  return server;
}

const ARGS = ["replay", "--target", "t", "--run", "one"];
/** A busy machine takes its time to start three processes. */
const LIMIT_MS = 240_000;

test("once: what is in flight is waited for and stored, and the same command goes on", {
  timeout: LIMIT_MS,
}, async () => {
  const { seen } = await serve(() => ({ do: "answer", delayMs: 400 }));
  const { child, done } = startCli(ARGS, { cwd: dir });
  while (seen.length < 9) await sleep(5);
  child.kill("SIGINT");
  const result = await done;
  expect(result.code).toBe(130);
  expect(result.stderr).toContain("once more stops at once");
  const sent = seen.length;
  expect(sent).toBeLessThan(60);
  expect(await readResults(store, "one")).toHaveLength(sent);
  const after = await runJson(ARGS, { cwd: dir });
  expect(after).toMatchObject({ replayed: 60, resent: 0, now: { sent: 60 - sent } });
});

test("twice: it ends at once, whatever is in flight", { timeout: LIMIT_MS }, async () => {
  const { seen } = await serve(({ index }) => (index < 4 ? { do: "answer" } : { do: "hang" }));
  const { child, done } = startCli(ARGS, { cwd: dir });
  while (seen.length < 6) await sleep(5);
  let ended = false;
  void done.then(() => {
    ended = true;
  });
  child.kill("SIGINT");
  await sleep(1_500);
  expect(ended).toBe(false);
  child.kill("SIGINT");
  // Long before the ten minutes of the time-out.
  expect((await done).code).toBe(130);
});
