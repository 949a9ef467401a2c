import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Groups } from "../../../compare/groups.ts";
import { type ChosenExemplar, chooseExemplars, thresholdsOf } from "../../../compare/triage/exemplars.ts";
import type { Sampled } from "../../../compare/triage/samples.ts";
import { modelSchema } from "../../../src/config/rules.ts";
import { rankOf } from "../../../src/lake/selection.ts";

interface Fact {
  readonly offset: number;
  readonly legacy: number;
  readonly candidate: number;
  readonly others: number;
}

function itemOf({ offset, legacy, candidate, others }: Fact): Sampled {
  const rank = rankOf({ log: "t", partition: 0, offset: BigInt(offset) });
  const texts = { legacy: `${legacy}`, candidate: `${candidate}` };
  return { rank, id: `r${offset}`, path: "$.p", ...texts, delta: candidate - legacy, others };
}

const byRank = (items: readonly Sampled[]): Sampled[] => [...items].sort((a, b) => a.rank.hash - b.rank.hash);
const why = (chosen: readonly ChosenExemplar[]) => chosen.map(({ item, why }) => [item.id, why ?? null]);

describe("chooseExemplars", () => {
  const sample = byRank(
    [
      { offset: 1, legacy: 0.1, candidate: 0.2, others: 2 },
      { offset: 2, legacy: 0.1, candidate: 0.9, others: 2 },
      { offset: 3, legacy: 0.49, candidate: 0.79, others: 2 },
      { offset: 4, legacy: 0.2, candidate: 0.6, others: 0 },
      { offset: 5, legacy: 0.3, candidate: 0.35, others: 2 },
      { offset: 6, legacy: 0.3, candidate: 0.36, others: 2 },
      { offset: 7, legacy: 0.3, candidate: 0.37, others: 2 },
    ].map(itemOf),
  );

  test("median, worst, nearest to the threshold, fewest other findings, and one by hash", () => {
    const rest = sample.find(({ id }) => !["r1", "r2", "r3", "r4"].includes(id));
    expect(why(chooseExemplars(sample, [0.5]))).toEqual([
      ["r1", "median"],
      ["r2", "worst"],
      ["r3", "threshold"],
      ["r4", "fewest"],
      [rest?.id, null],
    ]);
  });

  test("say nothing where all are alike", () => {
    const alike = byRank([1, 2, 3].map((offset) => itemOf({ offset, legacy: 1, candidate: 2, others: 1 })));
    expect(why(chooseExemplars(alike, []))).toEqual(alike.map(({ id }) => [id, null]));
    expect(chooseExemplars([], [0.5])).toEqual([]);
  });

  test("of texts are chosen by hash, and by how little else differs", () => {
    const texts = byRank(
      [0, 1, 2, 3, 4, 5, 6].map((offset) => ({
        ...itemOf({ offset, legacy: 1, candidate: 2, others: offset === 5 ? 0 : 3 }),
        delta: null,
      })),
    );
    const chosen = chooseExemplars(texts, []);
    expect(chosen).toHaveLength(5);
    expect(why(chosen)[0]).toEqual(["r5", "fewest"]);
  });

  test("are the same pairs over one, two and seven processes, in any order of merging", () => {
    const facts = fc.uniqueArray(
      fc.record({
        offset: fc.nat(2_000),
        legacy: fc.double({ min: 0, max: 1, noNaN: true }),
        candidate: fc.double({ min: 0, max: 1, noNaN: true }),
        others: fc.nat(4),
      }),
      { selector: ({ offset }) => offset, maxLength: 200, size: "max" },
    );
    const limits = { perModel: 9, perRun: 9, templates: 2, sample: 16, samples: 12 };
    const key = {
      path: "$.p",
      kind: "value",
      rule: "decision",
      direction: "up",
      magnitude: "tiny",
      template: "none",
    } as const;
    const add = (groups: Groups, fact: Fact): void => {
      const item = itemOf(fact);
      groups.add("m", key, 1, groups.wants("m", key, item.rank) ? [item] : []);
    };
    const chosenOf = (groups: Groups) => why(chooseExemplars(groups.ofModel("m")[0]?.group.sample ?? [], [0.5]));
    fc.assert(
      fc.property(facts, fc.nat(), (all, turn) => {
        const over = (processes: number) => {
          const parts = Array.from({ length: processes }, () => new Groups(limits));
          for (const [at, fact] of [...all.entries()].reverse()) add(parts[(at * turn) % processes] as Groups, fact);
          const merged = new Groups(limits);
          for (const part of parts.reverse()) merged.merge(part);
          return chosenOf(merged);
        };
        const whole = new Groups(limits);
        for (const fact of all) add(whole, fact);
        for (const processes of [1, 2, 7]) expect(over(processes)).toEqual(chosenOf(whole));
      }),
    );
  });
});

test("thresholds are those of the first decision rule that judges the field", () => {
  const { rules } = modelSchema.parse({
    rules: [
      { path: "$.x", type: "number", atol: 0, rtol: 0 },
      { path: "$.items[*].p", type: "decision", thresholds: [0.2, 0.8] },
      { path: '$["a.b"]..*', type: "decision", threshold: 0.5 },
      { path: "$..*", type: "decision", threshold: 0.9 },
    ],
  });
  const resolved = rules.map((rule, index) => ({ rule, pattern: "*", index }));
  expect(thresholdsOf(resolved, "$.items[*].p")).toEqual([0.2, 0.8]);
  expect(thresholdsOf(resolved, '$["a.b"].c[*]')).toEqual([0.5]);
  expect(thresholdsOf(resolved, "$.x")).toEqual([0.9]);
  expect(thresholdsOf(resolved.slice(0, 2), "$.x")).toEqual([]);
});
