/** What a capture tells while it works: metrics at a listener of their own protocol, log lines, the state for probes. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rotationCause } from "../../../capture/operations/flushes.ts";
import { whyNotReady } from "../../../capture/operations/health.ts";
import { CaptureWatch, taggedLags } from "../../../capture/operations/watch.ts";
import { createLedger } from "../../../capture/ranges/ledger.ts";
import { captureStage, runSource } from "../../../capture/stage.ts";
import { systemClock } from "../../../src/clock.ts";
import { type Config, configSchema, type WrittenConfig } from "../../../src/config/schema.ts";
import { CutoverError } from "../../../src/errors.ts";
import { LIMITS } from "../../../src/limits.ts";
import { createLogger } from "../../../src/log.ts";
import { createMetrics, noMetrics } from "../../../src/metrics.ts";
import type { Session } from "../../../src/session.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/port.ts";
import { testClock } from "../../support/clock.ts";
import { type DogstatsdListener, listenDogstatsd } from "../../support/dogstatsd.ts";
import { type MemoryOutput, memoryOutput } from "../../support/output.ts";

let dir = "";
let listener: DogstatsdListener;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cutover-watch-"));
  listener = await listenDogstatsd();
});
afterEach(async () => {
  await listener.close();
  await rm(dir, { recursive: true, force: true });
});

const record = (i: number): string => `{"id":"r${i}","model":"m","input":{"n": ${i}.0},"output":[]}`;

function sessionOf(
  written: WrittenConfig,
  options: { store?: Store; stderr?: MemoryOutput; isTTY?: boolean; signal?: AbortSignal } = {},
): Session {
  const config: Config = { ...configSchema.parse(written), modelPatterns: [] };
  const stderr = { ...(options.stderr ?? memoryOutput()), isTTY: options.isTTY ?? false };
  const stdout = memoryOutput();
  const log = createLogger({
    output: stderr,
    clock: systemClock,
    format: "json",
    level: "info",
    quiet: false,
    color: false,
  });
  return {
    config,
    configFile: undefined,
    store: options.store ?? memoryStore(),
    log,
    metrics: noMetrics,
    clock: systemClock,
    signal: options.signal ?? new AbortController().signal,
    streams: { stdin: Readable.from([]), stdout, stderr },
    flags: { json: false, quiet: false, color: false },
    version: "test",
  };
}

/** 1,000 records of which every tenth is broken, in objects of 300 messages. */
async function capture(options: Parameters<typeof sessionOf>[1] = {}) {
  const file = join(dir, "in.ndjson");
  await writeFile(file, Array.from({ length: 1_000 }, (_, i) => (i % 10 === 0 ? "{\n" : `${record(i)}\n`)).join(""));
  const session = sessionOf(
    {
      capture: { source: { files: [file] }, rotate: { records: 300 }, maxRejectRate: 1 },
      metrics: { dogstatsd: { url: listener.url, tags: { env: "test" } } },
    },
    options,
  );
  const metrics = await createMetrics(session.config.metrics, session.log);
  const result = await captureStage({ ...session, metrics }, { until: { kind: "end" } });
  await metrics.close();
  return { result, received: await listener.drain() };
}

describe("the metrics of a capture", () => {
  test("add up to its result, and say why objects were closed", async () => {
    const { result, received } = await capture();
    const { counts, distributions, gauges, malformed } = received;
    expect(malformed).toEqual([]);
    expect(result).toMatchObject({ consumed: 1_000, captured: 900, rejected: 100 });
    expect(counts("cutover.capture.consumed")).toBe(1_000);
    expect(counts("cutover.capture.captured", { env: "test" })).toBe(900);
    expect(counts("cutover.capture.rejected", { reason: "bad_json" })).toBe(100);
    expect(counts("cutover.capture.objects")).toBe(result.objects);
    expect(counts("cutover.capture.bytes_out")).toBe(result.bytes);
    expect(counts("cutover.capture.bytes_in")).toBeGreaterThan(900 * record(0).length * 0.2);
    expect(counts("cutover.capture.flushes", { cause: "records" })).toBe(3);
    expect(counts("cutover.capture.flushes", { cause: "end" })).toBe(1);
    expect(distributions("cutover.capture.flush_ms")).toHaveLength(4);
    expect(distributions("cutover.capture.flush_bytes", { cause: "records" })).toHaveLength(3);
    for (const name of ["buffer_bytes", "buffer_share", "since_durable_s", "partitions", "resident_bytes"])
      expect(gauges(`cutover.capture.${name}`).length, name).toBeGreaterThan(0);
  });

  test("carry no tag but those of a small closed set", async () => {
    const { received } = await capture();
    const tags = new Set(received.metrics.flatMap((metric) => Object.keys(metric.tags)));
    expect([...tags].sort()).toEqual(["cause", "env", "reason"]);
  });

  test("tag the first topics by name, and sum the rest", () => {
    const lags = new Map(
      Array.from({ length: LIMITS.metricTopics + 5 }, (_, i) => [`t${String(i).padStart(3, "0")}`, 1]),
    );
    const tagged = taggedLags(lags);
    expect(tagged.size).toBe(LIMITS.metricTopics + 1);
    expect(tagged.get("other")).toBe(5);
    expect(taggedLags(new Map([["b", 2]]))).toEqual(new Map([["b", 2]]));
    // Of ages the oldest stands for the rest: a sum of them says nothing.
    const ages = new Map([...lags.keys()].map((topic, i) => [topic, i]));
    expect(taggedLags(ages, Math.max).get("other")).toBe(LIMITS.metricTopics + 4);
  });
});

describe("why a range was closed", () => {
  const rotate = { bytes: 1_000, records: 10, interval: 60_000 };
  test.each([
    ["bytes", { bytes: 1_000, messages: 3 }, 0, false],
    ["records", { bytes: 10, messages: 10 }, 0, true],
    ["interval", { bytes: 10, messages: 3 }, 60_000, true],
    ["end", { bytes: 10, messages: 3 }, 1_000, true],
    ["memory", { bytes: 10, messages: 3 }, 1_000, false],
  ])("%s", (cause, range, ageMs, closing) => {
    expect(rotationCause(range, rotate, ageMs, closing)).toBe(cause);
  });
});

describe("the log of a capture", () => {
  const linesOf = (output: MemoryOutput): Record<string, unknown>[] =>
    output
      .text()
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  test("tells a program each event under a stable name with stable fields", async () => {
    const stderr = memoryOutput();
    await capture({ stderr });
    const lines = linesOf(stderr);
    const durable = lines.filter(({ message }) => message === "range durable");
    expect(durable.map(({ cause }) => cause)).toEqual(["records", "records", "records", "end"]);
    expect(durable[0]).toEqual({
      time: expect.any(String),
      level: "info",
      message: "range durable",
      log: expect.stringMatching(/^in\.ndjson@[0-9a-f]{8}$/),
      partition: 0,
      first: "0",
      last: "299",
      captured: 270,
      rejected: 30,
      bytes: expect.any(Number),
      cause: "records",
      ms: expect.any(Number),
      key: expect.stringMatching(/^captures\//),
    });
    expect(lines.map(({ message }) => message)).toEqual(
      expect.arrayContaining(["drain begins", "drain ends", "capture ended"]),
    );
    expect(lines.find(({ message }) => message === "capture ended")).toMatchObject({
      reason: "read 1 file",
      consumed: 1_000,
      captured: 900,
      rejected: 100,
    });
  });

  test("does not trouble a person with events of ordinary work", async () => {
    const stderr = memoryOutput();
    await capture({ stderr, isTTY: true });
    expect(linesOf(stderr).map(({ message }) => message)).not.toContain("range durable");
  });

  test("tells why it ended when it failed", async () => {
    const stderr = memoryOutput();
    const full = new CutoverError("STORE_FULL", "no space left");
    const store: Store = { ...memoryStore(), put: () => Promise.reject(full) };
    await expect(runSource(sessionOf({}, { store, stderr }), oneRecord)).rejects.toBe(full);
    expect(linesOf(stderr).find(({ message }) => message === "capture ended")).toMatchObject({
      reason: "no space left",
      captured: 0,
    });
  });
});

const ID = { log: "topic@00000000", partition: 0 };

const oneRecord: Parameters<typeof runSource>[1] = async ({ sink, drain }) => {
  const value = Buffer.from(record(0));
  const partition = sink.open(ID, { next: 0n, readableFrom: 0n }, { durable: async () => {}, moved: () => {} });
  partition.accept({ offset: 0n, timestamp: 0, key: null, headers: [], value, valueBytes: value.length });
  await drain();
  return "done";
};

describe("the state that probes are told", () => {
  test("holds what the store said until it takes a write again", async () => {
    const store = memoryStore();
    let watch: CaptureWatch | undefined;
    const seen: (string | undefined)[] = [];
    const put = store.put.bind(store);
    store.put = async (...args) => {
      store.onRetry?.(new CutoverError("STORE_UNAVAILABLE", "the store timed out"), 1);
      seen.push(watch?.state().storeFault);
      return put(...args);
    };
    const session = sessionOf({}, { store });
    watch = new CaptureWatch(session);
    await runSource(session, oneRecord, watch);
    expect(seen).toEqual(["STORE_UNAVAILABLE: the store timed out, tried 1 times"]);
    expect(watch.flushes.storeFault).toBeUndefined();
    expect(store.onRetry).toBeUndefined();
  });

  test("follows a member of a group from joining to reading, and through a rebalance", async () => {
    const clock = testClock();
    const kafka = { brokers: ["b"], topics: ["t"] };
    const counted: string[] = [];
    const metrics = { ...noMetrics, count: (name: string): void => void counted.push(name) };
    const watch = new CaptureWatch({ ...sessionOf({ capture: { source: { kafka } } }), clock, metrics });
    const reasons = (): string[] => whyNotReady(watch.state());
    expect(reasons()).toEqual([expect.stringContaining("not given")]);
    watch.assigned(3);
    expect(reasons()).toEqual([expect.stringContaining("looking up")]);
    watch.reading();
    expect(reasons()).toEqual([]);
    expect(counted).toEqual([]);
    watch.left();
    expect(reasons()).toEqual([expect.stringContaining("rebalancing")]);
    watch.assigned(2);
    watch.reading();
    expect(reasons()).toEqual([]);
    expect(counted).toEqual(["capture.rebalances"]);
    clock.advance(LIMITS.captureSilentMs + 1);
    watch.tick({ consumed: 0, bufferedBytes: 0 });
    expect(reasons()).toEqual([expect.stringContaining("no answer of Kafka")]);
    watch.answered();
    expect(reasons()).toEqual([]);
  });

  test("sees a topic that is behind and does not move", () => {
    const clock = testClock();
    const kafka = { brokers: ["b"], topics: ["t"] };
    const watch = new CaptureWatch({ ...sessionOf({ capture: { source: { kafka } } }), clock });
    watch.assigned(1);
    watch.reading();
    const reasonsAfter = (ms: number, consumed: number): string[] => {
      clock.advance(ms);
      watch.answered();
      watch.tick({ consumed, bufferedBytes: 0 });
      return whyNotReady(watch.state());
    };
    watch.lag("t", 5, 9);
    expect(reasonsAfter(LIMITS.captureStuckMs, 7)).toEqual([]);
    expect(reasonsAfter(LIMITS.captureStuckMs + 1, 7)).toEqual([expect.stringContaining("5 messages behind")]);
    expect(reasonsAfter(1_000, 8)).toEqual([]);
    watch.lag("t", 0, 0);
    expect(reasonsAfter(10 * LIMITS.captureStuckMs, 8)).toEqual([]);
  });

  test("counts positions that are not durable yet", async () => {
    const session = sessionOf({});
    const watch = new CaptureWatch(session);
    let held = 0;
    const ledger = watch.ledger(createLedger(session.store));
    expect(await ledger.resume(ID, { low: 0n, high: 1n })).toMatchObject({ next: 0n });
    await runSource(
      session,
      async (context) => {
        const drain = async (): Promise<void> => {
          held = watch.held.count;
        };
        const reason = oneRecord({ ...context, drain });
        await reason;
        await context.drain();
        return reason;
      },
      watch,
    );
    expect(held).toBe(1);
    expect(watch.held.count).toBe(0);
  });
});
