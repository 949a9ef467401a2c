/**
 * The whole loop as a user runs it, through a real Kafka broker, a real S3 server, HTTP and SageMaker-protocol
 * endpoints and a real DogStatsD receiver. Input: the reviews of CUTOVER_REVIEWS (id, rating, text, tab-separated),
 * or as many generated ones.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { legacyModel, type Model, PORTING_DEFECTS, portedModel } from "../../demo/model.ts";
import { generateReviews } from "../../demo/reviews.ts";
import { type ModelServer, serveModel } from "../../demo/server.ts";
import { recordTraffic } from "../../demo/traffic.ts";
import { runCli, runJson } from "../support/cli.ts";
import { listenDogstatsd } from "../support/dogstatsd.ts";
import { createTopic, produce } from "../support/kafka.ts";
import { downloadBucket, duckdb } from "../support/lake.ts";
import { requireOrSkip } from "../support/require.ts";
import { makeBucket, removeBucket } from "../support/s3.ts";

const kafka = process.env.CUTOVER_TEST_KAFKA;
const s3 = process.env.CUTOVER_TEST_S3;
const statsd = process.env.CUTOVER_TEST_DOGSTATSD;
const metricsUrl = process.env.CUTOVER_TEST_STATSD_METRICS;
const available = [kafka, s3, statsd, metricsUrl].every((value) => value !== undefined);
const skip = requireOrSkip("services not running: npm run services", available);

const GENERATED = 3_708;
const PARTITIONS = 6;
const MODEL = "moderation/reviews";
const RULES = [
  { path: "$.label", type: "label" },
  { path: "$.score", type: "number", atol: 1e-9, rtol: 1e-9 },
  { path: "$.reasons", type: "list", mode: "ordered" },
];

interface Coverage {
  readonly captured: number;
  readonly scope: number;
  readonly compared: number;
  readonly unpaired: number;
  readonly notComparable: number;
  readonly skipped: number;
}
interface Summary {
  readonly run: string;
  readonly rules: string;
  readonly verdict: string;
  readonly coverage: Coverage;
  readonly outcomes: Record<string, number>;
}

async function readReviews(): Promise<string[]> {
  const file = process.env.CUTOVER_REVIEWS;
  if (file === undefined) return generateReviews(GENERATED);
  const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
  return lines.map((line) => line.split("\t")[2] ?? "");
}

describe.skipIf(skip).sequential("the loop through real services", { timeout: 120_000 }, () => {
  const name = `loop-${Date.now().toString(36)}`;
  const asked = { count: 0 };
  let dir: string;
  let texts: string[];
  let legacy: ModelServer;
  let ported: ModelServer;

  const writeConfig = (file: string, rules: readonly object[], url = `udp://${statsd}`): Promise<void> =>
    writeFile(
      join(dir, file),
      JSON.stringify({
        store: `s3://${name}/lake`,
        s3: { endpoint: s3, region: "us-east-1", forcePathStyle: true },
        capture: { source: { kafka: { brokers: [kafka], topics: [name], group: name } } },
        targets: {
          http: { http: { url: `${ported.url}/invocations` } },
          sagemaker: { sagemaker: { endpoint: "moderation", region: "us-east-1", url: ported.url } },
        },
        models: { "*": { rules, default: "exact", gate: {} } },
        metrics: { dogstatsd: { url, tags: { env: name } } },
      }),
    );
  const json = <T>(args: readonly string[], options: { exit?: number; config?: string } = {}): Promise<T> =>
    runJson<T>([...args, "--config", options.config ?? "cutover.yaml"], { cwd: dir, ...options });

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "cutover-loop-"));
    texts = await readReviews();
    const counted: Model = (text) => {
      asked.count++;
      return portedModel(PORTING_DEFECTS)(text);
    };
    [legacy, ported] = await Promise.all([serveModel(legacyModel), serveModel(counted)]);
    await writeConfig("cutover.yaml", RULES);
    await Promise.all([makeBucket(s3 as string, name), createTopic(kafka as string, name, PARTITIONS)]);
    const startedAt = Date.now();
    const lines = await recordTraffic(texts, {
      url: legacy.url,
      model: MODEL,
      idPrefix: "review",
      startedAt,
      concurrency: 32,
    });
    await produce(
      kafka as string,
      name,
      lines.map((value, i) => ({ value, key: `review-${i}`, partition: i % PARTITIONS })),
    );
  });
  afterAll(async () => {
    await Promise.all([legacy.close(), ported.close(), rm(dir, { recursive: true, force: true })]);
    await removeBucket(s3 as string, name);
  });

  test("capture takes every message, and its sums add up", async () => {
    const result = await json<Record<string, number>>(["capture", "--until", "end"]);
    expect(result).toMatchObject({
      consumed: texts.length,
      captured: texts.length,
      rejected: 0,
      sampledOut: 0,
      tombstones: 0,
      absent: 0,
    });
  });

  test("a second capture writes nothing", async () => {
    expect(await json(["capture", "--until", "end"])).toMatchObject({ consumed: 0, objects: 0 });
  });

  test("the audit finds every position exactly once", async () => {
    const audit = await json<{ ok: boolean; partitions: unknown[] }>(["captures", "--audit"]);
    expect(audit.ok).toBe(true);
    expect(audit.partitions).toHaveLength(PARTITIONS);
  });

  test.each(["http", "sagemaker"])(
    "replay sends every request once through the %s target, and nothing again",
    async (target) => {
      const before = asked.count;
      const first = await json<{ run: string }>(["replay", "--target", target]);
      expect(first).toMatchObject({ target, planned: texts.length, replayed: texts.length, failed: 0, resent: 0 });
      expect(asked.count - before).toBe(texts.length);
      const again = await json<{ run: string }>(["replay", "--target", target]);
      expect(again).toMatchObject({ run: first.run, replayed: texts.length, now: { replayed: 0, failed: 0 } });
      expect(asked.count - before).toBe(texts.length);
    },
  );

  test("both targets come to the same comparison, and the sums add up", async () => {
    const summaries: Summary[] = [];
    for (const target of ["http", "sagemaker"]) {
      const { run } = await json<{ run: string }>(["replay", "--target", target]);
      summaries.push(await json<Summary>(["compare", "--run", run]));
    }
    for (const { coverage, outcomes } of summaries) {
      expect(coverage).toMatchObject({ captured: texts.length, unpaired: 0, notComparable: 0, skipped: 0 });
      expect(coverage.compared).toBe(texts.length);
      expect(Object.values(outcomes).reduce((sum, n) => sum + n, 0)).toBe(texts.length);
    }
    expect(summaries[0]?.outcomes).toEqual(summaries[1]?.outcomes);
  });

  test("comparing by other rules sends nothing again, and the gate asks for the comparison first", async () => {
    const before = asked.count;
    const rules = [
      { path: "$.score", type: "number", atol: 1, rtol: 0 },
      { path: "$.reasons", type: "list", mode: "set" },
    ];
    await writeConfig("other.yaml", rules);
    const refused = await runCli(["gate", "--config", "other.yaml"], { cwd: dir });
    expect(refused.code).toBe(5);
    expect(refused.stderr).toContain("cutover --config other.yaml compare");
    const summary = await json<Summary>(["compare"], { config: "other.yaml" });
    expect(summary.coverage.compared).toBe(texts.length);
    expect(asked.count).toBe(before);
  });

  test("the gate's exit code is its verdict, and the receiver gets counts, service check and event", async () => {
    const listener = await listenDogstatsd();
    try {
      await writeConfig("listened.yaml", RULES, `udp://127.0.0.1:${listener.port}`);
      const summary = await json<Summary>(["compare"], { config: "listened.yaml" });
      const expected = { pass: 0, fail: 1, inconclusive: 3 }[summary.verdict] as number;
      await json(["gate"], { config: "listened.yaml", exit: expected });
      const received = await listener.drain();
      expect(received.counts("cutover.compared")).toBe(texts.length);
      expect(received.counts("cutover.mismatched")).toBe(summary.outcomes.mismatch);
      expect(received.checks("cutover.gate").map(({ status }) => status)).toContain(
        { pass: 0, fail: 2, inconclusive: 1 }[summary.verdict],
      );
      expect(received.events.length).toBeGreaterThan(0);
    } finally {
      await listener.close();
    }
  });

  test("the DogStatsD receiver shows what capture and replay counted", async () => {
    const text = await (await fetch(metricsUrl as string)).text();
    const captured = text
      .split("\n")
      .filter((line) => line.startsWith("cutover_capture_captured") && line.includes(name));
    const total = captured.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
    expect(total).toBe(texts.length);
  });

  test("DuckDB reads every object: each position once over captures, each once over a run's replays", async () => {
    const keys = await downloadBucket(s3 as string, name, "lake/", dir);
    expect(keys.filter((key) => key.endsWith(".parquet")).length).toBeGreaterThan(PARTITIONS);
    const count = async (glob: string): Promise<Record<string, unknown>> => {
      const sql = `select count(*) n, count(distinct (log, partition, "offset")) positions from '${join(dir, "lake", glob)}'`;
      return (await duckdb(sql))[0] as Record<string, unknown>;
    };
    const all = BigInt(texts.length);
    expect(await count("captures/**/*.parquet")).toEqual({ n: all, positions: all });
    const { run } = await json<{ run: string }>(["replay", "--target", "http"]);
    expect(await count(`replays/${run}/*.parquet`)).toEqual({ n: all, positions: all });
    const input = await duckdb(
      `select decode(input) as text from '${join(dir, "lake/captures/**/*.parquet")}' where id = 'review-17'`,
    );
    expect(input).toEqual([{ text: JSON.stringify({ text: texts[17] }) }]);
  });
});
