import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createLogger, type Logger } from "../../src/log.ts";
import { CHECK_STATUS, createMetrics, noMetrics } from "../../src/metrics.ts";
import { testClock } from "../support/clock.ts";
import { type MemoryOutput, memoryOutput } from "../support/output.ts";

let listener: Socket;
let datagrams: string[];
let stderr: MemoryOutput;
let log: Logger;

beforeEach(async () => {
  datagrams = [];
  listener = createSocket("udp4");
  listener.on("message", (message) => datagrams.push(message.toString()));
  listener.bind(0, "127.0.0.1");
  await once(listener, "listening");
  stderr = memoryOutput();
  log = createLogger({ output: stderr, clock: testClock(), format: "json", level: "info", quiet: false, color: false });
});
afterEach(() => {
  listener.close();
});

function settings(tags: Record<string, string> = {}, prefix = "cutover") {
  return { dogstatsd: { url: `udp://127.0.0.1:${listener.address().port}`, prefix, tags } };
}

/** Waits for what is on its way: loopback delivers within milliseconds. */
async function received(least: number): Promise<string[]> {
  const deadline = Date.now() + 2_000;
  const lines = () => datagrams.flatMap((datagram) => datagram.split("\n")).filter(Boolean);
  while (lines().length < least && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
  return lines();
}

describe("through a real UDP listener", () => {
  test("counters are summed by name and tags and sent once", async () => {
    const metrics = await createMetrics(settings({ env: "ci" }), log);
    for (let i = 0; i < 1_000; i++) metrics.count("compared", 1, { model: "a" });
    metrics.count("compared", 5, { model: "b", kind: "value" });
    metrics.count("compared", 7, { kind: "value", model: "b" });
    metrics.count("mismatched", 0);
    await metrics.close();
    expect((await received(3)).sort()).toEqual([
      "cutover.compared:1000|c|#env:ci,model:a",
      "cutover.compared:12|c|#env:ci,model:b,kind:value",
      "cutover.mismatched:0|c|#env:ci",
    ]);
  });

  test("gauges, distributions, checks and events have the forms of DogStatsD", async () => {
    const metrics = await createMetrics(settings(), log);
    metrics.gauge("coverage", 0.5, { model: "a" });
    metrics.distribution("replay.latency", 12.5, { target: "t" });
    metrics.check("gate", CHECK_STATUS.fail, "2 of 3 models fail", { verdict: "fail" });
    metrics.event("cutover run r1: fail", "größer\nthan", { verdict: "fail" }, "error");
    await metrics.close();
    expect((await received(4)).sort()).toEqual([
      "_e{20,12}:cutover run r1: fail|gr??er\\nthan|t:error|#verdict:fail",
      "_sc|cutover.gate|2|#verdict:fail|m:2 of 3 models fail",
      "cutover.coverage:0.5|g|#model:a",
      "cutover.replay.latency:12.5|d|#target:t",
    ]);
  });

  test("many metrics share a datagram of at most 1,400 bytes", async () => {
    const metrics = await createMetrics(settings(), log);
    for (let i = 0; i < 200; i++) metrics.count("compared", i + 1, { model: `model-${i}` });
    await metrics.close();
    expect(await received(200)).toHaveLength(200);
    expect(datagrams.length).toBeLessThan(10);
    expect(Math.max(...datagrams.map((datagram) => Buffer.byteLength(datagram)))).toBeLessThanOrEqual(1_400);
  });

  test("an empty prefix adds none", async () => {
    const metrics = await createMetrics(settings({}, ""), log);
    metrics.count("x", 1);
    await metrics.close();
    expect(await received(1)).toEqual(["x:1|c"]);
  });
});

test("a port on which nobody listens and a host that nobody has cost no error, and close comes back", async () => {
  for (const url of ["udp://127.0.0.1:9", "udp://192.0.2.1:8125", "udp://[::1]:9"]) {
    const metrics = await createMetrics({ dogstatsd: { url, prefix: "cutover", tags: {} } }, log);
    for (let i = 0; i < 3_000; i++) metrics.count("x", 1, { tag: String(i) });
    metrics.check("gate", CHECK_STATUS.pass, "");
    metrics.event("title", "text");
    await metrics.close();
  }
  await log.flush();
  // A machine without a route there may say so, once.
  expect(
    stderr
      .text()
      .split("\n")
      .filter((line) => line.includes('"error"')),
  ).toEqual([]);
}, 20_000);

test("without DogStatsD nothing is sent and nothing is loaded", async () => {
  expect(await createMetrics({}, log)).toBe(noMetrics);
});

test("a host that does not resolve is one warning, and close neither throws nor hangs", async () => {
  const metrics = await createMetrics(
    { dogstatsd: { url: "udp://no-such-host.invalid:8125", prefix: "cutover", tags: {} } },
    log,
  );
  for (let i = 0; i < 200; i++) metrics.gauge("x", i, { tag: "a".repeat(50) });
  const start = performance.now();
  await metrics.close();
  await metrics.close();
  expect(performance.now() - start).toBeLessThan(3_000);
  await log.flush();
  expect(stderr.text().split("\n").filter(Boolean)).toHaveLength(1);
  expect(JSON.parse(stderr.text())).toMatchObject({ level: "warn", message: expect.stringContaining("metrics") });
});
