/** A capture in operation, with the real broker, S3 server and DogStatsD receiver: seen, probed, and told to stop. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { type RunningCli, runCli, runJson, startCli } from "../support/cli.ts";
import { type Gate, openGate } from "../support/gate.ts";
import { clusterIsUp, createTopic, deleteTopic, type Message, produce } from "../support/kafka.ts";
import { downloadBucket, duckdb } from "../support/lake.ts";
import { requireOrSkip } from "../support/require.ts";
import { listKeys, makeBucket, removeBucket } from "../support/s3.ts";
import { folders } from "./lib/folders.ts";
import { installFolder } from "./lib/install.ts";
import { kafka as kafkaService } from "./lib/kafka.ts";
import { choosePorts } from "./lib/ports.ts";

const {
  CUTOVER_TEST_KAFKA: kafka = "",
  CUTOVER_TEST_S3: s3 = "",
  CUTOVER_TEST_DOGSTATSD: dogstatsd = "",
  CUTOVER_TEST_STATSD_METRICS: exporter = "",
} = process.env;
const available = [kafka, s3, dogstatsd, exporter].every((endpoint) => endpoint !== "");
const skip = requireOrSkip("services not running: npm run services", available);

const PARTITIONS = 3;
/** Starting, joining a group and noticing a fault, on a machine that does other things too. */
const PATIENCE = { timeout: 60_000, interval: 250 };

function* envelopes(count: number, from = 0): Generator<Message> {
  const output = JSON.stringify("x".repeat(1_000));
  for (let i = from; i < from + count; i++) {
    const value = `{"id":"r${i}","model":"m","input":{"n": ${i}.0},"output":${output}}`;
    yield { value, partition: i % PARTITIONS };
  }
}

describe.skipIf(skip).sequential("a capture in operation", { timeout: 240_000 }, () => {
  let name = "";
  let dir = "";
  let gate: Gate;
  let counter = 0;
  const running: RunningCli[] = [];

  beforeEach(async () => {
    name = `operations-${process.pid}-${Date.now().toString(36)}-${counter++}`;
    dir = await mkdtemp(join(tmpdir(), "cutover-operations-"));
    gate = await openGate(s3);
    await Promise.all([makeBucket(s3, name), createTopic(kafka, name, PARTITIONS)]);
  });
  afterEach(async () => {
    for (const { child, done } of running.splice(0)) {
      child.kill("SIGKILL");
      await done;
    }
    await gate.close();
    await removeBucket(s3, name);
    await deleteTopic(kafka, name).catch(() => {});
    await rm(dir, { recursive: true, force: true });
  });

  /** Writes the config; the store is behind the gate, and the health port is any that is free. */
  const configure = (capture: object = {}, rest: object = {}): Promise<void> =>
    writeFile(
      join(dir, "cutover.yaml"),
      JSON.stringify({
        store: `s3://${name}/lake`,
        s3: { endpoint: gate.url, region: "us-east-1", forcePathStyle: true },
        capture: {
          source: { kafka: { brokers: [kafka], topics: [name], group: name } },
          health: { port: 0 },
          ...capture,
        },
        ...rest,
      }),
    );

  /** A capture that follows its source, and what it logs meanwhile. */
  const start = (...args: string[]) => {
    const cli = startCli(["capture", ...args], { cwd: dir, timeoutMs: 200_000 });
    running.push(cli);
    let text = "";
    cli.child.stderr?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    const lines = (): Record<string, unknown>[] =>
      text
        .split("\n")
        .slice(0, -1)
        // What the command ends with is written for people.
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const logged = (message: string) => lines().find((line) => line.message === message);
    const probe = async (path: string): Promise<Probe> => {
      const port = lines().find((line) => typeof line.port === "number")?.port;
      if (port === undefined) return { status: 0, reasons: "not up yet", held: 0 };
      const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
      if (!answer) return { status: 0, reasons: "no answer", held: 0 };
      const body = (await answer.json()) as { reasons: string[]; held?: number };
      return { status: answer.status, reasons: body.reasons.join("; "), held: body.held ?? 0 };
    };
    const becomes = (status: number, reason = ""): Promise<void> =>
      expect
        .poll(() => probe("/readyz"), PATIENCE)
        .toMatchObject({ status, reasons: reason === "" ? "" : expect.stringContaining(reason) });
    return { ...cli, lines, logged, probe, becomes };
  };
  const objects = async (): Promise<number> =>
    (await listKeys(s3, name, "lake/captures/")).filter((key) => key.endsWith(".parquet")).length;

  test("shows its work at the DogStatsD receiver, and its state to probes", async () => {
    const tag = name.replaceAll("-", "_");
    const url = `udp://${dogstatsd}`;
    await configure(
      { rotate: { interval: "1s" }, maxRejectRate: 1 },
      { metrics: { dogstatsd: { url, tags: { run: tag } } } },
    );
    const capture = start();
    await capture.becomes(200);
    expect(await capture.probe("/healthz")).toMatchObject({ status: 200, reasons: "" });
    await produce(kafka, name, [...envelopes(600), { value: "{", partition: 0 }, { value: "[", partition: 1 }]);
    const series = async (metric: string, tags = ""): Promise<number> => {
      const text = await (await fetch(exporter)).text();
      const line = text
        .split("\n")
        .filter((one) => one.startsWith(`cutover_capture_${metric}{`) && one.includes(`run="${tag}"`))
        .filter((one) => one.includes(tags) && !one.includes("quantile="));
      return line.reduce((sum, one) => sum + Number(one.slice(one.lastIndexOf(" "))), 0);
    };
    await expect.poll(() => series("consumed"), PATIENCE).toBe(602);
    await expect.poll(() => series("captured"), PATIENCE).toBe(600);
    await expect.poll(() => series("rejected", 'reason="bad_json"'), PATIENCE).toBe(2);
    expect(await series("flushes", 'cause="interval"')).toBe(await objects());
    expect(await series("flush_ms_count")).toBe(await objects());
    expect(await series("bytes_in")).toBeGreaterThan(600_000);
    expect(await series("bytes_out")).toBeGreaterThan(0);
    await expect.poll(() => series("partitions"), PATIENCE).toBe(PARTITIONS);
    await expect.poll(() => series("lag", `topic="${name}"`), PATIENCE).toBe(0);
    expect(await series("resident_bytes")).toBeGreaterThan(1e6);
    capture.child.kill("SIGTERM");
    expect((await capture.done).code).toBe(143);
    expect(capture.logged("partitions assigned")).toMatchObject({ partitions: PARTITIONS, rebalances: 0 });
    expect(capture.logged("capture ended")).toMatchObject({ reason: "terminated", consumed: 602, rejected: 2 });
  });

  test("is not ready while the store fails, says why, and is ready again once it answers", async () => {
    await configure({ rotate: { interval: "1s" } });
    const capture = start();
    await capture.becomes(200);
    gate.set("shut");
    await produce(kafka, name, envelopes(30));
    await capture.becomes(503, "the store: STORE_UNAVAILABLE");
    expect((await capture.probe("/healthz")).status).toBe(200);
    gate.set("open");
    await capture.becomes(200);
    expect(capture.logged("store call retried")).toMatchObject({ level: "warn", code: "STORE_UNAVAILABLE" });
    capture.child.kill("SIGINT");
    expect((await capture.done).code).toBe(130);
    expect(await runJson(["captures", "--audit"], { cwd: dir })).toMatchObject({ ok: true, sums: { captured: 30 } });
  });

  test("told to stop in the middle of heavy work, makes durable what it holds, and the rest is read again", async () => {
    const messages = 30_000;
    await configure({ rotate: { records: 2_000 } });
    await produce(kafka, name, envelopes(messages));
    const capture = start();
    await expect.poll(objects, PATIENCE).toBeGreaterThan(0);
    const told = performance.now();
    capture.child.kill("SIGTERM");
    const { code } = await capture.done;
    expect(code).toBe(143);
    expect(performance.now() - told).toBeLessThan(LIMITS.captureDrainMs + 5_000);
    expect(capture.logged("drain ends")).toMatchObject({ positions: 0, bytes: 0 });
    await runJson(["capture", "--until", "end"], { cwd: dir });
    expect(await runJson(["captures", "--audit"], { cwd: dir })).toMatchObject({
      ok: true,
      sums: { consumed: messages, captured: messages },
    });
    await downloadBucket(s3, name, "lake/captures/", dir);
    const [row] = await duckdb(
      `select count(*) n, count(distinct ("partition", "offset")) positions, count(distinct id) ids
       from '${join(dir, "lake/captures/**/*.parquet")}'`,
    );
    expect(row).toEqual({ n: BigInt(messages), positions: BigInt(messages), ids: BigInt(messages) });
  });

  /** A capture that holds messages which a silent store does not take. */
  const hanging = async () => {
    await configure({ rotate: { records: 50 } });
    const capture = start();
    await capture.becomes(200);
    gate.set("silent");
    await produce(kafka, name, envelopes(300));
    await expect.poll(() => capture.probe("/readyz").then(({ held }) => held), PATIENCE).toBe(300);
    return capture;
  };

  test("told to stop while the store hangs, ends within its limit and says what is left", async () => {
    const capture = await hanging();
    const told = performance.now();
    capture.child.kill("SIGTERM");
    await expect.poll(() => capture.logged("drain begins"), PATIENCE).toBeDefined();
    const begins = capture.logged("drain begins");
    expect(Number(begins?.positions)).toBeGreaterThan(0);
    const { code } = await capture.done;
    const tookMs = performance.now() - told;
    expect(code).toBe(143);
    expect(tookMs).toBeGreaterThan(LIMITS.captureDrainMs - 1_000);
    expect(tookMs).toBeLessThan(LIMITS.captureDrainMs + LIMITS.captureCloseMs + LIMITS.exitGraceMs + 5_000);
    expect(capture.logged("stopped before all was written; the next start reads the rest again")).toMatchObject({
      level: "warn",
      positions: begins?.positions,
    });
    gate.set("open");
    await runJson(["capture", "--until", "end"], { cwd: dir });
    expect(await runJson(["captures", "--audit"], { cwd: dir })).toMatchObject({ ok: true, sums: { captured: 300 } });
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("told twice, ends at once: %s", async (signal, expected) => {
    const capture = await hanging();
    capture.child.kill("SIGTERM");
    await expect.poll(() => capture.logged("drain begins"), PATIENCE).toBeDefined();
    const told = performance.now();
    capture.child.kill(signal);
    expect((await capture.done).code).toBe(expected);
    expect(performance.now() - told).toBeLessThan(LIMITS.captureDrainMs / 2);
  });

  test("doctor finds the group of a running capture, and how far it is behind", async () => {
    await configure({ rotate: { interval: "1s" } }, { metrics: { dogstatsd: { url: `udp://${dogstatsd}` } } });
    await produce(kafka, name, envelopes(90));
    const before = await runJson<Doctor>(["doctor"], { cwd: dir });
    expect(detailOf(before, "kafka topics")).toBe(`${name}: 3 partitions, 90 messages`);
    expect(detailOf(before, "kafka group")).toMatch(
      /^not there yet, no member; 90 messages behind, 3 partitions without/,
    );
    const capture = start();
    await expect.poll(objects, PATIENCE).toBe(PARTITIONS);
    await expect
      .poll(() => runJson<Doctor>(["doctor"], { cwd: dir }).then((found) => detailOf(found, "kafka group")), PATIENCE)
      .toMatch(/^Stable, 1 members: cutover at .*; 0 messages behind; /);
    expect(detailOf(before, "kafka broker")).toMatch(/^answers for cluster /);
    expect(detailOf(before, "clock of")).toMatch(/^the same as here|^\d\.\d s /);
    capture.child.kill("SIGTERM");
    await capture.done;
    const wrong = { kafka: { brokers: [kafka, "127.0.0.1:1"], topics: [`${name}-none`], group: name } };
    await configure({ source: wrong });
    const { code, stdout } = await runCli(["doctor", "--json"], { cwd: dir });
    expect(code).toBe(2);
    const { checks } = JSON.parse(stdout) as Doctor;
    const failed = checks.filter(({ ok }) => !ok).map((check) => check.name);
    expect(failed).toEqual(["kafka broker 127.0.0.1:1", `kafka topics ${name}-none`, `kafka group ${name}`]);
    expect(checks.filter(({ ok, hint }) => !ok && hint === undefined)).toEqual([]);
  });

  describe.skipIf(!existsSync(installFolder(folders(), kafkaService)))("with a broker of its own", () => {
    let broker: ChildProcess | undefined;
    let address = "";
    let folder = "";
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "cutover-operations-kafka-"));
      const ports = await choosePorts({});
      const place = { install: installFolder(folders(), kafkaService), folder, ports };
      await mkdir(join(folder, "data"), { recursive: true });
      await kafkaService.prepare(place);
      const { file, args } = kafkaService.command(place);
      broker = spawn(file, args, { cwd: folder, stdio: "ignore" });
      address = `127.0.0.1:${ports.kafka}`;
      for (;;) {
        const up = await clusterIsUp(address).then(
          () => true,
          () => false,
        );
        if (up) break;
        await sleep(PATIENCE.interval);
      }
    }, 120_000);
    afterAll(async () => {
      const gone = new Promise((resolve) => broker?.once("exit", resolve));
      broker?.kill("SIGKILL");
      await gone;
      await rm(folder, { recursive: true, force: true });
    });

    test("is not ready while the broker is lost, and is ready again when it is back", async () => {
      await createTopic(address, name, PARTITIONS);
      await configure({ source: { kafka: { brokers: [address], topics: [name], group: name } } });
      const capture = start();
      await capture.becomes(200);
      broker?.kill("SIGSTOP");
      await capture.becomes(503, "Kafka");
      expect((await capture.probe("/healthz")).status).toBe(200);
      broker?.kill("SIGCONT");
      await capture.becomes(200);
      capture.child.kill("SIGTERM");
      expect((await capture.done).code).toBe(143);
    });

    test("told to stop while the broker is lost, ends within its limit", async () => {
      await createTopic(address, name, PARTITIONS);
      await configure({ source: { kafka: { brokers: [address], topics: [name], group: name } } });
      const capture = start();
      await capture.becomes(200);
      broker?.kill("SIGSTOP");
      const told = performance.now();
      capture.child.kill("SIGTERM");
      const { code } = await capture.done;
      broker?.kill("SIGCONT");
      expect(code).toBe(143);
      expect(performance.now() - told).toBeLessThan(
        LIMITS.captureDrainMs + LIMITS.captureCloseMs + LIMITS.exitGraceMs + 5_000,
      );
    });
  });
});

interface Probe {
  readonly status: number;
  readonly reasons: string;
  readonly held: number;
}

interface Doctor {
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly detail: string;
    readonly hint?: string;
  }[];
}

function detailOf({ checks }: Doctor, name: string): string {
  return checks.find((check) => check.name.startsWith(name))?.detail ?? "no such check";
}
