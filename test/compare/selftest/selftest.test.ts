import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileModel } from "../../../compare/rules/compile.ts";
import { documentOf, placesOf, printWith } from "../../../compare/selftest/documents.ts";
import { type AnswerFault, FAULTS, mutations } from "../../../compare/selftest/faults.ts";
import { type ModelSelfTest, type ModelUnderTest, testModel } from "../../../compare/selftest/model.ts";
import { renderSelfTest } from "../../../compare/selftest/render.ts";
import type { SampleRow } from "../../../compare/selftest/sample.ts";
import { selfTestStage } from "../../../compare/selftest/stage.ts";
import { waivesOf } from "../../../compare/waive.ts";
import { resolveModel } from "../../../src/config/models.ts";
import type { WrittenConfig } from "../../../src/config/schema.ts";
import { buildLake, equalPairs, testConfig, testSession } from "../pipeline-lake.ts";

type Settings = NonNullable<WrittenConfig["models"]>[string];
const TODAY = "2026-11-23";
const GATE = { maxMismatchRate: 0.01 };
const STRICT: Settings = { default: "exact", gate: GATE };

function under(settings: Settings, compiledAs = settings): ModelUnderTest {
  const resolvedOf = (some: Settings) => resolveModel(testConfig({ models: { "*": some } }), "m");
  return {
    resolved: resolvedOf(settings),
    compiled: compileModel(resolvedOf(compiledAs), { today: TODAY }),
    gatedModels: 1,
    waives: waivesOf({}, TODAY),
    today: TODAY,
  };
}

function rowsOf(bodies: readonly string[], type = "application/json"): SampleRow[] {
  return bodies.map((body, at) => ({
    rank: { hash: at, log: "t", partition: 0, offset: String(at) },
    path: "",
    position: `t/0/${at}`,
    type,
    body: Buffer.from(body),
  }));
}

const ROWS = rowsOf(
  Array.from({ length: 8 }, (_, at) =>
    JSON.stringify({ label: at % 2 ? "cat" : "dog", score: 0.1 + at / 7, codes: [{ id: at + 1 }, { id: at + 9 }] }),
  ),
);
const outcomes = ({ faults }: ModelSelfTest) => FAULTS.map((fault) => faults[fault].outcome);
const rule = (more: object) => ({ ...STRICT, rules: [more] }) as Settings;

describe("a model whose rules are strict", () => {
  const result = testModel(under(STRICT), ROWS);
  test("has every fault caught in every answer, and matches itself", () => {
    expect(outcomes(result)).toEqual(FAULTS.map(() => "caught"));
    expect(result).toMatchObject({ ok: true, rows: 8, identity: [] });
    for (const fault of FAULTS) expect(result.faults[fault]).toMatchObject({ changed: 8, found: 8, tolerated: {} });
  });

  test("gives the same result each time: the faults are seeded", () => {
    expect(testModel(under(STRICT), ROWS)).toEqual(result);
  });
});

describe("what a rule accepts is tolerated, and the rule named", () => {
  test.each<[string, Settings, AnswerFault | "timeouts", string, string]>([
    [
      "a tolerance",
      rule({ path: "$.score", type: "number", atol: 0, rtol: 0.05 }),
      "scale",
      "$.score",
      'number at $.score, models."*".rules[0]',
    ],
    [
      "a decision",
      rule({ path: "$.score", type: "decision", threshold: 50 }),
      "scale",
      "$.score",
      'decision at $.score, models."*".rules[0]',
    ],
    [
      "a multiset",
      rule({ path: "$.codes", type: "list", mode: "multiset" }),
      "shuffle",
      "$.codes",
      'list at $.codes, models."*".rules[0]',
    ],
    [
      "an optional field",
      rule({ path: "$.label", type: "presence", state: "optional" }),
      "drop",
      "$.label",
      'presence at $.label, models."*".rules[0]',
    ],
    [
      "an ignore rule above it",
      rule({ path: "$.codes", type: "ignore", reason: "r", owner: "o", expires: TODAY }),
      "drop",
      "$.codes[*].id",
      'ignore at $.codes, models."*".rules[0]',
    ],
    [
      "a rule that only advises",
      rule({ path: "$.label", type: "label", weight: "advise" }),
      "swap",
      "$.label",
      'label at $.label, models."*".rules[0] (weight advise)',
    ],
    [
      "a deep tolerance",
      rule({ path: "$..*", type: "number", atol: 0.001, rtol: 0 }),
      "float32",
      "$.score",
      'number at $..*, models."*".rules[0]',
    ],
  ])("%s", (_name, settings, fault, field, name) => {
    const result = testModel(under(settings), ROWS);
    expect(result.faults[fault].missed).toEqual([]);
    expect(result.faults[fault].tolerated[field]).toEqual([name]);
    expect(result.ok).toBe(true);
  });

  test("an error rate that allows them", () => {
    const result = testModel(under({ default: "exact", gate: { ...GATE, maxErrorRate: 0.2 } }), ROWS);
    expect(result.faults.timeouts).toMatchObject({ outcome: "tolerated", tolerated: { $: ["gate.maxErrorRate 0.2"] } });
  });
});

describe("red", () => {
  test("is a model for which nothing is caught", () => {
    const all = rule({ path: "$", type: "ignore", reason: "r", owner: "o", expires: TODAY });
    const result = testModel(under(all), ROWS);
    expect(outcomes(result).slice(0, 5)).toEqual(Array(5).fill("tolerated"));
    expect(result.ok).toBe(false);
  });

  test("is an answer that does not match itself", () => {
    const result = testModel(under(rule({ path: "$.gone", type: "presence", state: "required" })), ROWS);
    expect(result.identity).toHaveLength(8);
    expect(result.ok).toBe(false);
  });

  const ignoring = (path: string) => rule({ path, type: "ignore", reason: "r", owner: "o", expires: TODAY });
  const wide = rule({ path: "$.score", type: "number", atol: 9, rtol: 0 });
  test.each<[string, Settings, Settings, AnswerFault, RegExp]>([
    ["drops a field's rule", STRICT, ignoring("$.score"), "scale", /^\$\.score of t\/0\/0: beyond every rule/],
    ["takes labels for equal", STRICT, ignoring("$.label"), "swap", /^\$\.label of/],
    ["takes any order", STRICT, rule({ path: "$.codes", type: "list", mode: "multiset" }), "shuffle", /^\$\.codes of/],
    [
      "is wider than its rule",
      rule({ path: "$.score", type: "number", atol: 1e-6, rtol: 0 }),
      wide,
      "scale",
      /^\$\.score of/,
    ],
    [
      "never sees a flip",
      rule({ path: "$.score", type: "decision", threshold: 0.1005 }),
      wide,
      "scale",
      /^\$\.score of/,
    ],
    [
      "goes by an ignore rule that has expired",
      rule({ path: "$.label", type: "ignore", reason: "r", owner: "o", expires: "2026-11-22" }),
      ignoring("$.label"),
      "swap",
      /^\$\.label of/,
    ],
  ])("is a comparison that %s", (_name, written, compared, fault, message) => {
    const result = testModel(under(written, compared), ROWS);
    expect(result.faults[fault].outcome).toBe("missed");
    expect(result.faults[fault].missed[0]).toMatch(message);
    expect(result.ok).toBe(false);
    const shown = { run: "r", rules: "x", ok: false, models: { m: result }, untested: [], exitCode: 1 as const };
    expect(renderSelfTest(shown, 120)).toMatch(/^SELF-TEST RED[\s\S]*✗ +m[\s\S]*MISSED[\s\S]*beyond every rule/);
  });
});

test("texts that are no JSON are swapped for another, and a path without a rule does not go by", () => {
  const plain = testModel(under(STRICT), rowsOf(["yes", "no"], "text/plain"));
  expect(plain.faults.swap).toMatchObject({ outcome: "caught", found: 2 });
  expect(plain.faults.scale.outcome).toBe("none");
  const uncovered = testModel(under({ gate: GATE, rules: [] }), ROWS);
  expect(uncovered.faults.scale).toMatchObject({ outcome: "caught", found: 8 });
});

test("a mutation changes its field and nothing else", () => {
  const answers = fc.record({
    n: fc.double(),
    s: fc.string(),
    list: fc.array(fc.nat(), { maxLength: 4 }),
    b: fc.boolean(),
  });
  fc.assert(
    fc.property(answers, fc.constantFrom(...FAULTS.slice(0, 5)), (value, fault) => {
      const text = JSON.stringify(value);
      const before = JSON.parse(text) as Record<string, unknown>;
      for (const { field, body } of mutations(
        fault as AnswerFault,
        "application/json",
        Buffer.from(text),
        new Map(),
        "s",
      )) {
        const after = JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>;
        const top = field.slice(2).replace("[*]", "");
        for (const name of Object.keys(before)) {
          if (name === top) expect(after[name]).not.toEqual(before[name]);
          else expect(after[name]).toEqual(before[name]);
        }
      }
    }),
  );
});

test("a document printed without a change reads as before", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const { document } = documentOf("application/json", Buffer.from(JSON.stringify(value)));
      expect(JSON.parse(printWith(document, new Map()))).toEqual(JSON.parse(JSON.stringify(value)));
      expect([...placesOf(document.root)].length).toBeGreaterThan(0);
    }),
  );
});

describe("the stage", () => {
  const session = async (models: WrittenConfig["models"], count = 60) =>
    testSession(await buildLake({ objects: [equalPairs(count), equalPairs(count, "other")] }), { models });

  test("needs no comparison, and tests every model of the run", async () => {
    const result = await selfTestStage(await session({ "*": STRICT }), {});
    expect([result.ok, result.exitCode, Object.keys(result.models)]).toEqual([true, 0, ["m", "other"]]);
    expect(result.models.m?.rows).toBe(50);
  });

  test("exits 1 when a model is red, and judges the chosen ones alone", async () => {
    const all = { path: "$", type: "ignore", reason: "r", owner: "o", expires: "2027-01-01" } as const;
    const red = await session({ other: { rules: [all], gate: GATE }, "*": STRICT });
    expect((await selfTestStage(red, {})).exitCode).toBe(1);
    expect((await selfTestStage(red, { models: ["m"] })).exitCode).toBe(0);
    await expect(selfTestStage(red, { models: ["typo"] })).rejects.toMatchObject({ code: "USAGE" });
  });

  test("exits 4 without a successful answer to try, and 1 when that is so of one model", async () => {
    const failed = equalPairs(3).map((pair) => ({ ...pair, legacyStatus: 500 }));
    const none = testSession(await buildLake({ objects: [failed] }), { models: { "*": STRICT } });
    expect(await selfTestStage(none, {})).toMatchObject({ exitCode: 4, ok: false, untested: ["m"] });
    const one = testSession(await buildLake({ objects: [[...failed, ...equalPairs(5, "x")]] }), {
      models: { "*": STRICT },
    });
    expect(await selfTestStage(one, {})).toMatchObject({ exitCode: 1, ok: false, untested: ["m"] });
  });
});
