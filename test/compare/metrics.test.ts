/** The metrics of a comparison through a real UDP listener: their sums, their number, and that no value steers them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sendMetrics } from "../../compare/metrics.ts";
import type { ModelSummary, Summary } from "../../compare/summary.ts";
import { LIMITS } from "../../src/limits.ts";
import { createMetrics } from "../../src/metrics.ts";
import { DIFF_KINDS } from "../../src/record.ts";
import { type DogstatsdListener, listenDogstatsd, type Received } from "../support/dogstatsd.ts";
import { HOSTILE, HOSTILE_PLACES } from "../support/hostile.ts";
import { silent } from "../support/session.ts";
import { fleet, SUMMARY_NAMES, summaryFixture } from "./report/summaries.ts";

let listener: DogstatsdListener;
beforeAll(async () => {
  listener = await listenDogstatsd();
});
afterAll(() => listener.close());

async function received(summary: Summary, quietMs = 100): Promise<Received> {
  const tags = { env: "ci" };
  const metrics = await createMetrics({ dogstatsd: { url: listener.url, prefix: "cutover", tags } }, silent);
  sendMetrics(metrics, summary, "/data/compares/r1/0123/report.html");
  await metrics.close();
  return listener.drain(quietMs);
}

/** Closed: what a tag of a comparison may be called. */
const TAGS = ["env", "kind", "model", "path", "side", "stage", "target", "verdict"];

describe.each(SUMMARY_NAMES)("of the summary %s", (name) => {
  const summary = summaryFixture(name);

  test("the sums are those of the summary, and so is the rate that a monitor makes of them", async () => {
    const { counts, gauges, checks, events, malformed, metrics } = await received(summary);
    expect(malformed).toEqual([]);
    const models = Object.entries(summary.models);
    const sum = (of: (model: ModelSummary) => number): number => models.reduce((all, [, model]) => all + of(model), 0);
    expect(counts("cutover.compared")).toBe(sum(({ n }) => n));
    expect(counts("cutover.mismatched")).toBe(sum(({ k }) => k));
    expect(counts("cutover.unpaired")).toBe(sum(({ coverage }) => coverage.unpaired));
    expect(counts("cutover.not_comparable")).toBe(sum(({ coverage }) => coverage.notComparable));
    const kinds = (model: ModelSummary): number[] =>
      Object.values(model.fields).flatMap((rules) => Object.values(rules).flatMap(({ kinds }) => Object.values(kinds)));
    expect(counts("cutover.finding")).toBe(sum((model) => kinds(model).reduce((a, b) => a + b, 0)));
    expect(counts("cutover.run.completed", { verdict: summary.verdict })).toBe(1);
    expect(checks("cutover.gate").map(({ status }) => status)).toEqual([
      { pass: 0, inconclusive: 1, fail: 2, error: 3 }[summary.verdict],
    ]);
    expect(events).toHaveLength(1);
    expect(events[0]?.text).toContain("report: /data/compares/r1/0123/report.html");
    expect(gauges("cutover.groups")).toEqual([summary.groups.length]);
    for (const [model, { n, k, rate, coverage }] of models) {
      if (!/^[a-z0-9/_.-]+$/.test(model)) continue;
      expect(counts("cutover.mismatched", { model }) / Math.max(1, counts("cutover.compared", { model }))).toBe(
        n === 0 ? 0 : k / n,
      );
      if (n > 0) expect(rate).toBe(k / n);
      expect(gauges("cutover.coverage", { model })).toHaveLength(coverage.scope > 0 ? 1 : 0);
    }
    expect(metrics.filter(({ tags }) => tags.env !== "ci")).toEqual([]);
    expect([...new Set(metrics.flatMap(({ tags }) => Object.keys(tags)))].filter((tag) => !TAGS.includes(tag))).toEqual(
      [],
    );
  });
});

test("a model without a mismatch says so, since a monitor of a rate recovers by no silence", async () => {
  const { metrics } = await received(summaryFixture("pass"));
  const none = metrics.filter(({ name, tags }) => name === "cutover.mismatched" && tags.model === "moderation/en");
  expect(none.map(({ values }) => values)).toEqual([[0]]);
});

test("the ratio of latencies is told where the gate would judge it, and nowhere else", async () => {
  const [name, model] = Object.entries(summaryFixture("pass").models)[0] as [string, ModelSummary];
  const of = (count: number, p99: number | null) => ({ count, p50: 1, p95: 2, p99 });
  const ratioOf = async (legacy: ReturnType<typeof of>, candidate: ReturnType<typeof of>): Promise<number[]> => {
    const models = { [name]: { ...model, latency: { legacy, candidate } } };
    return (await received({ ...summaryFixture("pass"), models })).gauges("cutover.latency_ratio");
  };
  const enough = LIMITS.latencyLimitAnswers;
  expect(await ratioOf(of(enough, 10), of(enough, 15))).toEqual([1.5]);
  expect(await ratioOf(of(enough - 1, 10), of(enough, 15))).toEqual([]);
  expect(await ratioOf(of(enough, null), of(enough, 15))).toEqual([]);
  expect(await ratioOf(of(enough, 0), of(enough, 15))).toEqual([]);
});

test("5,000 models with 1,000 paths are a bounded number of series, nothing of them is lost, and no sum", async () => {
  const base = fleet(1, 1);
  const [model] = Object.values(base.models) as [ModelSummary];
  const fields = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, i) => [
      `$.f${i}`,
      { number: { n: 9, k: 1, kinds: { [DIFF_KINDS[i % 5] as string]: 1 } } },
    ]),
  );
  const models = Object.fromEntries(
    Array.from({ length: 5_000 }, (_, i) => [`m${i}`, { ...model, n: 9, k: 1, fields }]),
  );
  const { metrics, counts, malformed } = await received({ ...base, models });
  expect(malformed).toEqual([]);
  const series = metrics.map(({ name, tags }) => JSON.stringify([name, Object.entries(tags).sort()]));
  const perModel = 11;
  const ofRun = 60;
  expect(series.length).toBeGreaterThan(LIMITS.metricModels);
  expect(new Set(series).size).toBeLessThanOrEqual(
    perModel * (LIMITS.metricModels + 1) + LIMITS.metricFindings + DIFF_KINDS.length + ofRun,
  );
  const distinct = (tag: string): number => new Set(metrics.map(({ tags }) => tags[tag])).size;
  expect(distinct("model")).toBeLessThanOrEqual(LIMITS.metricModels + 2);
  expect(distinct("path")).toBeLessThanOrEqual(LIMITS.metricPaths + 2);
  expect(counts("cutover.compared")).toBe(45_000);
  expect(counts("cutover.mismatched")).toBe(5_000);
  expect(counts("cutover.finding")).toBe(5_000_000);
}, 60_000);

describe.each(Object.keys(HOSTILE_PLACES))("a value as %s", (place) => {
  test.each(Object.keys(HOSTILE))("%s begins no line, section, tag, mention or Markdown of its own", async (trick) => {
    const summary = HOSTILE_PLACES[place]?.(summaryFixture("fail"), HOSTILE[trick] as string) as Summary;
    const { metrics, events, checks, malformed, counts } = await received(summary, 20);
    expect(malformed).toEqual([]);
    expect(counts("cutover.mismatched")).toBe(Object.values(summary.models).reduce((all, { k }) => all + k, 0));
    expect([events.length, checks("cutover.gate").length]).toEqual([1, 1]);
    const told = [...metrics, ...events, ...checks("cutover.gate")];
    for (const { tags } of told) {
      expect(tags.env).toBe("ci");
      for (const [name, value] of Object.entries(tags)) {
        expect(TAGS).toContain(name);
        expect(value).toMatch(/^[\p{L}\p{N}_\-:./]{1,160}$/u);
      }
    }
    const [{ title, text } = { title: "", text: "" }] = events;
    const [{ message = "" } = {}] = checks("cutover.gate");
    for (const line of [title, message]) expect(line).toMatch(/^[ -~]{1,200}$/);
    expect(message).not.toContain("|");
    expect(text).toMatch(/^[\n -~]{1,4000}$/);
    for (const shown of [title, text, message]) expect(shown).not.toMatch(/@|%%%/);
  });
});
