/** The whole program: `cutover run` under a cap goes on to compare what is there, and proves no more than that. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { executeCli } from "../../../src/cli.ts";
import { localStore } from "../../../src/store/local.ts";
import { type MisbehavingServer, misbehavingServer } from "../../support/misbehaving-server.ts";
import { memoryOutput } from "../../support/output.ts";
import { rows, writeCapture } from "../world.ts";

let dir: string;
let server: MisbehavingServer;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cutover-capped-"));
  server = await misbehavingServer(() => ({ do: "answer" }));
  const store = localStore(join(dir, "data"));
  for (const first of [0, 500]) await writeCapture(store, rows(first, 500, ["a", "b"]), 200);
  await store.close();
  const gate = { maxMismatchRate: 0.02, confidence: 0.9 };
  await writeFile(
    join(dir, "cutover.yaml"),
    JSON.stringify({
      store: join(dir, "data"),
      targets: {
        t: { http: { url: `${server.url}/{model}/invocations` }, concurrency: { perEndpoint: 4, total: 8 } },
      },
      models: { "*": { default: "exact", gate } },
    }),
  );
});
afterEach(async () => {
  await server.close();
  await rm(dir, { recursive: true, force: true });
});

async function cutover(...argv: string[]) {
  const stdout = memoryOutput();
  const stderr = memoryOutput();
  const streams = { stdin: process.stdin, stdout, stderr };
  const hooks = { on: () => () => {}, exitNow: () => {} };
  const code = await executeCli([...argv, "--json", "--config", join(dir, "cutover.yaml")], streams, {}, hooks);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

test("run --max-requests: exit 3 with what was proved, then exit 0 when the rest is sent", {
  timeout: 120_000,
}, async () => {
  const capped = await cutover("run", "--target", "t", "--max-requests", "700");
  expect(capped.code, capped.stderr).toBe(3);
  const summary = JSON.parse(capped.stdout);
  expect(summary).toMatchObject({
    verdict: "inconclusive",
    coverage: {
      captured: 1000,
      scope: 700,
      compared: 700,
      unpaired: 0,
      skipped: 300,
      skippedBy: { max_requests: 300 },
    },
    outcomes: { match: 700, mismatch: 0 },
  });
  expect(summary.reasons.join()).toContain("replay ended at max_requests");
  expect(server.seen).toHaveLength(700);

  const rest = await cutover("run", "--target", "t");
  expect(rest.code, rest.stderr).toBe(0);
  expect(JSON.parse(rest.stdout)).toMatchObject({ verdict: "pass", coverage: { compared: 1000, skipped: 0 } });
  expect(server.seen).toHaveLength(1000);
});

test("run --max-requests with a mismatch in what was sent still fails", { timeout: 120_000 }, async () => {
  await server.close();
  server = await misbehavingServer(() => ({ do: "answer", body: '{"n":-1}' }));
  const config = join(dir, "cutover.yaml");
  await writeFile(
    config,
    JSON.stringify({
      store: join(dir, "data"),
      targets: { t: { http: { url: `${server.url}/{model}/invocations` } } },
      models: { "*": { default: "exact", gate: {} } },
    }),
  );
  expect((await cutover("run", "--target", "t", "--max-requests", "300")).code).toBe(1);
});

test("replay under a cap exits 0 and tells how it ended; a cap that makes no sense exits 2", {
  timeout: 120_000,
}, async () => {
  const { code, stdout } = await cutover("replay", "--target", "t", "--max-requests", "10");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    replayed: 10,
    skipped: { max_requests: 990 },
    ended: { by: "max_requests", at: expect.any(Number), detail: "10 tries are sent" },
  });
  const wrong = await cutover("replay", "--target", "t", "--max-cost", "5");
  expect(wrong.code).toBe(2);
  expect(JSON.parse(wrong.stderr).error).toMatchObject({ code: "USAGE" });
});

test("an earlier end leaves nothing compared: exit 4, never green", { timeout: 120_000 }, async () => {
  expect((await cutover("run", "--target", "t", "--max-duration", "1ms")).code).toBe(4);
});
