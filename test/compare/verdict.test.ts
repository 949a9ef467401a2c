import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Verdict } from "../../compare/summary.ts";
import { judgeModel, judgeRun, type ModelFacts, worst } from "../../compare/verdict.ts";
import { GATE_DEFAULTS, type Gate } from "../../src/config/rules.ts";

interface Counts {
  readonly n: number;
  readonly k: number;
  readonly unpaired?: number;
  readonly notComparable?: number;
  readonly skippedBy?: Record<string, number>;
}

function factsOf(
  { n, k, unpaired = 0, notComparable = 0, skippedBy = {} }: Counts,
  more: Partial<ModelFacts> = {},
): ModelFacts {
  const skipped = Object.values(skippedBy).reduce((sum, value) => sum + value, 0);
  const scope = n + unpaired + notComparable;
  return {
    gate: { ...GATE_DEFAULTS, maxMismatchRate: 0.01 },
    gatedModels: 1,
    k,
    critical: 0,
    coverage: { captured: scope + skipped, scope, compared: n, unpaired, notComparable, skipped, skippedBy },
    unparseable: 0,
    uncovered: [],
    expired: [],
    byIds: false,
    ...more,
  };
}

const gate = (change: Partial<Gate>): Partial<ModelFacts> => ({
  gate: { ...GATE_DEFAULTS, maxMismatchRate: 0.01, ...change },
});
const expired = [{ pattern: "*", index: 2, path: "$.t", type: "ignore" }];

describe("a model", () => {
  test.each<[string, ModelFacts, Verdict, RegExp]>([
    [
      "passes when the bound is within the limit",
      factsOf({ n: 10_000, k: 3 }),
      "pass",
      /3 mismatches in 10,000 pairs \(0.03 %\); with 99 % confidence at most 0.101 %, the limit is 1 %/,
    ],
    [
      "fails when the rate is above it for sure",
      factsOf({ n: 1000, k: 100 }),
      "fail",
      /100 mismatches in 1,000 pairs \(10 %\); with 99 % confidence more than 7.\d+ %/,
    ],
    [
      "is inconclusive between, and says how many more",
      factsOf({ n: 100, k: 0 }),
      "inconclusive",
      /about 359 more pairs are needed/,
    ],
    [
      "is inconclusive for good at a rate not below the limit",
      factsOf({ n: 100, k: 1 }),
      "inconclusive",
      /no number of pairs can prove that/,
    ],
    [
      "can never prove a limit of 0",
      factsOf({ n: 1e6, k: 0 }, gate({ maxMismatchRate: 0 })),
      "inconclusive",
      /no number of pairs/,
    ],
    [
      "fails on one critical mismatch",
      factsOf({ n: 100_000, k: 1 }, { critical: 1 }),
      "fail",
      /1 pair differs under a critical rule/,
    ],
    [
      "fails on missing answers",
      factsOf({ n: 10_000, k: 0, unpaired: 1 }),
      "fail",
      /coverage 99.9 % is below 100 %: 1 record without an answer of 10,001/,
    ],
    [
      "bears missing answers within its coverage",
      factsOf({ n: 10_000, k: 0, unpaired: 1 }, gate({ minCoverage: 0.99 })),
      "pass",
      /0 mismatches/,
    ],
    [
      "fails on legacy answers that cannot be parsed",
      factsOf({ n: 9999, k: 0, notComparable: 1 }, { unparseable: 1, ...gate({ maxErrorRate: 1 }) }),
      "fail",
      /legacy answer that cannot be parsed/,
    ],
    [
      "fails on errors above their rate",
      factsOf({ n: 9900, k: 0, notComparable: 100 }),
      "fail",
      /error rate 1 % is above 0.1 %: 100 of 10,000 failed/,
    ],
    ["is an error without a pair", factsOf({ n: 0, k: 0, skippedBy: { decided: 5 } }), "error", /nothing was compared/],
    [
      "is an error with a path that no rule covers",
      factsOf({ n: 10_000, k: 0 }, { uncovered: ["$.new"] }),
      "error",
      /no rule covers \$\.new/,
    ],
    [
      "is an error under an expired ignore rule",
      factsOf({ n: 10_000, k: 0 }, { expired }),
      "error",
      /models\."\*"\.rules\[2\] \(ignore \$\.t\) has expired/,
    ],
    [
      "is an error where replay skipped records",
      factsOf({ n: 10_000, k: 0, skippedBy: { endpoint_missing: 7 } }),
      "error",
      /skipped 7 endpoint_missing of 10,007/,
    ],
    [
      "bears records skipped because all was decided",
      factsOf({ n: 10_000, k: 0, skippedBy: { decided: 7 } }),
      "pass",
      /0 mismatches/,
    ],
    ["chosen by ids never passes", factsOf({ n: 10_000, k: 0 }, { byIds: true }), "inconclusive", /chosen by id/],
    ["chosen by ids may fail", factsOf({ n: 1000, k: 100 }, { byIds: true }), "fail", /100 mismatches/],
    ["without a gate decides nothing", factsOf({ n: 10_000, k: 0 }, { gate: null }), "inconclusive", /no gate/],
  ])("%s", (_name, facts, verdict, reason) => {
    const judged = judgeModel(facts);
    expect(judged.verdict).toBe(verdict);
    expect(judged.reasons.join("; ")).toMatch(reason);
    expect(judged.pairsNeeded === null || judged.verdict === "inconclusive").toBe(true);
  });

  test("shares α with the other gated models of the run", () => {
    const alone = judgeModel(factsOf({ n: 470, k: 0 }));
    const amongMany = judgeModel(factsOf({ n: 470, k: 0 }, { gatedModels: 400 }));
    expect([alone.verdict, amongMany.verdict]).toEqual(["pass", "inconclusive"]);
    expect(amongMany.confidence).toBeCloseTo(1 - 0.01 / 400, 12);
    expect(amongMany.upper).toBeGreaterThan(alone.upper);
  });
});

const RANK: Record<Verdict, number> = { pass: 0, inconclusive: 1, fail: 2, error: 3 };
const counts = fc
  .record({
    matches: fc.integer({ min: 1, max: 3000 }),
    k: fc.nat({ max: 60 }),
    unpaired: fc.nat({ max: 4 }),
    notComparable: fc.nat({ max: 4 }),
  })
  .map(({ matches, k, ...rest }) => ({ n: matches + k, k, matches, ...rest }));
const someGate = fc
  .record({
    maxMismatchRate: fc.constantFrom(0, 0.001, 0.01, 0.1),
    minCoverage: fc.constantFrom(0, 0.99, 1),
    maxErrorRate: fc.constantFrom(0, 0.01, 1),
  })
  .map(gate);

describe("a verdict never improves", () => {
  const never = (change: (counts: Counts & { matches: number }) => Counts) =>
    fc.assert(
      fc.property(counts, someGate, (before, settings) => {
        const was = judgeModel(factsOf(before, settings)).verdict;
        const is = judgeModel(factsOf(change(before), settings)).verdict;
        expect(RANK[is]).toBeGreaterThanOrEqual(RANK[was]);
      }),
      { numRuns: 400 },
    );

  test("when a match becomes a mismatch", () => never((c) => ({ ...c, k: c.k + 1 })));
  test("when a match loses its answer", () => never((c) => ({ ...c, n: c.n - 1, unpaired: (c.unpaired ?? 0) + 1 })));
  test("when a match becomes an error", () =>
    never((c) => ({ ...c, n: c.n - 1, notComparable: (c.notComparable ?? 0) + 1 })));
  test("when all matches are gone", () => never((c) => ({ ...c, n: c.k, unpaired: (c.unpaired ?? 0) + c.matches })));
  test("when mismatches are added", () => never((c) => ({ ...c, n: c.n + 5, k: c.k + 5 })));

  test("when a model gets worse, or a problem is found", () => {
    const verdicts = fc.array(fc.constantFrom<Verdict>("pass", "inconclusive", "fail", "error"), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(verdicts, fc.nat({ max: 4 }), (all, at) => {
        const modelsOf = (each: Verdict[]) =>
          each.map((verdict, i) => [`m${i}`, { n: 1, limit: 0.1, verdict, reasons: [] }] as const);
        const was = judgeRun(modelsOf(all), []);
        const harmed = all.map((verdict, i) => (i === at ? worst([verdict, "fail"]) : verdict));
        expect(RANK[judgeRun(modelsOf(harmed), []).verdict]).toBeGreaterThanOrEqual(RANK[was.verdict]);
        const broken = judgeRun(modelsOf(all), [{ place: "p", message: "m" }]);
        expect([broken.verdict, broken.exitCode, broken.ready]).toEqual(["error", 5, []]);
      }),
    );
  });
});

describe("a run", () => {
  const model = (verdict: Verdict, change: { n?: number; limit?: number | null } = {}) => ({
    n: 10,
    limit: 0.1,
    verdict,
    reasons: ["why"],
    ...change,
  });

  test.each<[string, Parameters<typeof judgeRun>[0], Verdict, number]>([
    [
      "of models that pass",
      [
        ["a", model("pass")],
        ["b", model("pass")],
      ],
      "pass",
      0,
    ],
    [
      "is as bad as its worst gated model",
      [
        ["a", model("pass")],
        ["b", model("fail")],
        ["c", model("inconclusive")],
      ],
      "fail",
      1,
    ],
    [
      "with one inconclusive model",
      [
        ["a", model("pass")],
        ["b", model("inconclusive")],
      ],
      "inconclusive",
      3,
    ],
    [
      "with an error beside a failure",
      [
        ["a", model("error")],
        ["b", model("fail")],
      ],
      "error",
      5,
    ],
    [
      "takes no account of a model without a gate",
      [
        ["a", model("pass")],
        ["b", model("inconclusive", { limit: null })],
      ],
      "pass",
      0,
    ],
    ["without a gated model", [["b", model("inconclusive", { limit: null })]], "error", 5],
    ["without a pair", [["a", model("error", { n: 0 })]], "error", 4],
    ["without a model", [], "error", 4],
  ])("%s", (_name, models, verdict, exitCode) => {
    const judged = judgeRun(models, []);
    expect([judged.verdict, judged.exitCode]).toEqual([verdict, exitCode]);
    expect(judged.reasons.length).toBeGreaterThan(0);
  });

  test("names the models that are ready, and the reasons of those that are not", () => {
    const judged = judgeRun(
      [
        ["b", model("pass")],
        ["a", model("fail")],
      ],
      [],
    );
    expect(judged.ready).toEqual(["b"]);
    expect(judged.reasons).toEqual(["a: why"]);
  });
});
