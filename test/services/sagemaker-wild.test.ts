/**
 * Serverless endpoints as they are met after a night, in true time: one that is not ready for 40 s, one whose first
 * answer takes 40 s, and one that is awake. The program runs in its own process; the server checks its signatures.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { ReplayResult } from "../../replay/results/result.ts";
import { openStore } from "../../src/store/open.ts";
import { readResults } from "../replay/world.ts";
import { runJson } from "../support/cli.ts";
import { type Act, type MisbehavingServer, misbehavingServer, type Seen } from "../support/misbehaving-server.ts";

const COLD_MS = 40_000;
const EACH = 100;
const MODELS = ["not-ready", "slow-start", "awake"];
let dir: string;
let server: MisbehavingServer;

beforeAll(async () => {
  // The server takes the credentials of the environment, and the program inherits them.
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  vi.stubEnv("AWS_SESSION_TOKEN", "session/token+=");
  dir = await mkdtemp(path.join(tmpdir(), "cutover-cold-"));
  server = await misbehavingServer(serverless());
  const lines = Array.from({ length: EACH * MODELS.length }, (_, i) =>
    JSON.stringify({ id: `r${i}`, model: MODELS[i % MODELS.length], input: { i }, output: { i }, latencyMs: 7 }),
  );
  await writeFile(path.join(dir, "requests.ndjson"), `${lines.join("\n")}\n`);
  const config = {
    capture: { source: { files: ["requests.ndjson"] } },
    targets: {
      new: {
        sagemaker: { endpoint: "mod-{model}", region: "eu-west-1", url: server.url },
        concurrency: { perEndpoint: 4, total: 6 },
      },
    },
  };
  await writeFile(path.join(dir, "cutover.yaml"), JSON.stringify(config));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.close();
  await rm(dir, { recursive: true, force: true });
});

function serverless(): (seen: Seen) => Act {
  let askedAt: number | undefined;
  let started = false;
  return ({ path, at }) => {
    if (path.includes("not-ready")) {
      askedAt ??= at;
      if (at - askedAt >= COLD_MS) return { do: "answer" };
      return { do: "error", status: 429, name: "ModelNotReadyException", members: { Message: "Model is not ready." } };
    }
    if (path.includes("slow-start") && !started) {
      started = true;
      return { do: "answer", delayMs: COLD_MS };
    }
    return { do: "answer" };
  };
}

const seenOf = (model: string): Seen[] => server.seen.filter((seen) => seen.path.includes(model));

test("cold starts of 40 s are waited for, measured apart, and hold nobody else up", { timeout: 180_000 }, async () => {
  await runJson(["capture", "--until", "end", "--config", "cutover.yaml"], { cwd: dir });
  const result = await runJson<ReplayResult>(["replay", "--target", "new", "--config", "cutover.yaml"], { cwd: dir });
  expect(server.unsigned).toEqual([]);
  expect(result).toMatchObject({ planned: 300, replayed: 300, failed: 0, skipped: {}, throttles: 0 });
  expect(result.attempts).toBe(server.seen.length);

  const store = await openStore(path.join(dir, "data"), {});
  const results = await readResults(store, result.run);
  await store.close();
  const cold = results.filter(({ coldStart }) => coldStart);
  expect(cold.map(({ model }) => model).sort()).toContain("not-ready");
  expect(cold.map(({ model }) => model).sort()).toContain("slow-start");
  expect(cold.every(({ model }) => model !== "awake")).toBe(true);
  expect(result.coldStarts.n).toBe(cold.length);
  // No cold start is among the latencies of the models.
  expect(result.models["slow-start"]?.coldStarts.p99).toBeGreaterThanOrEqual(COLD_MS);
  expect(result.models["slow-start"]?.latencyMs.p99).toBeLessThan(COLD_MS / 2);

  const early = seenOf("not-ready").filter(({ at }) => at - (seenOf("not-ready")[0]?.at ?? 0) < COLD_MS);
  expect(seenOf("not-ready").length).toBe(EACH + early.length);
  expect(new Set(early.map(({ body }) => body.toString())).size).toBeLessThanOrEqual(4);
  expect(server.peak).toBeLessThanOrEqual(6);
  for (const peak of server.peakByPath.values()) expect(peak).toBeLessThanOrEqual(4);
  const [first] = server.seen;
  const lastAwake = Math.max(...seenOf("awake").map(({ at }) => at));
  expect(lastAwake - (first?.at ?? 0)).toBeLessThan(COLD_MS);
});
