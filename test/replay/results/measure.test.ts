import { expect, test } from "vitest";
import { createMeasure } from "../../../replay/results/measure.ts";
import { LIMITS } from "../../../src/limits.ts";
import type { Metrics, Tags } from "../../../src/metrics.ts";
import type { ReplayedRecord } from "../../../src/record.ts";

/** Metrics that keep what is sent: [name, value, tags]. */
function kept(): { metrics: Metrics; sent: [string, number, Tags][] } {
  const sent: [string, number, Tags][] = [];
  const keep = (name: string, value: number, tags: Tags = {}): void => void sent.push([name, value, tags]);
  const metrics = { count: keep, gauge: keep, distribution: keep, check() {}, event() {}, async close() {} };
  return { metrics, sent };
}

function record(more: Partial<ReplayedRecord>): ReplayedRecord {
  return {
    id: "i",
    model: "m",
    log: "l@0",
    partition: 0,
    offset: 0n,
    target: "t",
    outcome: "ok",
    errorClass: null,
    errorDetail: null,
    status: 200,
    output: new Uint8Array(),
    outputType: null,
    variant: null,
    latencyMs: 5,
    attempts: 1,
    throttles: 0,
    coldStart: false,
    replayedAt: 0,
    ...more,
  };
}

test("requests, tries, throttles, cold starts and classes of error are summed by model and sent once", () => {
  const { metrics, sent } = kept();
  const measure = createMeasure(metrics, "t");
  measure.result(record({ attempts: 3, throttles: 2 }), 4);
  measure.result(record({ coldStart: true, latencyMs: 9_000 }), null);
  measure.result(record({ outcome: "unavailable", errorClass: "http_503", attempts: 5 }), 4);
  const base = { target: "t", stage: "replay", model: "m" };
  expect(sent.splice(0)).toEqual([
    ["replay.latency", 5, { ...base, outcome: "ok", kind: "warm" }],
    ["replay.legacy_latency", 4, base],
    ["replay.latency", 9_000, { ...base, outcome: "ok", kind: "cold" }],
  ]);
  measure.send();
  expect(sent.splice(0)).toEqual([
    ["replay.requests", 2, { ...base, outcome: "ok" }],
    ["replay.requests", 1, { ...base, outcome: "unavailable" }],
    ["replay.errors", 1, { ...base, kind: "http_503" }],
    ["replay.failed", 1, base],
    ["replay.tries", 9, base],
    ["replay.throttles", 2, base],
    ["replay.cold_starts", 1, base],
  ]);
  measure.send();
  expect(sent).toEqual([]);
  // Told as a sum of the whole call, sent as what came to it.
  measure.send(3);
  measure.send(3);
  measure.send(5);
  const call = { target: "t", stage: "replay" };
  expect(sent).toEqual([
    ["replay.over_budget", 3, call],
    ["replay.over_budget", 2, call],
  ]);
});

test("models, classes of error and single latencies are bounded, and nothing is lost from the sums", () => {
  const { metrics, sent } = kept();
  const measure = createMeasure(metrics, "t");
  const models = LIMITS.metricModels + 50;
  for (let i = 0; i < models; i++) measure.result(record({ model: `m${i}` }), null);
  expect(sent.splice(0).length).toBe(LIMITS.latencySamplesPerSecond);
  measure.send();
  const requests = sent.splice(0).filter(([name]) => name === "replay.requests");
  expect(requests.length).toBe(LIMITS.metricModels + 1);
  expect(requests.find(([, , { model }]) => model === "other")?.[1]).toBe(50);
  for (let i = 0; i < 100; i++) measure.result(record({ outcome: "connection", errorClass: `exit_${i}` }), null);
  measure.send();
  const errors = sent.filter(([name]) => name === "replay.errors");
  expect(errors.length).toBe(LIMITS.errorClasses + 1);
  expect(errors.reduce((sum, [, value]) => sum + value, 0)).toBe(100);
});
