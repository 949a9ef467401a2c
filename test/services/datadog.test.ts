/**
 * What Datadog gets of a migration that fails: capture from a real broker, replay to a real endpoint, compare; every
 * datagram goes to the real receiver, and to a listener that keeps the checks and events which that one drops.
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FlushWatch } from "../../capture/operations/flushes.ts";
import type { Ledger } from "../../capture/ranges/ledger.ts";
import type { Range } from "../../capture/ranges/range.ts";
import type { KeyedMonitor } from "../../compare/datadog/types.ts";
import type { Summary } from "../../compare/summary.ts";
import { systemClock } from "../../src/clock.ts";
import { CutoverError } from "../../src/errors.ts";
import { createMetrics } from "../../src/metrics.ts";
import { matches, parseAlertQuery, parseMetricQuery } from "../compare/datadog/queries.ts";
import { runCli, runJson } from "../support/cli.ts";
import { type DogstatsdListener, listenDogstatsd, type Received } from "../support/dogstatsd.ts";
import { createTopic, deleteTopic, type Message, produce } from "../support/kafka.ts";
import { requireOrSkip } from "../support/require.ts";
import { silent } from "../support/session.ts";

const {
  CUTOVER_TEST_KAFKA: kafka = "",
  CUTOVER_TEST_DOGSTATSD: dogstatsd = "",
  CUTOVER_TEST_STATSD_METRICS: exporter = "",
} = process.env;
const skip = requireOrSkip(
  "services not running: npm run services",
  [kafka, dogstatsd, exporter].every((endpoint) => endpoint !== ""),
);

const FAILING = "client-a/sentiment";
const EQUAL = "client-b/language";
/** Of each model: enough that the gate judges the ratio of latencies. */
const MESSAGES = 1_300;
const DIFFERS_EVERY = 40;
const BREAKS_EVERY = 130;
const THROTTLED_EVERY = 200;

describe.skipIf(skip).sequential("a migration as Datadog sees it", { timeout: 300_000 }, () => {
  const name = `datadog-${process.pid}-${Date.now().toString(36)}`;
  let dir: string;
  let candidate: Server;
  let relay: Socket;
  let listener: DogstatsdListener;
  let summary: Summary;
  let received: Received;

  const json = <T>(args: readonly string[], exit = 0): Promise<T> => runJson<T>(args, { cwd: dir, exit });

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "cutover-datadog-"));
    [candidate, listener] = await Promise.all([serveCandidate(), listenDogstatsd()]);
    relay = await relayTo([new URL(`udp://${dogstatsd}`), new URL(listener.url)]);
    await createTopic(kafka, name, 2);
    await produce(kafka, name, [...messages()]);
    const url = `http://127.0.0.1:${(candidate.address() as AddressInfo).port}`;
    const target = {
      retry: { attempts: 2, backoff: "1ms" },
      price: { perRequest: 0, gbSecond: 0.00002, memoryGb: 2 },
    };
    await writeFile(
      join(dir, "cutover.yaml"),
      JSON.stringify({
        store: "./data",
        capture: { source: { kafka: { brokers: [kafka], topics: [name], group: name } }, maxRejectRate: 1 },
        targets: {
          candidate: { ...target, http: { url: `${url}/{model}` } },
          missing: { ...target, http: { url: `${url}/nothing/{model}` } },
        },
        models: {
          "client-a/*": { gate: { maxMismatchRate: 0.01, maxErrorRate: 0.001 } },
          "*": { default: "exact", gate: { maxP99Ratio: 100, maxCostPer1000: 1 } },
        },
        metrics: { dogstatsd: { url: `udp://127.0.0.1:${relay.address().port}`, tags: { env: name } } },
      }),
    );
    await json(["capture", "--until", "idle:3s"]);
    await json(["replay", "--target", "candidate"]);
    summary = await json<Summary>(["compare"]);
    received = await listener.drain(500);
  });
  afterAll(async () => {
    relay?.close();
    await Promise.all([listener?.close(), new Promise((resolve) => candidate?.close(resolve))]);
    await deleteTopic(kafka, name).catch(() => {});
    await rm(dir, { recursive: true, force: true });
  });

  test("counts, check and event arrive with the figures of the summary", () => {
    const failing = summary.models[FAILING];
    expect(failing).toMatchObject({ verdict: "fail" });
    expect(failing?.k).toBeGreaterThan(20);
    expect(received.malformed).toEqual([]);
    for (const [model, { n, k, coverage }] of Object.entries(summary.models)) {
      expect(received.counts("cutover.compared", { model })).toBe(n);
      expect(received.counts("cutover.mismatched", { model })).toBe(k);
      expect(received.counts("cutover.not_comparable", { model })).toBe(coverage.notComparable);
      expect(received.counts("cutover.replay.requests", { model })).toBe(MESSAGES);
      expect(received.counts("cutover.replay.failed", { model })).toBe(coverage.notComparable);
    }
    expect(received.counts("cutover.replay.throttles")).toBeGreaterThan(0);
    expect(failing?.coverage.notComparable).toBe(MESSAGES / BREAKS_EVERY);
    expect(received.counts("cutover.replay.errors", { model: FAILING })).toBe(failing?.coverage.notComparable);
    expect(received.counts("cutover.error", { kind: "connection" })).toBe(failing?.coverage.notComparable);
    expect(received.gauges("cutover.latency_ratio")).toHaveLength(2);
    expect(received.gauges("cutover.capture.lag", { topic: name }).at(-1)).toBe(0);
    expect(received.gauges("cutover.capture.lag_s", { topic: name }).at(-1)).toBe(0);
    expect(received.checks("cutover.gate")).toMatchObject([{ status: 2, tags: { target: "candidate", env: name } }]);
    const [event] = received.events;
    expect(event?.title).toBe(`cutover FAIL: run ${summary.run}`);
    expect(event?.text).toContain(`report: `);
    expect(event?.text).toContain(join("compares", summary.run, summary.rules, "report.html"));
  });

  test("the real receiver shows the same counts", async () => {
    const shown = async (metric: string, model: string): Promise<number> => {
      const text = await (await fetch(exporter)).text();
      const lines = text
        .split("\n")
        .filter(
          (line) =>
            line.startsWith(`${metric}{`) && line.includes(`env="${name}"`) && line.includes(`model="${model}"`),
        );
      return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
    };
    for (const [model, { n, k }] of Object.entries(summary.models)) {
      await expect.poll(() => shown("cutover_compared", model), { timeout: 20_000 }).toBe(n);
      expect(await shown("cutover_mismatched", model)).toBe(k);
    }
  });

  test("the monitors of the config are red for the model that fails, and for no other", async () => {
    const { monitors } = await json<{ monitors: KeyedMonitor[] }>(["datadog", "monitors"]);
    const red = new Map<string, string[]>();
    for (const { key, monitor } of monitors) {
      if (monitor.type !== "query alert" || !monitor.query.includes("by {model}")) continue;
      red.set(
        key,
        [FAILING, EQUAL].filter((model) => alerts(monitor.query, model)),
      );
    }
    const rates = monitors.find(({ key }) => key === "mismatch_client_a_rate")?.monitor.query ?? "";
    const { n, k } = summary.models[FAILING] ?? { n: 0, k: 0 };
    expect(rateOf(rates, FAILING)).toBe(k / n);
    expect(Object.fromEntries(red)).toMatchObject({
      mismatch_client_a_rate: [FAILING],
      mismatch_client_a_volume: [FAILING],
      mismatch_rate: [],
      mismatch_volume: [EQUAL],
      error_rate_client_a: [FAILING],
      error_rate: [],
      replay_errors_client_a_rate: [FAILING],
      replay_errors_client_a_volume: [FAILING],
      coverage: [],
      cost: [],
      latency_ratio: [],
    });
  });

  /** As Datadog would reckon it over a window in which all of it came. */
  function rateOf(query: string, model: string): number {
    const [a = 0, b] = parseAlertQuery(query).queries.map(({ metric, filter, asCount, aggregator }) => {
      const values = received.metrics
        .filter(({ name: own, tags }) => own === metric && tags.model === model && matches(filter, tags))
        .flatMap(({ values }) => values);
      if (values.length === 0) return Number.NaN;
      if (asCount) return values.reduce((sum, value) => sum + value, 0);
      return aggregator === "min" ? Math.min(...values) : Math.max(...values);
    });
    return b === undefined ? a : a / b;
  }

  function alerts(query: string, model: string): boolean {
    const { comparator, threshold } = parseAlertQuery(query);
    const value = rateOf(query, model);
    if (comparator === ">") return value > threshold;
    return comparator === "<" ? value < threshold : value >= threshold;
  }

  test("every metric that a monitor or the dashboard names is one that the program sends", async () => {
    // A target that is not there: replay leaves all of it out, and says so in its exit code.
    expect((await runCli(["replay", "--target", "missing"], { cwd: dir })).code).toBe(2);
    expect((await runCli(["compare"], { cwd: dir })).code).toBe(0);
    await failingStore();
    const rest = await listener.drain(500);
    const sent = new Set([...received.metrics, ...rest.metrics].map(({ name: metric }) => metric));
    const { monitors } = await json<{ monitors: KeyedMonitor[] }>(["datadog", "monitors"]);
    const dashboard = await json<object>(["datadog", "dashboard"]);
    const named = new Set([
      ...monitors.flatMap(({ monitor: { type, query } }) =>
        type === "query alert" ? parseAlertQuery(query).queries.map(({ metric }) => metric) : [],
      ),
      ...[...JSON.stringify(dashboard).matchAll(/"query":"((?:sum|min|max|avg):[^"]+)"/g)].map(
        ([, query]) => parseMetricQuery(query as string).metric,
      ),
    ]);
    expect(named.size).toBeGreaterThan(25);
    expect([...named].filter((metric) => !sent.has(metric))).toEqual([]);
  });

  /** The watch over the writes of a capture, with a store that fails: what it sends then. */
  async function failingStore(): Promise<void> {
    const metrics = await createMetrics(
      { dogstatsd: { url: `udp://127.0.0.1:${relay.address().port}`, prefix: "cutover", tags: { env: name } } },
      silent,
    );
    const fault = new CutoverError("STORE_UNAVAILABLE", "the store does not answer");
    const rotate = { bytes: 1, records: 1, interval: 1 };
    const watch = new FlushWatch({ clock: systemClock, log: silent, metrics, rotate, event: () => {} });
    watch.retried(fault, 1);
    const ledger = watch.ledger({ commit: () => Promise.reject(fault) } as unknown as Ledger);
    const range = { bytes: 0, messages: 0, since: 0, reasons: [] } as unknown as Range;
    await expect(ledger.commit(range)).rejects.toBe(fault);
    await metrics.close();
  }
});

function* messages(): Generator<Message> {
  for (let i = 0; i < MESSAGES; i++) {
    for (const model of [FAILING, EQUAL]) {
      const output = { label: "good", score: 0.5 };
      const value = JSON.stringify({ id: `${model}-${i}`, model, input: { i }, output, latencyMs: 5 });
      yield { value, partition: i % 2 };
    }
  }
  yield { value: "{", partition: 0 };
}

/** Answers as legacy did, but for some requests of one model: others break, some are throttled, the first wakes it up. */
async function serveCandidate(): Promise<Server> {
  const asked = new Set<string>();
  const server = createServer(async (request, response) => {
    const { url = "" } = request;
    if (url.startsWith("/nothing/")) {
      response.writeHead(404).end();
      return;
    }
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { i } = JSON.parse(Buffer.concat(parts).toString()) as { i: number };
    const bad = url === `/${FAILING}`;
    if (asked.size === 0) {
      asked.add("");
      await new Promise((resolve) => setTimeout(resolve, 1_200));
    }
    if (bad && i % BREAKS_EVERY === 7) {
      request.socket.destroy();
      return;
    }
    if (bad && i % THROTTLED_EVERY === 11 && !asked.has(url + i)) {
      asked.add(url + i);
      response.writeHead(429).end("slower");
      return;
    }
    const output = { label: bad && i % DIFFERS_EVERY === 3 ? "bad" : "good", score: 0.5 };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(output));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** Passes every datagram on as it came. */
async function relayTo(receivers: readonly URL[]): Promise<Socket> {
  const socket = createSocket({ type: "udp4", recvBufferSize: 4 * 1024 * 1024 });
  socket.on("message", (datagram) => {
    for (const { hostname, port } of receivers) socket.send(datagram, Number(port), hostname);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}
