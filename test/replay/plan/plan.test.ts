import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { pinRun, planRun } from "../../../replay/plan/plan.ts";
import {
  checkEndpoints,
  expandHeaders,
  httpEndpoints,
  sagemakerEndpoint,
  targetIdentity,
} from "../../../replay/targets/endpoint.ts";
import { targetSchema } from "../../../src/config/schema.ts";
import { hashPosition } from "../../../src/hash.ts";
import { KEY_NAME } from "../../../src/lake/keys.ts";
import type { SelectionQuery } from "../../../src/lake/run.ts";
import { parseTime, queryOf } from "../../../src/lake/select/query.ts";
import { selectCaptures } from "../../../src/lake/select/select.ts";
import { compileSelection } from "../../../src/lake/selection.ts";
import { type CapturedRecord, formatPosition } from "../../../src/record.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/port.ts";
import { LOG, rows, START, writeCapture } from "../world.ts";

const ALL: SelectionQuery = { models: [], since: null, until: null, sample: null, limitPerModel: null, ids: null };

describe("a selection", () => {
  const store = memoryStore();
  const records: CapturedRecord[] = [];
  beforeAll(async () => {
    for (const first of [0, 30, 60]) {
      const part = rows(first, 30, ["a", "a", "client/b", "c"]);
      records.push(...part);
      await writeCapture(store, part, 8);
    }
  });

  /** The reading of the flags, by the book, over all records in memory. */
  function oracle(query: SelectionQuery): CapturedRecord[] {
    const { since, until, ids, sample, limitPerModel } = query;
    const matches = (r: CapturedRecord): boolean =>
      (query.models.length === 0 || query.models.includes(r.model)) &&
      (since === null || r.capturedAt >= since) &&
      (until === null || r.capturedAt < until) &&
      (ids === null || ids.includes(r.id) || ids.includes(formatPosition(r))) &&
      (sample === null || hashPosition(r) < sample * 2 ** 32);
    const kept = records.filter(matches);
    if (limitPerModel === null) return kept;
    const models = [...new Set(kept.map(({ model }) => model))];
    return models.flatMap((model) =>
      kept
        .filter((r) => r.model === model)
        .sort((a, b) => hashPosition(a) - hashPosition(b))
        .slice(0, limitPerModel),
    );
  }

  const nullable = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null });
  const query = fc.record({
    models: fc.subarray(["a", "client/b", "c"]),
    since: nullable(fc.integer({ min: START, max: START + 60_000 })),
    until: nullable(fc.integer({ min: START + 20_000, max: START + 95_000 })),
    sample: nullable(fc.double({ min: 0.05, max: 1, noNaN: true })),
    limitPerModel: nullable(fc.integer({ min: 1, max: 30 })),
    ids: nullable(
      fc.array(
        fc.integer({ min: 0, max: 95 }).map((n) => (n % 3 === 0 ? `${LOG}/0/${n}` : `id-${n}`)),
        { minLength: 1, maxLength: 60 },
      ),
    ),
  });

  test("is counted exactly, per model and object, and its rows are found again from the pinned query alone", async () => {
    await fc.assert(
      fc.asyncProperty(query, async (asked) => {
        const expected = oracle(asked);
        const selection = await selectCaptures(store, asked).catch((error) => error);
        if (expected.length === 0) {
          expect(selection).toMatchObject({ code: "NOTHING_SELECTED", exitCode: 4 });
          return;
        }
        expect(selection.planned).toBe(expected.length);
        const count = (of: (r: CapturedRecord) => string) => {
          const counts: Record<string, number> = {};
          for (const r of expected) counts[of(r)] = (counts[of(r)] ?? 0) + 1;
          return counts;
        };
        expect(selection.models).toEqual(count(({ model }) => model));
        const perObject = count(({ offset }) => String(offset / 30n));
        expect(selection.objects.map((o: { selected: number }) => o.selected)).toEqual(
          ["0", "1", "2"].map((i) => perObject[i] ?? 0),
        );
        const selects = compileSelection(selection.query, selection.limits);
        expect(
          records
            .filter(selects)
            .map((r) => r.offset)
            .sort(),
        ).toEqual(expected.map((r) => r.offset).sort());
      }),
      { numRuns: 40 },
    );
  });

  test.each(["--json", "-x", "../r1", "a b", ""])(
    "is not given the name %j, which commands could not be told",
    async (run) => {
      const failure = await planRun({ ...requestOf(store), run, now: 1 }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: "USAGE", details: { received: run, expected: KEY_NAME } });
    },
  );

  test("of nothing says what the store holds", async () => {
    await expect(selectCaptures(store, { ...ALL, models: ["zzz"] })).rejects.toMatchObject({
      code: "NOTHING_SELECTED",
      details: {
        expected: expect.stringMatching(
          /90 records: a \(48\), c \(21\), client\/b \(21\); 2026-11-01T00:00:00.000Z to /,
        ),
        received: "models zzz",
      },
    });
    await expect(selectCaptures(memoryStore(), ALL)).rejects.toMatchObject({
      code: "NOTHING_SELECTED",
      details: { hint: "cutover capture" },
    });
  });

  test("is pinned once: of two that plan at the same time both get the same run", async () => {
    const request = requestOf(store);
    const plans = await Promise.all([1, 2].map((now) => planRun({ ...request, now })));
    const pinned = await Promise.all(plans.map(({ run }) => pinRun(store, run)));
    expect(pinned[0]).toEqual(pinned[1]);
    expect(await planRun({ ...request, now: 3 })).toEqual({ run: pinned[0], pinned: true });
  });
});

function requestOf(from: Store): Omit<Parameters<typeof planRun>[0], "now"> {
  const target = { name: "t", kind: "http", hash: "h" } as const;
  return { store: from, query: ALL, target, run: undefined, sameAs: undefined, fresh: false, version: "0" };
}

describe("flags", () => {
  test.each([
    ["2026-11-23", Date.UTC(2026, 10, 23)],
    ["2026-11-23T10:00:00", Date.UTC(2026, 10, 23, 10)],
    ["2026-11-23T10:00:00+02:00", Date.UTC(2026, 10, 23, 8)],
    ["2026-11-23T10:00Z", Date.UTC(2026, 10, 23, 10)],
    ["1795440607119", 1795440607119],
  ])("--since %s is %i", (text, expected) => {
    expect(parseTime("--since", text)).toBe(expected);
  });

  test.each(["24h", "yesterday", "2026-13-01", "", "11/23/2026"])("--since %j is refused", (text) => {
    expect(() => parseTime("--since", text)).toThrow(expect.objectContaining({ code: "USAGE" }));
  });

  test.each([
    { sample: "0" },
    { sample: "1.5" },
    { sample: "10" },
    { sample: "x" },
    { limit: "0" },
    { limit: "1.5" },
    { ids: "/nowhere/ids.txt" },
    { since: "2026-11-02", until: "2026-11-02" },
  ])("%j are refused", async (flags) => {
    await expect(queryOf(flags)).rejects.toMatchObject({ code: "USAGE" });
  });

  test("the order of models does not matter", async () => {
    expect(await queryOf({ model: ["b", "a", "b"], sample: ".5", limit: "10" })).toEqual({
      ...ALL,
      models: ["a", "b"],
      sample: 0.5,
      limitPerModel: 10,
    });
  });
});

describe("the endpoint of a model", () => {
  const http = (url: string) => httpEndpoints("t", { url, headers: {} });
  test.each([
    ["http://h:1/{model}/invocations", "client-a/x@1", "http://h:1/client-a/x%401/invocations"],
    ["http://h:1", "m", "http://h:1/"],
    ["https://h/v1?m={model}", "a/b", "https://h/v1?m=a/b"],
    ["http://h/fixed#frag", "m", "http://h/fixed"],
  ])("of %s for %s is %s", (url, model, key) => {
    expect(http(url).of(model).key).toBe(key);
  });

  test.each(["http://{model}.example/x", "http://{model}/x", "ftp://h/x", "h:8080/x", "http://user:pw@h/x"])(
    "of %s is refused",
    (url) => {
      expect(() => http(url)).toThrow(expect.objectContaining({ code: "TARGET_UNUSABLE" }));
    },
  );

  test("in SageMaker takes what an endpoint's name can hold, and refuses two models that meet there", () => {
    const settings = { endpoint: "mod-{model}" };
    expect(sagemakerEndpoint("t", settings, "client-a/tox_v2").address).toBe("mod-client-a-tox-v2");
    expect(() => sagemakerEndpoint("t", settings, "x".repeat(60))).toThrow(
      expect.objectContaining({ code: "TARGET_UNUSABLE" }),
    );
    const check = (template: string, models: string[]) =>
      checkEndpoints("p", template, models, (model) => sagemakerEndpoint("t", { endpoint: template }, model));
    expect(() => check("mod-{model}", ["a/b", "a-b"])).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ received: "both become mod-a-b" }) }),
    );
    expect(check("shared", ["a/b", "a-b"]).size).toBe(2);
  });

  test("headers come from the environment, and a missing variable is told", () => {
    expect(expandHeaders("t", { "X-Key": "a ${K} b" }, { K: "1" })).toEqual({ "x-key": "a 1 b" });
    expect(() => expandHeaders("t", { "X-Key": "${NOPE}" }, {})).toThrow(
      expect.objectContaining({ code: "TARGET_UNUSABLE", message: "the environment variable NOPE is not set" }),
    );
  });

  test("and headers are what a target is; pace is not", () => {
    const identity = (more: object) =>
      targetIdentity("t", targetSchema.parse({ http: { url: "http://h/{model}" }, ...more })).hash;
    expect(identity({ timeout: "1s", concurrency: { total: 1 }, retry: { attempts: 9 } })).toBe(identity({}));
    expect(identity({ http: { url: "http://h/{model}", headers: { a: "b" } } })).not.toBe(identity({}));
  });
});
