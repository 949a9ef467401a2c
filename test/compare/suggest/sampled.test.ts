/** `rules suggest` where there are more pairs than it judges again: what it claims must hold for all of them. */
import { describe, expect, test, vi } from "vitest";
import { compareStage } from "../../../compare/run-compare.ts";
import { applyEdit } from "../../../compare/suggest/edit.ts";
import { renderSuggestions } from "../../../compare/suggest/render.ts";
import { type SuggestResult, suggestStage } from "../../../compare/suggest/stage.ts";
import type { ProposedRule } from "../../../compare/suggest/suggestion.ts";
import type { Summary } from "../../../compare/summary.ts";
import type { Store } from "../../../src/store/port.ts";
import { buildLake, equalPairs, type PairSpec, testConfig, testSession } from "../pipeline-lake.ts";

vi.setConfig({ testTimeout: 120_000 });

type Written = Parameters<typeof testConfig>[0];

const config = (rules: readonly object[] = [], more: object = {}): Written =>
  ({ models: { "*": { rules, default: "exact", gate: { maxMismatchRate: 0.01 }, ...more } } }) as unknown as Written;
const pair = (model: string, legacy: object, candidate: object): PairSpec => ({
  model,
  legacy: JSON.stringify(legacy),
  candidate: JSON.stringify(candidate),
});
const repeat = (count: number, make: (i: number) => PairSpec): PairSpec[] =>
  Array.from({ length: count }, (_, i) => make(i));

async function sampled(
  store: Store,
  written: Written,
  pairs: number,
  groups?: readonly string[],
): Promise<{ result: SuggestResult; summary: Summary }> {
  const session = testSession(store, written);
  const summary = await compareStage(session, {});
  return { summary, result: await suggestStage(session, { groups, limits: { groups: 3, pairs, bytes: 1 } }) };
}

/** The comparison with the rule where it is said to go. */
async function comparedUnder(
  store: Store,
  written: Written,
  { how, pattern, at, rules }: ProposedRule,
): Promise<Summary> {
  const replaces = how === "replaces a rule" ? Number(/\[(\d+)\]$/.exec(at ?? "")?.[1]) : null;
  const edited = applyEdit(testConfig(written), { kind: how, pattern, replaces }, { rules });
  return compareStage({ ...testSession(store), config: edited }, {});
}

async function holds(store: Store, written: Written, rule: ProposedRule): Promise<void> {
  const summary = await comparedUnder(store, written, rule);
  for (const [name, { n, k }] of Object.entries(rule.models)) {
    const truth = summary.models[name];
    expect(truth?.n).toBe(n);
    expect(truth?.k).toBeGreaterThanOrEqual(k.least);
    expect(truth?.k).toBeLessThanOrEqual(k.most);
    expect(k.after).toBeGreaterThanOrEqual(k.least);
    expect(k.after).toBeLessThanOrEqual(k.most);
  }
}

describe("of more pairs than are judged again", () => {
  test("the share is of all pairs with a finding, those with advice alone as well", async () => {
    const rules = [{ path: "$.hint", type: "exact", weight: "advise" }];
    const store = await buildLake({
      objects: [
        [
          ...repeat(40, (i) => pair("m", { s: i + 1 }, { s: i + 1.5 })),
          ...repeat(360, (i) => pair("m", { hint: i }, { hint: i + 1 })),
        ],
      ],
      commitRows: 100,
    });
    const { result } = await sampled(store, config(rules), 100);
    expect(result).toMatchObject({ share: 0.25, pairs: 400 });
    expect(result.judged).toBeGreaterThan(60);
    expect(result.judged).toBeLessThan(140);
  });

  test("a rule for every model is tried on no more pairs than one for a single model", async () => {
    // The group asked for is of a small model; its rule would stand for all.
    const rules = [{ path: "$.s", type: "exact" }];
    const models = { "*": { rules, default: "exact", gate: {} } };
    const store = await buildLake({
      objects: [
        [
          ...repeat(20, (i) => pair("small", { s: i + 1000 }, { s: i + 1000.5 })),
          ...repeat(600, (i) => pair("big", { t: i }, { t: i + 1 })),
        ],
      ],
      commitRows: 100,
    });
    const written = { models } as unknown as Written;
    const { summary } = await sampled(store, written, 1_000);
    const small = summary.groups.filter(({ model }) => model === "small").map(({ fingerprint }) => fingerprint);
    const { result } = await sampled(store, written, 100, small.slice(0, 1));
    expect(Object.keys(result.suggestions[0]?.rule?.models ?? {}).sort()).toEqual(["big", "small"]);
    expect(result.judged).toBeLessThan(140);
  });

  test.each([60, 100, 140])(
    "where a rule would accept every mismatch none is foretold to be left, by %i",
    async (most) => {
      const store = await buildLake({
        objects: [[...repeat(400, (i) => pair("m", { s: i + 1000 }, { s: i + 1000.5 })), ...equalPairs(600)]],
        commitRows: 100,
      });
      const written = config();
      const { result } = await sampled(store, written, most);
      const rule = result.suggestions[0]?.rule as ProposedRule;
      expect(result.share).toBe(most / 400);
      expect(rule.pairs).toBeLessThan(most + 40);
      expect(rule.accepts).toBe(rule.pairs);
      expect(rule.models.m).toMatchObject({ n: 1000, k: { before: 400, after: 0, least: 0 } });
      expect(rule.models.m?.k.most).toBeGreaterThan(0);
      await holds(store, written, rule);
      // By so few pairs it cannot be certain: what is likely and what is certain stand side by side.
      expect(rule.verdict).toEqual({ before: "fail", after: "pass", worst: "fail" });
      const text = renderSuggestions(result);
      expect(text.replace(/\n# +/g, " ")).toMatch(
        /Estimates: \d+ of 400 pairs with findings, chosen by a hash of the position, were judged again/,
      );
      expect(text).toMatch(/accepts all \d+ sampled pairs of it/);
      expect(text).toContain("hides nothing else of the sample");
      expect(text).toMatch(/m: 400 → 0 \(0 to \d+\) mismatches in 1,000 pairs/);
      expect(text).toContain("the run: FAIL → PASS (at worst FAIL)");
    },
  );

  test("a part of the mismatches, and what a rule would add, are foretold within their range", async () => {
    for (const seed of [1, 2, 3]) {
      const off = (i: number): number => ((i * 7 + seed) % 10 < 6 ? 0.5 : 40);
      const store = await buildLake({
        objects: [
          repeat(300, (i) => pair("m", { s: i + 1 }, { s: i + 1 + off(i) })),
          repeat(300, (i) => pair(i % 2 ? "m" : "o", { s: i + 1, y: "a" }, { s: i + 1, y: i % 3 ? "b" : "a" })),
        ],
        commitRows: 100,
      });
      const written = config();
      const { result } = await sampled(store, written, 120);
      expect(result.share).toBeLessThan(0.5);
      expect(result.suggestions.length).toBe(3);
      for (const { rule } of result.suggestions) if (rule !== null) await holds(store, written, rule);
    }
  });

  test("critical findings that a rule accepts no longer fail the gate, whether they were in the sample or not", async () => {
    const rules = [{ path: "$.dose", type: "number", atol: 0, rtol: 0, critical: true }];
    const store = await buildLake({
      objects: [repeat(400, (i) => pair("m", { dose: i + 1 }, { dose: i + 1.25 }))],
      commitRows: 100,
    });
    const written = config(rules);
    const { result } = await sampled(store, written, 100);
    const rule = result.suggestions[0]?.rule as ProposedRule;
    expect(rule.verdict).toMatchObject({ before: "fail", after: (await comparedUnder(store, written, rule)).verdict });
    // One critical mismatch fails it, and a sample cannot exclude one.
    expect(rule.verdict.worst).toBe("fail");
  });

  test("a group of which no pair is in the sample is not said to be beyond all rules", async () => {
    const store = await buildLake({
      objects: [
        [...repeat(400, (i) => pair("m", { s: i + 1 }, { s: i + 1.5 })), pair("m", { s: 1, y: 5 }, { s: 1, y: 6 })],
      ],
      commitRows: 100,
    });
    const { summary } = await sampled(store, config(), 1_000);
    const rare = summary.groups.find(({ path }) => path === "$.y")?.fingerprint ?? "";
    const { result } = await sampled(store, config(), 4, [rare]);
    expect(result.suggestions).toMatchObject([{ rule: null, why: "none of its pairs is among those judged again" }]);
  });
});
