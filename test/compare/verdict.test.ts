import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Verdict } from "../../compare/summary.ts";
import type { ModelFacts } from "../../compare/verdict/facts.ts";
import { judgeModel, judgeRun, worst } from "../../compare/verdict.ts";
import { GATE_DEFAULTS, type Gate } from "../../src/config/rules.ts";

interface Counts {
  readonly n: number;
  readonly k: number;
  readonly unpaired?: number;
  readonly notComparable?: number;
  readonly skippedBy?: Record<string, number>;
}

const NO_LATENCY = { count: 0, p50: null, p95: null, p99: null };
const latencyOf = (count: number, p99: number) => ({ count, p50: p99 / 2, p95: p99 / 2, p99 });

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
    expiredWaivers: [],
    empty: {},
    narrowed: null,
    sampled: false,
    looks: "fixed",
    latency: { legacy: NO_LATENCY, candidate: NO_LATENCY },
    costPer1000: null,
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
      "is inconclusive where a call ended at a cap, with what was proved",
      factsOf({ n: 10_000, k: 0, skippedBy: { max_duration: 7 } }),
      "inconclusive",
      /ended at max_duration before 7 of 10,007 selected records were sent: the same command goes on/,
    ],
    [
      "fails all the same where what was sent is bad",
      factsOf({ n: 1000, k: 100, skippedBy: { max_duration: 7 } }),
      "fail",
      /100 mismatches/,
    ],
    [
      "bears records that a sequential run has not come to",
      factsOf({ n: 10_000, k: 0, skippedBy: { later_layers: 7 } }, { looks: "anytime" }),
      "pass",
      /0 mismatches/,
    ],
    [
      "bears records skipped because all was decided",
      factsOf({ n: 10_000, k: 0, skippedBy: { decided: 7 } }),
      "pass",
      /0 mismatches/,
    ],
    ["chosen by ids never passes", factsOf({ n: 10_000, k: 0 }, { narrowed: "by id" }), "inconclusive", /chosen by id/],
    ["chosen by ids may fail", factsOf({ n: 1000, k: 100 }, { narrowed: "by id" }), "fail", /100 mismatches/],
    [
      "passes a census of every request, and claims nothing more",
      factsOf({ n: 40, k: 0 }, gate({ evidence: "census" })),
      "pass",
      /^census: 0 mismatches in 40 pairs .*; no claim about future traffic$/,
    ],
    [
      "passes a census with as many mismatches as are allowed",
      factsOf({ n: 40, k: 2 }, gate({ evidence: "census", maxMismatches: 2 })),
      "pass",
      /at most 2 allowed/,
    ],
    [
      "fails a census with one more",
      factsOf({ n: 40, k: 3 }, gate({ evidence: "census", maxMismatches: 2 })),
      "fail",
      /3 mismatches in 40 pairs \(7.5 %\); at most 2 are allowed/,
    ],
    [
      "is inconclusive as a census that misses a request",
      factsOf({ n: 40, k: 0, unpaired: 1 }, gate({ evidence: "census", minCoverage: 0 })),
      "inconclusive",
      /every captured request compared: 40 of 41 are/,
    ],
    [
      "is inconclusive as a census of a sample",
      factsOf({ n: 40, k: 0 }, { ...gate({ evidence: "census" }), sampled: true }),
      "inconclusive",
      /selected a part/,
    ],
    [
      "fails above a number of mismatches also where the bound is judged",
      factsOf({ n: 10_000, k: 3 }, gate({ maxMismatches: 2 })),
      "fail",
      /at most 2 are allowed/,
    ],
    [
      "is inconclusive on answers that hold nothing",
      factsOf({ n: 1000, k: 0 }, { empty: { null: 400, error: 101 } }),
      "inconclusive",
      /50.1 % of the pairs hold nothing that could differ \(400 both null, 101 both error\), the limit is 50 %/,
    ],
    ["bears half of them", factsOf({ n: 1000, k: 0 }, { empty: { null: 500 } }), "pass", /0 mismatches/],
    [
      "fails on a p99 above its ratio",
      factsOf(
        { n: 10_000, k: 0 },
        { ...gate({ maxP99Ratio: 1.5 }), latency: { legacy: latencyOf(1000, 10), candidate: latencyOf(1000, 16) } },
      ),
      "fail",
      /p99 latency is ×1.60 of legacy's \(10 ms → 16 ms\), the limit is ×1.5/,
    ],
    [
      "bears a p99 at its ratio",
      factsOf(
        { n: 10_000, k: 0 },
        { ...gate({ maxP99Ratio: 1.5 }), latency: { legacy: latencyOf(1000, 10), candidate: latencyOf(1000, 15) } },
      ),
      "pass",
      /0 mismatches/,
    ],
    [
      "is inconclusive about latency without 1,000 answers",
      factsOf(
        { n: 10_000, k: 0 },
        { ...gate({ maxP99Ratio: 1.5 }), latency: { legacy: latencyOf(1000, 10), candidate: latencyOf(999, 10) } },
      ),
      "inconclusive",
      /needs 1,000 latencies of each side: there are 1,000 of legacy's and 999 warm ones/,
    ],
    [
      "is inconclusive about latency that legacy did not tell",
      factsOf(
        { n: 10_000, k: 0 },
        { ...gate({ maxP99Ratio: 1.5 }), latency: { legacy: NO_LATENCY, candidate: latencyOf(9999, 10) } },
      ),
      "inconclusive",
      /there are 0 of legacy's/,
    ],
    [
      "fails above its cost",
      factsOf({ n: 10_000, k: 0 }, { ...gate({ maxCostPer1000: 0.5 }), costPer1000: 0.51 }),
      "fail",
      /1,000 calls cost 0.51, the limit is 0.5/,
    ],
    [
      "is an error with a cost limit and no price",
      factsOf({ n: 10_000, k: 0 }, gate({ maxCostPer1000: 0.5 })),
      "error",
      /needs the target's `price`/,
    ],
    [
      "is an error under an expired waiver that names a difference of it",
      factsOf({ n: 10_000, k: 0 }, { expiredWaivers: ["2:0123456789ab"] }),
      "error",
      /waiver of 2:0123456789ab has expired/,
    ],
    [
      "needs more pairs where it is looked at again and again",
      factsOf({ n: 640, k: 0 }, { looks: "anytime" }),
      "inconclusive",
      /about 21 more pairs are needed/,
    ],
    [
      "passes with them, and says what kind of bound it is",
      factsOf({ n: 661, k: 0 }, { looks: "anytime" }),
      "pass",
      /a bound that holds at every look/,
    ],
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
    evidence: fc.constantFrom("bound" as const, "census" as const),
    maxMismatches: fc.constantFrom(null, 0, 5),
  })
  .chain((change) =>
    fc.constantFrom<ModelFacts["looks"]>("fixed", "anytime").map((looks) => ({ ...gate(change), looks })),
  );

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
  test("when pairs turn out to hold nothing", () =>
    fc.assert(
      fc.property(counts, someGate, fc.nat({ max: 100 }), (before, settings, percentEmpty) => {
        const empty = { null: Math.floor((before.matches * percentEmpty) / 100) };
        const was = judgeModel(factsOf(before, settings)).verdict;
        expect(RANK[judgeModel(factsOf(before, { ...settings, empty })).verdict]).toBeGreaterThanOrEqual(RANK[was]);
      }),
    ));
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
        const waived = judgeRun(modelsOf(all), [], ["2:0123456789ab"]);
        expect([waived.verdict, waived.exitCode, waived.ready]).toEqual(["error", 5, was.ready]);
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
