import { describe, expect, test } from "vitest";
import { gateStage } from "../../compare/gate.ts";
import { compareStage } from "../../compare/run-compare.ts";
import type { WrittenConfig } from "../../src/config/schema.ts";
import { commitKey, skipsKey } from "../../src/lake/keys.ts";
import type { Store } from "../../src/store/port.ts";
import { buildLake, DAY, equalPairs, type LakeSpec, type PairSpec, RUN, testSession } from "./pipeline-lake.ts";

const gate = { maxMismatchRate: 0.1 };
const config: Partial<WrittenConfig> = { models: { "*": { default: "exact", gate } } };
const withGate = (more: object): Partial<WrittenConfig> => ({
  models: { "*": { default: "exact", gate: { ...gate, ...more } } },
});
/** 1,000 calls of 20 ms: 1000 · (0.001 + 0.02 · 2 · 0.02) = 1.8. */
const priced: Partial<WrittenConfig> = {
  targets: {
    candidate: { http: { url: "http://127.0.0.1:1/" }, price: { perRequest: 0.001, gbSecond: 0.02, memoryGb: 2 } },
  },
};
const everyPosition = {
  "captures/t@01234567/0/00000000000000001000.parquet": Array.from({ length: 60 }, (_, at) => `${1000 + at}`),
};
const census = withGate({ evidence: "census" });
const p99 = withGate({ maxP99Ratio: 1.5 });
const mismatches = (count: number, model = "m"): PairSpec[] =>
  Array.from({ length: count }, (_, at) => ({ model, legacy: `${at}`, candidate: `${at + 1}` }));

async function compared(spec: LakeSpec, written = config): Promise<Store> {
  const store = await buildLake({ commitRows: 50, ...spec });
  await compareStage(testSession(store, written), {});
  return store;
}

describe("the exit code", () => {
  test.each<[string, LakeSpec, Partial<WrittenConfig>, number, string]>([
    ["0: all equal", { objects: [equalPairs(60)] }, config, 0, "pass"],
    ["1: too many differ", { objects: [[...equalPairs(30), ...mismatches(30)]] }, config, 1, "fail"],
    ["1: an answer is missing", { objects: [[...equalPairs(60), { legacy: "1" }]] }, config, 1, "fail"],
    ["3: too few pairs", { objects: [equalPairs(20)] }, config, 3, "inconclusive"],
    [
      "3: chosen by ids",
      { objects: [equalPairs(60)], query: { ids: Array.from({ length: 60 }, (_, at) => `id-0-${1000 + at}`) } },
      config,
      3,
      "inconclusive",
    ],
    [
      "3: all answers hold nothing but null",
      { objects: [Array.from({ length: 60 }, () => ({ legacy: '{"score":null}', candidate: '{"score": null}' }))] },
      config,
      3,
      "inconclusive",
    ],
    [
      "3: all answers are the same error",
      { objects: [equalPairs(60).map((pair) => ({ ...pair, legacyStatus: 500, status: 500 }))] },
      config,
      3,
      "inconclusive",
    ],
    [
      "3: a census of a part of the requests",
      { objects: [equalPairs(60)], query: { sample: 0.99 } },
      census,
      3,
      "inconclusive",
    ],
    ["0: a census of a few", { objects: [equalPairs(5)] }, census, 0, "pass"],
    ["1: a census with a mismatch", { objects: [[...equalPairs(5), ...mismatches(1)]] }, census, 1, "fail"],
    [
      "1: a p99 above its ratio",
      { objects: [equalPairs(1000).map((pair, at) => ({ ...pair, latencyMs: at % 20 === 0 ? 99 : 10 }))] },
      p99,
      1,
      "fail",
    ],
    [
      "0: a p99 that only cold starts are above",
      {
        objects: [
          equalPairs(1060).map((pair, at) =>
            at % 20 === 0 ? { ...pair, latencyMs: 99, coldStart: true } : { ...pair, latencyMs: 10 },
          ),
        ],
      },
      p99,
      0,
      "pass",
    ],
    ["5: a cost limit without a price", { objects: [equalPairs(60)] }, withGate({ maxCostPer1000: 1 }), 5, "error"],
    [
      "1: a cost above its limit",
      { objects: [equalPairs(60)] },
      { ...withGate({ maxCostPer1000: 1 }), ...priced },
      1,
      "fail",
    ],
    [
      "0: a cost within it",
      { objects: [equalPairs(60)] },
      { ...withGate({ maxCostPer1000: 2 }), ...priced },
      0,
      "pass",
    ],
    ["3: a p99 of too few answers", { objects: [equalPairs(999)] }, p99, 3, "inconclusive"],
    [
      "3: chosen by what became of them in another run",
      { objects: [equalPairs(60)], query: { only: { kind: "failed", from: "r0", positions: everyPosition } } },
      config,
      3,
      "inconclusive",
    ],
    ["4: no answer at all", { objects: [[{ legacy: "1" }]] }, config, 4, "error"],
    ["4: every request failed", { objects: [[{ legacy: "1", outcome: "connection" }]] }, config, 4, "error"],
    ["4: nothing was selected", { objects: [equalPairs(3)], query: { models: ["other"] } }, config, 4, "error"],
    ["5: no model has a gate", { objects: [equalPairs(60)] }, { models: { "*": { default: "exact" } } }, 5, "error"],
    [
      "5: a path without a rule",
      { objects: [[...equalPairs(60), ...mismatches(1)]] },
      { models: { "*": { gate } } },
      5,
      "error",
    ],
    [
      "5: a model of the run with nothing compared",
      { objects: [[...equalPairs(60), { model: "x", legacy: "1" }]] },
      config,
      5,
      "error",
    ],
  ])("%s", async (_name, spec, written, exitCode, verdict) => {
    const result = await gateStage(testSession(await compared(spec, written), written), {});
    expect([result.exitCode, result.summary.exitCode, result.summary.verdict]).toEqual([exitCode, exitCode, verdict]);
    expect(result.summary.reasons.length).toBeGreaterThan(0);
  });

  test("is that of the latest run unless one is named", async () => {
    const store = await compared({ objects: [equalPairs(60)], run: "old", createdAt: 1 });
    await buildLake({ objects: [mismatches(20)], run: "new", createdAt: 2 }, store);
    await compareStage(testSession(store, config), {});
    expect((await gateStage(testSession(store, config), {})).summary.run).toBe("new");
    expect((await gateStage(testSession(store, config), { run: "old" })).exitCode).toBe(0);
  });
});

test("another price than that a cost was judged by makes the gate say what to run", async () => {
  const written = { ...withGate({ maxCostPer1000: 2 }), ...priced };
  const store = await compared({ objects: [equalPairs(60)] }, written);
  expect((await gateStage(testSession(store, written), {})).summary.models.m?.costPer1000).toBeCloseTo(1.8, 10);
  const dearer = structuredClone(written);
  Object.assign(dearer.targets?.candidate?.price ?? {}, { perRequest: 1 });
  await expect(gateStage(testSession(store, dearer), {})).rejects.toMatchObject({ code: "COMPARE_MISSING" });
});

describe("a chosen model", () => {
  const spec = { objects: [[...equalPairs(60, "good/a"), ...mismatches(60, "bad/b")]] };

  test("is judged by itself, at the confidence of the whole run", async () => {
    const session = testSession(await compared(spec), config);
    expect((await gateStage(session, {})).exitCode).toBe(1);
    const good = await gateStage(session, { models: ["good/*"] });
    expect(good.exitCode).toBe(0);
    expect(good.summary.models["good/a"]?.confidence).toBeCloseTo(0.995, 12);
    expect((await gateStage(session, { models: ["bad/*"] })).exitCode).toBe(1);
  });

  test("that the run does not have is a usage error", async () => {
    const session = testSession(await compared(spec), config);
    await expect(gateStage(session, { models: ["typo"] })).rejects.toMatchObject({ code: "USAGE", exitCode: 2 });
  });

  test("stays an error when an object of the run cannot be read", async () => {
    const store = await buildLake(spec);
    await store.put(commitKey(RUN, { log: "t@01234567", partition: 0, first: 1000n }, 0, 99), new Uint8Array(40));
    const session = testSession(store, config);
    await compareStage(session, {});
    expect((await gateStage(session, { models: ["good/*"] })).exitCode).toBe(5);
  });
});

describe("a comparison that does not speak of what stands now is refused", () => {
  const spec: LakeSpec = { objects: [equalPairs(60)] };
  const other: Partial<WrittenConfig> = { models: { "*": { default: "exact", gate: { maxMismatchRate: 0.5 } } } };
  const ignore = (expires: string): Partial<WrittenConfig> => ({
    models: {
      "*": { default: "exact", gate, rules: [{ path: "$.t", type: "ignore", reason: "r", owner: "o", expires }] },
    },
  });

  test.each<[string, (store: Store) => Promise<unknown>, Partial<WrittenConfig>, RegExp]>([
    ["no comparison", (store) => deleteAll(store, "compares/"), config, /has not been compared/],
    ["a summary that is not one", (store) => garble(store), config, /has not been compared|other rules/],
    ["other rules", async () => {}, other, /other rules/],
    [
      "an answer more",
      (store) => store.put(commitKey(RUN, { log: "t@01234567", partition: 0, first: 1000n }, 0, 9), new Uint8Array(9)),
      config,
      /replays changed/,
    ],
    ["an answer less", (store) => deleteAll(store, "replays/"), config, /replays changed/],
    [
      "a skip",
      (store) => store.put(skipsKey(RUN), new TextEncoder().encode('{"version":1,"models":{}}')),
      config,
      /replays changed/,
    ],
    ["a selection pinned anew", (store) => buildLake({ ...spec, createdAt: 2 }, store), config, /pinned anew/],
  ])("%s", async (_name, change, written, message) => {
    const store = await compared(spec);
    await change(store);
    const refused = gateStage(testSession(store, written), {});
    await expect(refused).rejects.toMatchObject({
      code: "COMPARE_MISSING",
      exitCode: 5,
      details: { hint: `cutover compare --run ${RUN}` },
    });
    await expect(refused).rejects.toThrow(message);
  });

  test("an ignore rule applies on its last day, is refused the day after, and then makes the verdict an error", async () => {
    const rules = ignore("2026-11-23");
    const store = await compared(spec, rules);
    expect((await gateStage(testSession(store, rules), {})).exitCode).toBe(0);
    const tomorrow = testSession(store, rules, DAY + 86_400_000);
    await expect(gateStage(tomorrow, {})).rejects.toThrow(/expired since/);
    await compareStage(tomorrow, {});
    const { summary, exitCode } = await gateStage(tomorrow, {});
    expect(exitCode).toBe(5);
    expect(summary.reasons.join()).toMatch(/has expired/);
    expect(summary.expiredRules).toEqual([{ pattern: "*", index: 0, path: "$.t", type: "ignore" }]);
  });
});

async function deleteAll(store: Store, prefix: string): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  expect(keys.length).toBeGreaterThan(0);
  await store.delete(keys);
}

async function garble(store: Store): Promise<void> {
  for await (const { key } of store.list("compares/")) {
    if (key.endsWith("summary.json")) await store.put(key, new TextEncoder().encode("{"));
  }
}
