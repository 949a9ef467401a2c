/** kill -9 in the middle of capture, replay and compare, then the same command again: invariant 7 through real services. */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { legacyModel, PORTING_DEFECTS, portedModel } from "../../demo/model.ts";
import { generateReviews } from "../../demo/reviews.ts";
import { type ModelServer, serveModel } from "../../demo/server.ts";
import { LIMITS } from "../../src/limits.ts";
import { runCli, runJson, startCli } from "../support/cli.ts";
import { createTopic, produce } from "../support/kafka.ts";
import { downloadBucket, duckdb } from "../support/lake.ts";
import { requireOrSkip } from "../support/require.ts";
import { listKeys, makeBucket, removeBucket, removePrefix } from "../support/s3.ts";

const kafka = process.env.CUTOVER_TEST_KAFKA;
const s3 = process.env.CUTOVER_TEST_S3;
const skip = requireOrSkip("services not running: npm run services", kafka !== undefined && s3 !== undefined);

const MESSAGES = 24_000;
const PARTITIONS = 6;
const ROTATE_RECORDS = 500;
/** How far the work is when the process is killed: objects written, requests received, objects written. */
const CAPTURE_KILLS = [4, 20];
const REPLAY_KILLS = [5_000, 12_000, 18_000];
const COMPARE_KILLS = [1, 10, 30];
/** One unsaved commit for each unit in work, and what was in flight. */
const COMMIT_ROWS_AT_RISK = LIMITS.commitRows * LIMITS.replayOpenUnits + 200;
const POLL_MS = 10;
/** A killed member of a consumer group is waited for by the group: its session timeout. */
const TEST_TIMEOUT_MS = 240_000;

describe.skipIf(skip).sequential("a process killed with SIGKILL", { timeout: TEST_TIMEOUT_MS }, () => {
  const name = `kill-${Date.now().toString(36)}`;
  const received = { count: 0 };
  let dir: string;
  let server: ModelServer;
  let digest: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "cutover-kill-"));
    server = await serveModel((text) => {
      received.count++;
      return portedModel(PORTING_DEFECTS)(text);
    });
    await writeFile(
      join(dir, "cutover.yaml"),
      JSON.stringify({
        store: `s3://${name}/lake`,
        s3: { endpoint: s3, region: "us-east-1", forcePathStyle: true },
        capture: {
          source: { kafka: { brokers: [kafka], topics: [name], group: name } },
          rotate: { records: ROTATE_RECORDS },
        },
        targets: { ported: { http: { url: `${server.url}/invocations` } } },
      }),
    );
    await Promise.all([makeBucket(s3 as string, name), createTopic(kafka as string, name, PARTITIONS)]);
    const texts = generateReviews(MESSAGES);
    const messages = texts.map((text, i) => {
      const [input, output] = [JSON.stringify({ text }), JSON.stringify(legacyModel(text))];
      const value = `{"id":"r${i}","model":"m","capturedAt":${i},"input":${input},"output":${output}}`;
      return { value, input, output, partition: i % PARTITIONS };
    });
    digest = digestOf(
      messages.map(
        ({ partition, input, output }, i) => `${partition} ${Math.floor(i / PARTITIONS)} ${input} ${output}`,
      ),
    );
    await produce(kafka as string, name, messages);
  });
  afterAll(async () => {
    await server.close();
    await rm(dir, { recursive: true, force: true });
    await removeBucket(s3 as string, name);
  });

  /** Starts the command and kills it as soon as `reached` says so. */
  const killWhen = async (args: readonly string[], reached: () => Promise<boolean>): Promise<void> => {
    const { child, done } = startCli(args, { cwd: dir });
    let ended = false;
    const result = done.finally(() => {
      ended = true;
    });
    while (!ended && !(await reached())) await sleep(POLL_MS);
    child.kill("SIGKILL");
    expect((await result).signal, "the process ended by itself before it could be killed").toBe("SIGKILL");
  };
  const objectsUnder = async (prefix: string): Promise<number> => (await listKeys(s3 as string, name, prefix)).length;

  test("in the middle of capture costs nothing: every position once, with its bytes", async () => {
    const args = ["capture", "--until", "end"];
    for (const objects of CAPTURE_KILLS) {
      await killWhen(args, async () => (await objectsUnder("lake/captures/")) >= objects);
    }
    await runJson(args, { cwd: dir });
    expect(await runJson(["captures", "--audit"], { cwd: dir })).toMatchObject({ ok: true });
    await downloadBucket(s3 as string, name, "lake/captures/", dir);
    const rows = await duckdb(
      `select partition, "offset", decode(input) as request, decode(output) as response from '${join(dir, "lake/captures/**/*.parquet")}'`,
    );
    expect(rows).toHaveLength(MESSAGES);
    expect(
      digestOf(rows.map(({ partition, offset, request, response }) => `${partition} ${offset} ${request} ${response}`)),
    ).toBe(digest);
  });

  test("in the middle of replay costs at most what was not stored: every position once, nothing stored sent again", async () => {
    const args = ["replay", "--target", "ported"];
    for (const requests of REPLAY_KILLS) await killWhen(args, async () => received.count >= requests);
    const result = await runJson<{ run: string; resent: number }>(args, { cwd: dir });
    expect(result).toMatchObject({ planned: MESSAGES, replayed: MESSAGES, failed: 0 });
    await downloadBucket(s3 as string, name, "lake/replays/", dir);
    const [counts] = await duckdb(
      `select count(*) n, count(distinct (log, partition, "offset")) positions from '${join(dir, `lake/replays/${result.run}/*.parquet`)}'`,
    );
    expect(counts).toEqual({ n: BigInt(MESSAGES), positions: BigInt(MESSAGES) });
    // What was sent and not stored is sent again; `resent` says how many, from what each call wrote down of itself.
    const twice = received.count - MESSAGES;
    expect(twice).toBeLessThanOrEqual(REPLAY_KILLS.length * COMMIT_ROWS_AT_RISK);
    expect(result.resent).toBeGreaterThanOrEqual(0);
    expect(result.resent).toBeLessThanOrEqual(twice);
  });

  test("in the middle of compare leaves no half verdict, and the next one has the same bytes", async () => {
    const first = await runJson<{ run: string; rules: string }>(["compare"], { cwd: dir });
    const prefix = `lake/compares/${first.run}/${first.rules}/`;
    const undisturbed = await bytesUnder(join(dir, "one"), prefix);
    await removePrefix(s3 as string, name, prefix);
    for (const objects of COMPARE_KILLS) {
      await killWhen(["compare"], async () => (await objectsUnder(prefix)) >= objects);
      expect((await runCli(["gate"], { cwd: dir })).code).toBe(5);
    }
    await runJson(["compare"], { cwd: dir });
    expect(await bytesUnder(join(dir, "two"), prefix)).toEqual(undisturbed);
  });

  const bytesUnder = async (folder: string, prefix: string): Promise<Record<string, string>> => {
    const keys = await downloadBucket(s3 as string, name, prefix, folder);
    expect(keys.length).toBeGreaterThan(2);
    const entries = keys.map(async (key) => [
      key,
      createHash("sha256")
        .update(await readFile(join(folder, key)))
        .digest("hex"),
    ]);
    return Object.fromEntries(await Promise.all(entries));
  };
});

/** Hash over the lines in any order. */
function digestOf(lines: readonly string[]): string {
  return createHash("sha256")
    .update([...lines].sort().join("\n"))
    .digest("hex");
}
