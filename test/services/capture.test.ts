/** Capture from a real broker, as a user runs it: killed, fenced, overtaken by retention, and started again. */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectKafka } from "../../capture/kafka/kafka.ts";
import type { Logger } from "../../src/log.ts";
import { runCli, runJson, startCli } from "../support/cli.ts";
import { createTopic, deleteRecords, deleteTopic, type Message, produce } from "../support/kafka.ts";
import { duckdb } from "../support/lake.ts";
import { requireOrSkip } from "../support/require.ts";

const kafka = process.env.CUTOVER_TEST_KAFKA;
const skip = requireOrSkip("services not running: npm run services", kafka !== undefined);
const broker = kafka ?? "";
const PARTITIONS = 3;

function* envelopes(from: number, to: number): Generator<Message> {
  for (let i = from; i < to; i++) {
    const value = `{"id":"r${i}","model":"client-${i % 40}/m","input":{"n": ${i}.0},"output":["${"x".repeat(200)}"]}`;
    yield { key: `k${i}`, value };
  }
}

interface Sums {
  readonly consumed: number;
  readonly captured: number;
  readonly rejected: number;
  readonly tombstones: number;
  readonly absent: number;
}
interface Audit {
  readonly ok: boolean;
  readonly partitions: readonly { readonly gaps: readonly { readonly reason: string }[] }[];
  readonly sums: Sums;
}

let dir = "";
const created: string[] = [];

/** A topic of its own, and a folder whose config captures it. */
async function setUp(name: string, capture = "", partitions = PARTITIONS): Promise<{ cwd: string; topic: string }> {
  const topic = `capture-${name}-${process.pid}-${created.length}`;
  created.push(topic);
  await createTopic(broker, topic, partitions);
  const cwd = await mkdtemp(join(dir, `${name}-`));
  const source = `{ kafka: { brokers: ["${broker}"], topics: [${topic}], group: ${topic} } }`;
  await writeFile(join(cwd, "cutover.yaml"), `store: ./data\ncapture:\n  source: ${source}\n${capture}`);
  return { cwd, topic };
}

const audit = (cwd: string): Promise<Audit> => runJson<Audit>(["captures", "--audit"], { cwd });
/** Positions that are durable by now; none while there is no capture, or no store yet. */
async function durable(cwd: string): Promise<number> {
  const { code, stdout } = await runCli(["captures", "--audit", "--json"], { cwd });
  return code === 0 ? (JSON.parse(stdout) as Audit).sums.consumed : 0;
}

/** Messages that the broker holds: a producer that retries under load may have sent some twice. */
async function heldBy(topic: string): Promise<number> {
  const client = await connectKafka({ brokers: [broker], topics: [topic], group: topic, clientId: "test" }, silent);
  try {
    return [...(await client.bounds(topic)).values()].reduce((sum, { low, high }) => sum + Number(high - low), 0);
  } finally {
    await client.close();
  }
}
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, progress() {}, flush: async () => {} };

/**
 * Every position that the broker holds is held once, with the bytes that were sent, and none of the
 * `sent` messages is missing. DuckDB counts, independently of the audit.
 */
async function expectOnce(cwd: string, topic: string, sent: number): Promise<void> {
  const messages = await heldBy(topic);
  expect(await audit(cwd)).toMatchObject({ ok: true, sums: { consumed: messages, captured: messages } });
  const [row] = await duckdb(
    `select count(*) n, count(distinct ("partition", "offset")) positions, count(distinct id) ids,
       count(*) filter (decode(input) = '{"n": ' || substr(id, 2) || '.0}') same
     from '${cwd}/data/captures/**/*.parquet'`,
  );
  const n = BigInt(messages);
  expect(row).toEqual({ n, positions: n, ids: BigInt(sent), same: n });
}

describe.skipIf(skip)("capture from a real broker", { timeout: 180_000 }, () => {
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "cutover-capture-"));
  });
  afterAll(async () => {
    await rm(dir, { recursive: true, force: true });
    for (const topic of created) await deleteTopic(broker, topic).catch(() => {});
  });

  test("takes what is there, then what has come since, then nothing", async () => {
    const { cwd, topic } = await setUp("resume");
    const run = () => runJson<Sums & { objects: number }>(["capture", "--until", "end"], { cwd });
    expect(await run()).toMatchObject({ consumed: 0, objects: 0 });
    await produce(broker, topic, envelopes(0, 2_000));
    expect(await run()).toMatchObject({ consumed: 2_000, captured: 2_000, objects: PARTITIONS });
    await produce(broker, topic, envelopes(2_000, 2_500));
    expect(await run()).toMatchObject({ consumed: 500, captured: 500 });
    expect(await run()).toMatchObject({ consumed: 0, objects: 0 });
    await expectOnce(cwd, topic, 2_500);
  });

  test("counts rejects, tombstones and what retention deleted", async () => {
    const { cwd, topic } = await setUp("sums", "  maxRejectRate: 1\n", 1);
    await produce(broker, topic, envelopes(0, 10));
    await runJson(["capture", "--until", "end"], { cwd });
    await produce(broker, topic, [
      ...envelopes(10, 20),
      { value: "{", partition: 0 },
      { value: null, key: "k", partition: 0 },
    ]);
    await deleteRecords(broker, topic, 0, 14n);
    await runJson(["capture", "--until", "end"], { cwd });
    const { ok, sums, partitions } = await audit(cwd);
    expect(ok).toBe(true);
    expect(sums).toMatchObject({ consumed: 22, captured: 16, rejected: 1, tombstones: 1, absent: 4 });
    expect(partitions[0]?.gaps).toEqual([{ from: "10", to: "13", reason: "retention" }]);
  });

  test("killed at any moment and started again, it holds every message once", async () => {
    const { cwd, topic } = await setUp("kill", "  rotate: { records: 500 }\n");
    await produce(broker, topic, envelopes(0, 30_000));
    const { child, done } = startCli(["capture", "--until", "end"], { cwd });
    while ((await durable(cwd)) === 0 && child.exitCode === null);
    child.kill("SIGKILL");
    await done;
    await runJson(["capture", "--until", "end"], { cwd });
    await expectOnce(cwd, topic, 30_000);
  });

  test("a writer that was fenced and wakes up doubles nothing", async () => {
    const { cwd, topic } = await setUp("zombie", "  rotate: { records: 1000 }\n");
    await produce(broker, topic, envelopes(0, 20_000));
    const zombie = startCli(["capture"], { cwd });
    while ((await durable(cwd)) === 0) expect(zombie.child.exitCode).toBeNull();
    zombie.child.kill("SIGSTOP");
    await produce(broker, topic, envelopes(20_000, 24_000));
    await runJson(["capture", "--until", "end"], { cwd });
    zombie.child.kill("SIGCONT");
    await produce(broker, topic, envelopes(24_000, 25_000));
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    zombie.child.kill("SIGTERM");
    expect((await zombie.done).code).toBe(143);
    await runJson(["capture", "--until", "end"], { cwd });
    await expectOnce(cwd, topic, 25_000);
  });

  test("a topic that was deleted and created again is refused", async () => {
    const { cwd, topic } = await setUp("recreated", "", 1);
    await produce(broker, topic, envelopes(0, 10));
    await runJson(["capture", "--until", "end"], { cwd });
    await deleteTopic(broker, topic);
    await createTopic(broker, topic, 1);
    await produce(broker, topic, envelopes(0, 5));
    const { code, stderr } = await runCli(["capture", "--until", "end"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain("LEDGER_CONFLICT");
  });

  test("told to stop, it makes durable what it holds", async () => {
    const { cwd, topic } = await setUp("drain");
    const { child, done } = startCli(["capture"], { cwd });
    const told = once(child.stderr ?? child, "data");
    await produce(broker, topic, envelopes(0, 100));
    await told;
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    child.kill("SIGINT");
    expect((await done).code).toBe(130);
    const rest = await runJson<Sums>(["capture", "--until", "end"], { cwd });
    expect(await audit(cwd)).toMatchObject({ ok: true, sums: { consumed: 100 } });
    expect(rest.consumed).toBeLessThan(100);
  });

  test.each([
    [
      "a topic that is not there",
      (cwd: string) =>
        writeFile(
          join(cwd, "cutover.yaml"),
          `capture: { source: { kafka: { brokers: ["${broker}"], topics: [nowhere] } } }`,
        ),
      "there is no topic nowhere",
    ],
    [
      "a broker that does not answer",
      (cwd: string) =>
        writeFile(
          join(cwd, "cutover.yaml"),
          'capture: { source: { kafka: { brokers: ["127.0.0.1:1"], topics: [t] } } }',
        ),
      "no Kafka broker answers",
    ],
  ])("%s is told with what to do", async (_name, configure, message) => {
    const cwd = await mkdtemp(join(dir, "bad-"));
    await configure(cwd);
    const { code, stderr } = await runCli(["capture", "--until", "end"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain("next:");
  });
});
