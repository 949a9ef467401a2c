import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exportRun } from "../../../compare/export.ts";
import { compareStage } from "../../../compare/run-compare.ts";
import { toleranceStage } from "../../../compare/tolerance.ts";
import { compileMask, isMasked, type Mask, maskBody, maskResult } from "../../../compare/triage/mask.ts";
import type { Finding } from "../../../compare/types.ts";
import { resolveModel, rulesHash } from "../../../src/config/models.ts";
import { reportKey } from "../../../src/lake/keys.ts";
import { judge, modelOf } from "../pair-cases.ts";
import { buildLake, equalPairs, type PairSpec, RUN, testConfig, testSession } from "../pipeline-lake.ts";

const JSON_TYPE = "application/json; charset=utf-8";
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function masks(...paths: string[]): Mask | null {
  return compileMask(paths.map((path, index) => ({ path, pattern: "*", index })));
}

function shown(body: string, paths: string[], type = JSON_TYPE): string {
  return maskBody(masks(...paths), type, utf8(body));
}

describe("a body with masks", () => {
  test.each<[string, string[], string, string]>([
    ["a member", ["$.user.email"], '{"user":{"email":"a@b.c","age":7}}', '{"user":{"email":"•••","age":7}}'],
    ["whatever its type", ["$.a"], '{"a":{"b":[1,2]},"c":1.0}', '{"a":"•••","c":1.0}'],
    ["null, too", ["$.a"], '{"a":null}', '{"a":"•••"}'],
    ["elements", ["$.a[*].n"], '{"a":[{"n":"x"},{"n":"y","m":1}]}', '{"a":[{"n":"•••"},{"n":"•••","m":1}]}'],
    ["one element", ["$[1]"], '["x","y"]', '["x","•••"]'],
    ["at any depth", ["$..text"], '{"text":1,"a":[{"b":{"text":"x"}}]}', '{"text":"•••","a":[{"b":{"text":"•••"}}]}'],
    ["at any depth below", ["$.a..n"], '{"n":1,"a":{"n":2,"b":{"n":3}}}', '{"n":1,"a":{"n":"•••","b":{"n":"•••"}}}'],
    ["behind a depth", ["$..a.b"], '{"b":1,"x":{"a":{"b":2,"c":3}}}', '{"b":1,"x":{"a":{"b":"•••","c":3}}}'],
    ["a name with dots", ['$["a.b"]'], '{"a.b":1,"a":{"b":2}}', '{"a.b":"•••","a":{"b":2}}'],
    ["a name with two dots", ['$["a..b"]'], '{"a..b":1,"b":2}', '{"a..b":"•••","b":2}'],
    ["at any depth, quoted", ['$..["a b"]'], '[{"a b":1}]', '[{"a b":"•••"}]'],
    ["all below", ["$.a..*"], '{"a":[1],"b":2}', '{"a":"•••","b":2}'],
    ["nothing that is not there", ["$.z"], '{"a":1.50}', '{"a":1.50}'],
    ["a name that is a number", ["$.0"], '{"0":1}', '{"0":"•••"}'],
    ["not an element by the name of its index", ["$.0"], "[1]", "[1]"],
  ])("hides %s", (_name, paths, body, expected) => {
    expect(shown(body, paths)).toBe(expected);
  });

  test("shows no earlier value of a repeated member, nor of a member of one", () => {
    expect(shown('{"e":"first@x","e":"second@x"}', ["$.e"])).toBe('{"e":"•••"}');
    expect(shown('{"u":{"e":"first@x"},"u":5}', ["$.u.e"])).toBe('{"u":5}');
  });

  test.each<[string, string[], string, string]>([
    ["everything", ["$"], "{}", JSON_TYPE],
    ["everything", ["$..*"], "{}", JSON_TYPE],
    ["what does not parse as its type says", ["$.a"], '{"a":"x', JSON_TYPE],
    ["text, into which no path leads", ["$.a"], "a=x", "application/x-www-form-urlencoded"],
    ["text that would be JSON under another type", ["$.a"], '{"a":"x"}', "text/plain"],
  ])("hides the whole: %s under %j", (_name, paths, body, type) => {
    expect(shown(body, paths, type)).toBe("•••");
  });

  test("reaches into rows of CSV and JSON Lines", () => {
    expect(shown("name,n\nAnn,1\n", ["$[*].name"], "text/csv; header=present")).toBe('[{"name":"•••","n":1}]');
    expect(shown('{"t":1}\n{"t":2,"u":3}\n', ["$..t"], "application/x-ndjson")).toBe('[{"t":"•••"},{"t":"•••","u":3}]');
  });

  test("without masks a body stays as it came", () => {
    expect(shown(' {"a" : 1.0, "a":2}', [])).toBe(' {"a" : 1.0, "a":2}');
  });

  test("never shows what a path leads to, wherever it stands, and shows all else", () => {
    const leaf = fc.constantFrom<unknown>("SECRET", "plain", 1, null, true);
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom("a", "b", "s"), tie("tree"), { maxKeys: 3 }),
      ),
    }));
    const hide = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(hide);
      if (value === null || typeof value !== "object") return value;
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, k === "s" ? "•••" : hide(v)]));
    };
    fc.assert(
      fc.property(tree, (value) => {
        expect(JSON.parse(shown(JSON.stringify(value), ["$..s"]))).toEqual(hide(value));
      }),
    );
  });

  test.each(["$.a..", "$.a...b", "$..*.b", "$.a b", "$[x]"])("%s is refused, with where it stands", (path) => {
    expect(() => compileMask([{ path, pattern: "p/*", index: 3 }])).toThrow(
      expect.objectContaining({ code: "CONFIG", details: expect.objectContaining({ place: 'models."p/*".mask[3]' }) }),
    );
  });
});

describe("findings with masks", () => {
  const finding = (paths: string[], legacy: string, candidate: string, rules: unknown[] = []): Finding[] => [
    ...maskResult(masks(...paths), judge(modelOf(rules), legacy, candidate)).findings,
  ];

  test("values of a masked path are hidden on both sides, and their distance with them", () => {
    const [found] = finding(["$.a"], '{"a":1}', '{"a":2}');
    expect(found).toMatchObject({ path: "$.a", kind: "value", legacy: '"•••"', candidate: '"•••"', delta: null });
  });

  test("a value that holds a masked one shows the rest; a side that is absent stays absent", () => {
    const [found] = finding(["$..email"], '{"u":{"email":"a@b","n":1}}', "{}");
    expect(found).toMatchObject({ path: "$.u", legacy: '{"email":"•••","n":1}', candidate: null });
  });

  test("a whole body that stands as one string is hidden, statuses are not", () => {
    expect(finding(["$.a"], '{"a":"secret"}', '{"a":"secret')[0]?.candidate).toBe('"•••"');
    const failed = judge(modelOf([]), '{"a":1}', { status: 500, body: "secret" } as never);
    expect(maskResult(masks("$.a"), failed).findings[0]).toMatchObject({ legacy: "200", candidate: "500" });
  });

  test("a field is masked when what it stands for may be", () => {
    const mask = masks("$.a[0].b", "$..t");
    expect(["$.a[*].b", "$.a[*].c", "$.x[*].t", "$.t.u"].map((path) => isMasked(mask, path))).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });
});

/** Six digits of the numbers, so that each of them would be found. */
const LEAK = /SECRET|867531|903576/;

describe("a comparison with masks", () => {
  const PAIRS: PairSpec[] = Array.from({ length: 6 }, (_, i) => ({
    legacy: JSON.stringify({ label: `SECRET-${i}`, user: { mail: `SECRET@${i}` }, score: 8675310 + i }),
    candidate: JSON.stringify({ label: `SECRET+${i}`, score: 9035768 }),
  }));
  const models = (mask?: string[]) =>
    ({
      "*": { rules: [{ path: "$.label", type: "label" }], default: "exact", gate: {}, ...(mask ? { mask } : {}) },
    }) as never;
  const MASK = ["$.label", "$.user.mail", "$.score"];

  test("judges as without, and neither diffs nor summary hold a masked value", async () => {
    const store = await buildLake({ objects: [PAIRS, equalPairs(3)] });
    const plain = await compareStage(testSession(store, { models: models() }), {});
    const masked = await compareStage(testSession(store, { models: models(MASK) }), {});
    expect(masked.outcomes).toEqual(plain.outcomes);
    expect(masked.models.m?.fields).toEqual(plain.models.m?.fields);
    expect(JSON.stringify(plain)).toMatch(/SECRET/);
    expect(JSON.stringify(masked)).not.toMatch(LEAK);
    const diffs = testSession(store, {});
    await exportRun(diffs, masked, "ndjson", diffs.streams.stdout);
    const report = Buffer.from(await store.get(reportKey(RUN, masked.rules))).toString("utf8");
    for (const text of [diffs.out.join(""), report]) expect(text).not.toMatch(LEAK);
    expect(diffs.out.join("").match(/•••/g)?.length).toBeGreaterThan(12);
  });

  test("its masks are part of its name, since what it holds depends on them; without any the name is the old one", () => {
    const hash = (mask?: string[]) => rulesHash(testConfig({ models: models(mask) }));
    expect(new Set([hash(), hash(MASK), hash(["$.label"])]).size).toBe(3);
    expect(hash()).toBe(rulesHash(testConfig({ models: models() })));
  });

  test("every matching pattern adds its masks", () => {
    const config = testConfig({
      models: { "a/*": { mask: ["$.x"] }, "b/*": { mask: ["$.y"] }, "*": { mask: ["$.z"] } },
    });
    expect(resolveModel(config, "a/1").masks?.map(({ path }) => path)).toEqual(["$.x", "$.z"]);
    expect(resolveModel(testConfig({}), "a/1").masks).toBeUndefined();
  });

  test("a tolerance is told of masked numbers all the same", async () => {
    const store = await buildLake({ objects: [PAIRS] });
    const tolerances = await toleranceStage(testSession(store, { models: models(["$.score"]) }), {});
    expect(tolerances.models.m?.fields["$.score"]).toMatchObject({ pairs: 6, stuck: 0 });
  });

  test("a mask that cannot be read is refused before any work", async () => {
    const store = await buildLake({ objects: [PAIRS] });
    await expect(compareStage(testSession(store, { models: models(["$.a b"]) }), {})).rejects.toMatchObject({
      code: "CONFIG",
      details: { place: 'models."*".mask[0]' },
    });
  });
});
