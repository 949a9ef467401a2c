import { describe, expect, test } from "vitest";
import { compareStage } from "../../compare/run-compare.ts";
import { runKey } from "../../src/lake/keys.ts";
import type { Run } from "../../src/lake/run.ts";
import { openObject } from "../../src/parquet/read.ts";
import { DIFFS, REPLAYS } from "../../src/record.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/port.ts";
import {
  buildLake,
  comparedObjects,
  encode,
  equalPairs,
  type LakeSpec,
  type PairSpec,
  RUN,
  testSession,
} from "./pipeline-lake.ts";

const score = (value: number, label = "ok"): string => JSON.stringify({ label, score: value });

const mixed: PairSpec[] = [
  ...equalPairs(8, "a"),
  { model: "a", legacy: score(1), candidate: score(2) },
  { model: "b", legacy: score(1), candidate: score(1, "bad") },
  { model: "b", legacy: score(1), outcome: "timeout" },
  { model: "b", legacy: score(1) },
  { model: "b", legacy: "{", candidate: score(1) },
  ...equalPairs(3, "b"),
];
const timing = { path: "$.t", type: "ignore", reason: "wall time", owner: "us", expires: "2027-01-01" } as const;

async function run(spec: LakeSpec, config = {}, bufferBytes?: number) {
  const store = await buildLake(spec);
  const session = testSession(store, config);
  return { store, session, summary: await compareStage(session, { bufferBytes }) };
}

describe("counting", () => {
  test("every selected record stands in exactly one place of the sums", async () => {
    const { summary } = await run({ objects: [mixed, mixed.slice(4)], buckets: 3 });
    const { captured, scope, skipped, compared, unpaired, notComparable } = summary.coverage;
    expect({ captured, scope, skipped, compared, unpaired, notComparable }).toEqual({
      captured: 16 + 12,
      scope: 28,
      skipped: 0,
      compared: 22,
      unpaired: 2,
      notComparable: 4,
    });
    expect(summary.outcomes).toEqual({ match: 18, mismatch: 4, ignored: 0 });
    expect(summary.models.a).toMatchObject({ n: 14, k: 2, errors: {}, coverage: { captured: 14, unpaired: 0 } });
    expect(summary.models.b).toMatchObject({ n: 8, k: 2, errors: { legacy_unparseable: 2, timeout: 2 } });
    expect(summary.problems).toBeUndefined();
  });

  test("an ignored difference is neither a match nor a mismatch", async () => {
    const pairs = [{ legacy: '{"t":1}', candidate: '{"t":2}' }, ...equalPairs(2)];
    const { summary } = await run(
      { objects: [pairs] },
      { models: { "*": { rules: [timing], default: "exact", gate: {} } } },
    );
    expect(summary.outcomes).toEqual({ match: 2, mismatch: 0, ignored: 1 });
    expect(summary.models.m?.fields["$.t"]?.ignore).toEqual({ n: 3, k: 0, kinds: {}, ignored: 1 });
  });

  test("skipped records leave the scope, but no more of them than have no answer", async () => {
    const pairs = [...equalPairs(5), { legacy: score(1) }, { legacy: score(2) }];
    const some = await run({ objects: [pairs], skips: { m: { endpoint_missing: 1 } } });
    expect(some.summary.coverage).toMatchObject({ captured: 7, scope: 6, skipped: 1, unpaired: 1 });
    const late = await run({ objects: [pairs], skips: { m: { endpoint_missing: 6 } } });
    expect(late.summary.coverage).toMatchObject({ captured: 7, scope: 5, skipped: 2, unpaired: 0 });
    expect(late.summary.verdict).toBe("error");
  });

  test("rows outside the selection count nowhere", async () => {
    const { summary } = await run({ objects: [mixed], query: { models: ["a"] } });
    expect(summary.coverage).toMatchObject({ captured: 9, compared: 9 });
    expect(Object.keys(summary.models)).toEqual(["a"]);
  });

  test("a repeated id of a model within an object is counted, and paired by position all the same", async () => {
    const pairs: PairSpec[] = [
      { id: "x", legacy: score(1), candidate: score(1) },
      { id: "x", legacy: score(2), candidate: score(2) },
      { id: "x", model: "other", legacy: score(3), candidate: score(3) },
    ];
    const { summary } = await run({ objects: [pairs] });
    expect(summary.warnings).toEqual({ repeated_id: 1 });
    expect(summary.outcomes.match).toBe(3);
  });

  test("every declared rule appears among the fields, also without a finding", async () => {
    const rules = [
      { path: "$.score", type: "number", atol: 0.1, rtol: 0 } as const,
      { path: "$.no", type: "label" } as const,
    ];
    const { summary } = await run({ objects: [mixed] }, { models: { "*": { rules, default: "exact", gate: {} } } });
    expect(summary.models.a?.fields["$.score"]?.number).toEqual({ n: 9, k: 1, kinds: { value: 1 } });
    expect(summary.models.b?.fields["$.no"]?.label).toEqual({ n: 4, k: 0, kinds: {} });
    expect(summary.unusedRules).toEqual([{ pattern: "*", index: 1, path: "$.no", type: "label" }]);
  });

  test("latencies of compared pairs stand side by side", async () => {
    const { summary } = await run({
      objects: [
        [...equalPairs(2), { legacy: "1", outcome: "timeout" }, { legacy: "1", candidate: "1", legacyLatencyMs: null }],
      ],
    });
    expect(summary.latency.legacy).toMatchObject({ count: 2, p50: 10, p99: null });
    expect(summary.latency.candidate).toMatchObject({ count: 3, p50: 20 });
  });
});

describe("what is counted apart", () => {
  test("cold starts, with the latencies of the others as if they were not there", async () => {
    const pairs = equalPairs(30).map((pair, at) => (at < 3 ? { ...pair, latencyMs: 900, coldStart: true } : pair));
    const { summary } = await run({ objects: [pairs] });
    expect(summary.models.m?.latency).toMatchObject({ candidate: { count: 27, p50: 20, p95: 20 }, cold: { count: 3 } });
    expect(summary.latency.cold?.p50).toBeCloseTo(900, -1);
  });

  test("versions of legacy, where they changed inside the window", async () => {
    const pairs: PairSpec[] = [
      ...equalPairs(3).map((pair) => ({ ...pair, modelVersion: "v1" })),
      { legacy: "1", candidate: "2", modelVersion: "v2" },
      { legacy: "1", candidate: "1", modelVersion: "v2" },
      { legacy: "1", outcome: "timeout", modelVersion: "v3" },
      { model: "steady", legacy: "1", candidate: "1", modelVersion: "v9" },
    ];
    const { summary } = await run({ objects: [pairs] });
    expect(summary.models.m?.versions).toEqual([
      { version: "v1", n: 3, k: 0 },
      { version: "v2", n: 2, k: 1 },
    ]);
    expect(summary.models.steady).not.toHaveProperty("versions");
  });

  test("values and decisions, of the same pairs", async () => {
    const rules = [
      { path: "$.label", type: "label" },
      { path: "$.score", type: "number", atol: 0.1, rtol: 0 },
    ] as const;
    const pairs: PairSpec[] = [
      ...equalPairs(5),
      { legacy: score(1), candidate: score(2) },
      { legacy: score(1), candidate: score(1, "bad") },
      { legacy: score(1), candidate: score(2, "bad") },
    ];
    const models = { "*": { rules: [...rules], default: "exact", gate: {} } } as const;
    const { summary } = await run({ objects: [pairs] }, { models });
    expect(summary.models.m).toMatchObject({ k: 3, parity: { value: { k: 2 }, decision: { k: 2, rate: 0.25 } } });
    const plain = await run({ objects: [pairs] });
    expect(plain.summary.models.m?.parity).toMatchObject({ value: { k: 3 }, decision: null });
  });

  test("pairs that agree about nothing", async () => {
    const pairs: PairSpec[] = [
      ...equalPairs(2),
      { legacy: "null", candidate: "null" },
      { legacy: '{"a":NaN}', candidate: '{"a": NaN}' },
      { legacy: "[]", candidate: "[ ]" },
      { legacy: "1", candidate: "2", legacyStatus: 500, status: 500 },
      { legacy: "[]", candidate: "[1]" },
    ];
    const { summary } = await run({ objects: [pairs] });
    expect(summary.models.m?.empty).toEqual({ empty: 1, error: 1, nan: 1, null: 1 });
    expect(summary.outcomes).toEqual({ match: 6, mismatch: 1, ignored: 0 });
  });
});

describe("the same replays give the same bytes", () => {
  const many: PairSpec[] = Array.from({ length: 36 }, (_, at) => ({
    model: `m${at % 3}`,
    legacy: score(at),
    ...(at % 7 === 0 ? {} : { candidate: at % 4 === 0 ? score(at + 1, "bad") : score(at) }),
  }));

  test.each([90, 1000])("with a buffer of %i bytes as with one that holds all", async (bufferBytes) => {
    const spec: LakeSpec = { objects: [many, mixed], buckets: 2 };
    const whole = await run(spec);
    const pieces = await run(spec, {}, bufferBytes);
    expect(await comparedObjects(pieces.store)).toEqual(await comparedObjects(whole.store));
    expect(whole.summary.outcomes.mismatch).toBeGreaterThan(6);
  });

  test("after an exception at any write, the next compare leaves the same objects, and never a summary of other diffs", async () => {
    const spec: LakeSpec = { objects: [mixed, many] };
    const wanted = await comparedObjects((await run(spec)).store);
    for (let fatal = 0; fatal < wanted.size; fatal++) {
      const store = await buildLake({ objects: [equalPairs(2)] });
      await compareStage(testSession(store), {});
      await buildLake(spec, store);
      const first = testSession(failingAt(store, fatal));
      await expect(compareStage(first, {})).rejects.toThrow("killed");
      const left = await comparedObjects(store);
      expect([...left.keys()].some((key) => key.endsWith("summary.json"))).toBe(false);
      await compareStage(testSession(store), {});
      expect(await comparedObjects(store)).toEqual(wanted);
    }
  });

  test("findings of an earlier comparison that are no more are deleted", async () => {
    const store = await buildLake({ objects: [mixed, mixed] });
    await compareStage(testSession(store), {});
    await buildLake({ objects: [mixed, equalPairs(9)] }, store);
    await compareStage(testSession(store), {});
    const diffs = [...(await comparedObjects(store)).keys()].filter((key) => key.includes("/diffs/"));
    expect(diffs).toHaveLength(1);
  });
});

describe("what cannot be compared is an error", () => {
  test.each<[string, (store: Store) => Promise<unknown>, string]>([
    ["a truncated capture object", (store) => cut(store, "captures/"), "captures/"],
    ["a truncated commit", (store) => cut(store, "replays/"), "replays/"],
    ["a capture object that is gone", async (store) => store.delete([await firstKey(store, "captures/")]), "captures/"],
    [
      "an answer to no record of the selection",
      async (store) =>
        copyOver(store, await firstKey(store, "replays/"), (key) => key.replace(/~0~000000/, "~0~000009")),
      "replays/",
    ],
    [
      "an answer to an object that the run did not pin",
      async (store) => copyOver(store, await firstKey(store, "replays/"), (key) => key.replace("~0~0", "~7~0")),
      "replays/",
    ],
  ])("%s", async (_name, harm, place) => {
    const store = await buildLake({ objects: [equalPairs(6), equalPairs(8)] });
    await harm(store);
    const summary = await compareStage(testSession(store, LAX), {});
    expect(summary.verdict).toBe("error");
    expect(summary.exitCode).toBe(5);
    expect(summary.problems?.[0]?.place).toContain(place);
    expect(summary.reasons[0]).toContain(place);
    expect(summary.ready).toEqual([]);
  });

  test("an answer to a record outside the selection", async () => {
    const spec: LakeSpec = { objects: [[...equalPairs(6), ...equalPairs(3, "other")]], query: { models: ["m"] } };
    expect((await run(spec, LAX)).summary.verdict).toBe("pass");
    const { summary } = await run({ ...spec, answerAll: true }, LAX);
    expect(summary.reasons[0]).toMatch(/3 answers belong to no selected record/);
    expect(summary.exitCode).toBe(5);
  });

  test("a run.json whose sums do not add up, or whose rows are not those it planned", async () => {
    const store = await buildLake({ objects: [equalPairs(6)] });
    const document = JSON.parse(new TextDecoder().decode(await store.get(runKey(RUN)))) as Run;
    const altered = {
      ...document,
      models: { m: 7 },
      planned: 7,
      objects: document.objects.map((o) => ({ ...o, selected: 7 })),
    };
    await store.put(runKey(RUN), new TextEncoder().encode(JSON.stringify(altered)));
    const summary = await compareStage(testSession(store, LAX), {});
    expect(summary.exitCode).toBe(5);
    expect(summary.reasons.join()).toMatch(/selected 7 records of m, compare found 6/);
    expect(summary.reasons.join()).toMatch(/selected 7 of its rows when planned, 6 now/);
  });

  test("without the harm the same lake passes", async () => {
    const store = await buildLake({ objects: [equalPairs(6), equalPairs(8)] });
    expect((await compareStage(testSession(store, LAX), {})).verdict).toBe("pass");
  });

  test("no answer at all is nothing compared", async () => {
    const { summary } = await run({ objects: [[{ legacy: "1" }]] }, LAX);
    expect([summary.verdict, summary.exitCode]).toEqual(["error", 4]);
  });
});

test("diffs hold each finding with its position, values cut, in the order of the captured rows", async () => {
  const long = JSON.stringify({ text: `${"é".repeat(4000)}\ud800` });
  const { store, summary } = await run({ objects: [[{ legacy: long, candidate: '{"text":"x"}' }, ...mixed]] });
  const reader = await openObject(store, await firstKey(store, `compares/${RUN}/`), DIFFS);
  const columns = await reader.read(0, ["model", "offset", "kind", "path", "legacy", "fingerprint", "waived"]);
  expect(columns.model).toEqual(["a", "b", "m"]);
  expect(columns.path).toEqual(["$.score", "$.label", "$.text"]);
  const legacy = columns.legacy?.[2] as string;
  expect(Buffer.byteLength(legacy)).toBeLessThanOrEqual(4096);
  expect(legacy.endsWith("…")).toBe(true);
  expect(new Set(columns.fingerprint)).toEqual(new Set(summary.groups.map(({ fingerprint }) => fingerprint)));
});

test("metrics are sent once, from the finished summary, without ids or values", async () => {
  const { session } = await run({ objects: [mixed] });
  const { sent } = session;
  const total = (name: string): number =>
    sent.filter((each) => each.kind === "count" && each.name === name).reduce((sum, { value = 0 }) => sum + value, 0);
  expect([total("compared"), total("mismatched"), total("finding"), total("unpaired"), total("run.completed")]).toEqual(
    [13, 2, 2, 1, 1],
  );
  expect(sent.filter(({ kind }) => kind === "check")).toMatchObject([{ name: "gate", value: 2 }]);
  expect(sent.filter(({ kind }) => kind === "event")).toHaveLength(1);
  const names = new Set(sent.flatMap(({ tags }) => Object.keys(tags ?? {})));
  expect([...names].sort()).toEqual(["kind", "model", "path", "side", "stage", "target", "verdict"]);
});

/** A gate that a handful of equal pairs passes. */
const LAX = {
  models: { "*": { default: "exact", gate: { maxMismatchRate: 0.9, minCoverage: 0, maxErrorRate: 1 } } },
} as const;

async function firstKey(store: Store, prefix: string): Promise<string> {
  for await (const { key } of store.list(prefix)) return key;
  throw new Error(`nothing under ${prefix}`);
}

async function cut(store: Store, prefix: string): Promise<void> {
  const key = await firstKey(store, prefix);
  const body = await store.get(key);
  await store.put(key, body.subarray(0, body.length - 20));
}

async function copyOver(store: Store, key: string, rename: (key: string) => string): Promise<void> {
  expect(rename(key)).not.toBe(key);
  await store.put(rename(key), await store.get(key));
}

/** Throws at the n-th put. */
function failingAt(store: Store, fatal: number): Store {
  let puts = 0;
  return {
    ...store,
    put: (...args) => {
      if (puts++ === fatal) throw new Error("killed");
      return store.put(...args);
    },
  };
}

test("a store without anything says which command comes first", async () => {
  await expect(compareStage(testSession(memoryStore()), {})).rejects.toMatchObject({ code: "RUN_MISSING" });
});

test("answers to positions that an object does not hold are counted once, however many passes it takes", async () => {
  const build = async (): Promise<Store> => {
    const store = await buildLake({ objects: [equalPairs(12)] });
    const reader = await openObject(store, await firstKey(store, "replays/"), REPLAYS);
    const columns = await reader.read(
      0,
      REPLAYS.columns.map(({ name }) => name),
    );
    const rows = [0, 1].map((at) => ({
      ...Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[at]])),
      offset: 5000n + BigInt(at),
    }));
    await store.put(`replays/${RUN}/t@01234567~0~00000000000000001000~0~000099.parquet`, encode(REPLAYS, rows, 9, {}));
    return store;
  };
  const whole = await build();
  const pieces = await build();
  const { problems } = await compareStage(testSession(whole), {});
  await compareStage(testSession(pieces), { bufferBytes: 90 });
  expect(problems?.[0]?.message).toMatch(/^2 answers belong to no selected record/);
  expect(await comparedObjects(pieces)).toEqual(await comparedObjects(whole));
});
