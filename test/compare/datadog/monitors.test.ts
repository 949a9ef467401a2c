import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dashboardOf } from "../../../compare/datadog/dashboard.ts";
import { monitorsOf } from "../../../compare/datadog/monitors.ts";
import { decimal } from "../../../compare/datadog/queries.ts";
import type { KeyedMonitor } from "../../../compare/datadog/types.ts";
import { resolveModel } from "../../../src/config/models.ts";
import { type Config, configSchema, type WrittenConfig } from "../../../src/config/schema.ts";
import { tagValue } from "../../../src/metric-text.ts";
import { expectModel, faultsOf, readAs } from "./models.ts";
import { matches, parseAlertQuery, parseCheckQuery, parseMetricQuery } from "./queries.ts";

function configOf(written: WrittenConfig): Config {
  const parsed = configSchema.parse(written);
  return { ...parsed, modelPatterns: Object.keys(parsed.models) };
}

const KAFKA = { kafka: { brokers: ["127.0.0.1:9092"], topics: ["inference"] } };
const TARGETS = {
  candidate: { http: { url: "http://127.0.0.1:8080" } },
  legacy: { production: true, rate: { total: 5 }, http: { url: "http://127.0.0.1:8081" } },
};
const METRICS = { dogstatsd: { url: "udp://127.0.0.1:8125", tags: { env: "ci", team: "ML Platform" } } };

const CONFIGS: Readonly<Record<string, WrittenConfig>> = {
  "nothing said": {},
  "one gate": { targets: TARGETS, models: { "*": { gate: {} } }, metrics: METRICS },
  "every number": {
    capture: { source: KAFKA },
    targets: TARGETS,
    models: {
      "client-a/*": { gate: { maxMismatchRate: 0.01, maxMismatches: 7, maxEmptyShare: 0.2 } },
      "client-b/rare model": { gate: { evidence: "census" } },
      "client-c/*": { gate: { evidence: "census", maxMismatches: 3, minCoverage: 0.9 } },
      "no-gate/*": {},
      "*": {
        default: "exact",
        gate: { maxMismatchRate: 1e-7, maxErrorRate: 0.02, maxP99Ratio: 1.5, maxCostPer1000: 0.4 },
      },
    },
    metrics: { dogstatsd: { ...METRICS.dogstatsd, prefix: "ml.cutover" } },
  },
  "numbers that can never be passed": {
    models: { "*": { gate: { maxMismatchRate: 1, minCoverage: 0, maxErrorRate: 1, maxEmptyShare: 1 } } },
    metrics: METRICS,
  },
  "no mismatch allowed": { models: { "*": { gate: { maxMismatchRate: 0 } } }, metrics: METRICS },
  "hostile names": {
    models: { 'a"b|c,{d}:$e\n*': { gate: {} }, "%0A::error::x": { gate: {} }, [`${"x".repeat(300)}*`]: { gate: {} } },
    metrics: { dogstatsd: { ...METRICS.dogstatsd, tags: { "Env,x|y": "a b{c}\n", empty: "" } } },
  },
};

describe.each(Object.entries(CONFIGS))("of a config with %s", (_, written) => {
  const config = configOf(written);
  const documents = monitorsOf(config, { notify: ["@slack-ml-oncall"] });

  test("every monitor is one of Datadog's own models, whole, and so is the dashboard", () => {
    for (const { monitor } of documents) expectModel(monitor, "Monitor");
    expectModel(dashboardOf(config), "Dashboard");
  });

  test("every query is in the language, and its number is the threshold", () => {
    for (const { key, needs, monitor } of documents) {
      const { type, query, options } = monitor;
      if (type === "composite") {
        expect(query).toBe(needs.map((need) => `\${${need}}`).join(" && "));
        expect(options.thresholds).toBeUndefined();
      } else if (type === "service check") {
        expect(parseCheckQuery(query).last).toBeGreaterThan(options.thresholds?.critical as number);
      } else {
        const { threshold, queries } = parseAlertQuery(query);
        expect(options.thresholds?.critical, key).toBe(threshold);
        expect(options.require_full_window).toBe(false);
        for (const { by } of queries) expect(by).toEqual(queries[0]?.by);
      }
    }
    for (const query of dashboardQueries(config)) parseMetricQuery(query);
  });

  test("keys are names and distinct, and composites stand behind what they need", () => {
    const keys = documents.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    for (const [at, { key, needs }] of documents.entries()) {
      expect(key).toMatch(/^[a-z][a-z0-9_]*$/);
      for (const need of needs) expect(keys.slice(0, at)).toContain(need);
    }
  });

  test("whoever is called is told what to do, by commands that exist; the sides of a composite call nobody", () => {
    const sides = new Set(documents.flatMap(({ needs }) => needs));
    for (const { key, monitor } of documents) {
      const { message, priority, options, tags } = monitor;
      expect(message.includes("@slack-ml-oncall"), key).toBe(!sides.has(key));
      expect(message.match(/@/g) ?? []).toHaveLength(sides.has(key) ? 0 : 1);
      expect(tags).toEqual(expect.arrayContaining(["managed-by:cutover", `cutover_monitor:${key}`]));
      expect(options.include_tags).toBe(true);
      if (sides.has(key)) {
        expect(priority).toBe(5);
        expect(options.renotify_interval).toBeUndefined();
        continue;
      }
      expect(priority).toBeLessThan(4);
      expect(options.renotify_interval).toBeGreaterThan(0);
      const commands = [...message.matchAll(/`cutover ([a-z]+)/g)].map(([, command]) => command as string);
      expect(commands.length, key).toBeGreaterThan(0);
      for (const command of commands) expect(COMMANDS).toContain(command);
      expect(conditionsOf(message)).toEqual([]);
    }
  });

  test("the same config gives the same documents", () => {
    expect(JSON.stringify(monitorsOf(configOf(written), { notify: ["@slack-ml-oncall"] }))).toBe(
      JSON.stringify(documents),
    );
    expect(JSON.stringify(dashboardOf(configOf(written)))).toBe(JSON.stringify(dashboardOf(config)));
  });
});

/** As the interface names them. */
const COMMANDS = ["runs", "groups", "show", "gate", "doctor", "replay", "compare", "run", "report", "captures"];

/** Template conditions that are not closed in their order. */
function conditionsOf(message: string): string[] {
  const open: string[] = [];
  for (const [, sign, name = ""] of message.matchAll(/\{\{([#^/])(\w+)\}\}/g)) {
    if (sign !== "/") open.push(name);
    else if (open.pop() !== name) return [`${name} is closed and not open`];
  }
  return open;
}

function dashboardQueries(config: Config): string[] {
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if ("data_source" in value && "query" in value) found.push(String(value.query));
    for (const each of Object.values(value)) visit(each);
  };
  visit(dashboardOf(config));
  return found;
}

test("what Datadog's models do not know is a fault: a field, a value of an enumeration", () => {
  const { monitor } = monitorsOf(configOf({}))[0] as KeyedMonitor;
  const faults = (document: unknown): string[] => faultsOf(readAs(document, "Monitor"), "Monitor");
  expect(faults(monitor)).toEqual([]);
  expect(faults({ ...monitor, urgency: 1 })).toEqual(["Monitor: unknown urgency"]);
  expect(faults({ ...monitor, type: "metric_alert" })).not.toEqual([]);
  expect(faults({ ...monitor, options: { ...monitor.options, renotify_statuses: ["never"] } })).not.toEqual([]);
});

test("the monitor of the mismatch rate has the form of the contract", () => {
  const config = configOf({
    targets: { candidate: TARGETS.candidate },
    models: { "*": { gate: {} } },
    metrics: { dogstatsd: { url: METRICS.dogstatsd.url, tags: { env: "prod" } } },
  });
  const documents = monitorsOf(config);
  const of = (key: string) => documents.find((each) => each.key === key)?.monitor;
  expect(of("mismatch_rate")).toMatchObject({
    type: "query alert",
    query:
      "sum(last_1h):sum:cutover.mismatched{env:prod} by {model}.as_count() / sum:cutover.compared{env:prod} by {model}.as_count() > 0.001",
    options: { require_full_window: false, thresholds: { critical: 0.001 } },
  });
  expect(of("mismatch_volume")?.query).toBe(
    "sum(last_1h):sum:cutover.compared{env:prod} by {model}.as_count() >= 1000",
  );
  expect(of("mismatch")?.query).toBe("${mismatch_rate} && ${mismatch_volume}");
  expect(of("run_missing")).toMatchObject({ options: { notify_no_data: true, no_data_timeframe: 2_880 } });
  expect(monitorsOf(config, { everyHours: 2 }).find(({ key }) => key === "run_missing")?.monitor).toMatchObject({
    query: "sum(last_2h):sum:cutover.run.completed{env:prod}.as_count() < 1",
    options: { no_data_timeframe: 240 },
  });
});

test("legacy's own answers are not watched, unless they are asked for", () => {
  const config = configOf(CONFIGS["every number"] as WrittenConfig);
  const filters = (targets: string[]): string[] =>
    monitorsOf(config, { targets }).flatMap(({ monitor }) =>
      monitor.type === "query alert" ? parseAlertQuery(monitor.query).queries.map(({ filter }) => filter) : [],
    );
  for (const filter of filters([])) {
    if (filter !== "env:ci AND team:ml_platform") expect(filter).toContain("target:candidate");
    expect(filter).not.toContain("legacy");
  }
  expect(filters(["legacy"]).filter((filter) => filter.includes("target:legacy")).length).toBeGreaterThan(5);
  expect(() => monitorsOf(config, { targets: ["other"] })).toThrow("no such target");
});

/** Every number that judges a model is watched by exactly one monitor, which is its gate's: the gate itself is asked. */
describe("whatever patterns there are", () => {
  const name = fc.constantFrom("a", "a/x", "a/y", "ab", "b/x", "c", "x/a", "other");
  const pattern = fc.constantFrom("*", "a*", "a/*", "a/x", "*x", "b/*", "x/*", "c");
  const rate = fc.option(fc.constantFrom(0, 0.001, 0.01, 0.5), { nil: undefined });
  const gate = fc.option(
    fc.record(
      {
        maxMismatchRate: rate,
        evidence: fc.option(fc.constantFrom("bound" as const, "census" as const), { nil: undefined }),
        maxMismatches: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
        minCoverage: fc.option(fc.constantFrom(0.5, 0.9, 1), { nil: undefined }),
        maxErrorRate: rate,
        maxP99Ratio: fc.option(fc.constantFrom(1.5, 2), { nil: undefined }),
      },
      { requiredKeys: [] },
    ),
    { nil: undefined },
  );
  const models = fc.uniqueArray(fc.tuple(pattern, gate), { selector: ([key]) => key, minLength: 1, maxLength: 5 });

  test("a model is watched by the numbers of its own gate, each once", () => {
    fc.assert(
      fc.property(models, name, (entries, model) => {
        const written = Object.fromEntries(
          entries.map(([key, value]) => [key, value === undefined ? {} : { gate: value }]),
        );
        const config = configOf({ models: written, metrics: METRICS });
        const { gate: judged } = resolveModel(config, model);
        const tags = { env: "ci", team: "ml_platform", model: tagValue(model) };
        const watched = monitorsOf(config).flatMap(({ key, monitor }) => {
          if (monitor.type !== "query alert" || key === "run_missing") return [];
          const { queries, threshold } = parseAlertQuery(monitor.query);
          if (!queries.every(({ filter }) => matches(filter, tags))) return [];
          return [[queries.map(({ metric }) => metric.replace("cutover.", "")).join("/"), threshold]];
        });
        const limits = judged === null ? [] : expectedOf(judged);
        expect(watched.sort()).toEqual(limits.sort());
      }),
      { numRuns: 2_000 },
    );
  });

  /** What of a gate can be passed, and by which metric it is told. */
  function expectedOf(gate: NonNullable<ReturnType<typeof resolveModel>["gate"]>): (string | number)[][] {
    const { evidence, maxMismatchRate, maxMismatches, minCoverage, maxErrorRate, maxEmptyShare, maxP99Ratio } = gate;
    const floor = (limit: number): number => (limit === 0 ? 1 : 1 / limit);
    const most = evidence === "census" ? (maxMismatches ?? 0) : maxMismatches;
    return [
      ...(evidence === "bound"
        ? [
            ["mismatched/compared", maxMismatchRate],
            ["compared", floor(maxMismatchRate)],
          ]
        : []),
      ...(most === null ? [] : [["mismatched", most]]),
      ["coverage", minCoverage],
      ["error_rate", maxErrorRate],
      ["empty_share", maxEmptyShare],
      ...(maxP99Ratio === null ? [] : [["latency_ratio", maxP99Ratio]]),
      ["replay.failed/replay.requests", maxErrorRate],
      ["replay.requests", floor(maxErrorRate)],
    ];
  }
});

test("numbers are written without an exponent, and are the same numbers", () => {
  expect(["1e-7", "1.5e-9", "2.25e-7", "1e21", "1.25e22"].map(Number).map(decimal)).toEqual([
    "0.0000001",
    "0.0000000015",
    "0.000000225",
    "1000000000000000000000",
    "12500000000000000000000",
  ]);
  fc.assert(
    fc.property(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(decimal(value)).toMatch(/^\d+(\.\d+)?$/);
      expect(Number(decimal(value))).toBe(value);
    }),
  );
});
