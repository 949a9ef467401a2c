import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fields } from "../../compare/accumulate/fields.ts";
import { type Exemplar, fingerprint, type GroupKey, Groups } from "../../compare/groups.ts";
import type { Finding, PairResult } from "../../compare/types.ts";
import type { KeyedFinding } from "../../compare/waive.ts";
import { rankOf } from "../../src/lake/selection.ts";

interface Event {
  readonly model: string;
  readonly key: GroupKey;
  readonly exemplar: Exemplar;
}

/** At most one event a position and full key, as a judge gives them. */
const events: fc.Arbitrary<Event[]> = fc.uniqueArray(
  fc
    .record({
      model: fc.constantFrom("a", "b", "c"),
      path: fc.constantFrom("$.x", "$.y[*]", "$.z"),
      kind: fc.constantFrom("value", "type"),
      direction: fc.constantFrom("up", "down", "~"),
      magnitude: fc.constantFrom("tiny", "small", "large"),
      offset: fc.bigInt({ min: 0n, max: 20n }),
    })
    .map(({ model, offset, path, ...rest }): Event => {
      const key = { path, rule: "exact", ...rest } as GroupKey;
      const rank = rankOf({ log: model, partition: 0, offset });
      const exemplar = { rank, id: `${offset}`, path: path.replace("*", rest.magnitude), legacy: "1", candidate: "2" };
      return { model, key, exemplar };
    }),
  { maxLength: 60, selector: ({ model, key, exemplar }) => JSON.stringify([model, key, exemplar.id]) },
);
const limits = { perModel: 6, perRun: 12, exemplars: 2 };

function add(groups: Groups, { model, key, exemplar }: Event): Groups {
  const exemplars = groups.wants(model, key, exemplar.rank) ? [exemplar] : [];
  groups.add(model, key, 1, exemplars);
  return groups;
}

function dump(groups: Groups): string {
  return JSON.stringify(["a", "b", "c"].map((model) => groups.ofModel(model)));
}

describe("groups", () => {
  test("are the same in any order and any split, also where they coarsen", () => {
    fc.assert(
      fc.property(events, fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 4 }), (all, randoms, parts) => {
        const next = (below: number): number => (randoms.next().value ?? 0) % below;
        const whole = all.reduce(add, new Groups(limits));
        const split = Array.from({ length: parts }, () => new Groups(limits));
        const shuffled = all.map((event) => [next(1_000_000), event] as const).sort(([a], [b]) => a - b);
        for (const [, event] of shuffled) add(split[next(parts)] as Groups, event);
        const merged = new Groups(limits);
        for (const part of split) merged.merge(part);
        expect(dump(merged)).toBe(dump(whole));
      }),
      { numRuns: 300 },
    );
  });

  test("stay within their limits and lose no finding", () => {
    fc.assert(
      fc.property(events, (all) => {
        const groups = all.reduce(add, new Groups(limits));
        const perModel = ["a", "b", "c"].map((model) => groups.ofModel(model));
        for (const each of perModel) expect(each.length).toBeLessThanOrEqual(limits.perModel);
        expect(perModel.flat().length).toBeLessThanOrEqual(limits.perRun);
        expect(perModel.flat().reduce((sum, { group }) => sum + group.count, 0)).toBe(all.length);
      }),
    );
  });

  test("one model with many does not coarsen the others", () => {
    const groups = new Groups({ perModel: 3, perRun: 100, exemplars: 1 });
    const key = (at: number): GroupKey => ({
      path: "$.x",
      kind: "value",
      rule: "exact",
      direction: "up",
      magnitude: `${at}`,
    });
    for (let at = 0; at < 5; at++) groups.add("noisy", key(at), 1, []);
    groups.add("quiet", key(0), 1, []);
    expect(groups.ofModel("noisy").map(({ group }) => group.key.magnitude)).toEqual(["*"]);
    expect(groups.ofModel("quiet").map(({ group }) => group.key.magnitude)).toEqual(["0"]);
  });

  test("come most findings first, and a fingerprint says its version", () => {
    const groups = new Groups();
    const key = (path: string): GroupKey => ({
      path,
      kind: "value",
      rule: "exact",
      direction: "up",
      magnitude: "tiny",
    });
    groups.add("m", key("$.rare"), 1, []);
    groups.add("m", key("$.often"), 5, []);
    expect(groups.ofModel("m").map(({ group }) => group.key.path)).toEqual(["$.often", "$.rare"]);
    expect(fingerprint("m", key("$.rare"))).toMatch(/^1:[0-9a-f]{12}$/);
    expect(fingerprint("m", key("$.rare"))).not.toBe(fingerprint("n", key("$.rare")));
  });
});

function pairOf(fields: readonly string[]): [PairResult, KeyedFinding[]] {
  const findings = fields.map((field) => ({ field, path: field, rule: "exact", kind: "value" }) as Finding);
  const keyed = findings.map((finding) => ({ finding, key: {} as GroupKey, waiver: null }));
  return [
    { outcome: "mismatch", findings, ignored: [], notComparable: null, warnings: [], uncovered: [], used: [] },
    keyed,
  ];
}

describe("fields", () => {
  test("count a pair once per field, however many findings it has there", () => {
    const fields = new Fields();
    fields.addPair(...pairOf(["$.a[*]", "$.a[*]", "$.b"]));
    fields.addPair(...pairOf(["$.a[*]"]));
    const k = fields
      .entries()
      .map(([path, rules]) => [path, rules.get("exact")?.k, rules.get("exact")?.kinds.get("value")]);
    expect(k).toEqual([
      ["$.a[*]", 2, 2],
      ["$.b", 1, 1],
    ]);
  });

  test("beyond the limit are one, the same in any order and any split", () => {
    const pairs = fc.array(
      fc.array(
        fc.constantFrom(..."abcdefgh").map((letter) => `$.${letter}`),
        { maxLength: 5 },
      ),
    );
    fc.assert(
      fc.property(pairs, fc.integer({ min: 1, max: 3 }), (all, parts) => {
        const whole = new Fields(4);
        for (const pair of all) whole.addPair(...pairOf(pair));
        const split = Array.from({ length: parts }, () => new Fields(4));
        for (const [at, pair] of [...all].reverse().entries()) split[at % parts]?.addPair(...pairOf(pair));
        const merged = new Fields(4);
        for (const part of split) merged.merge(part);
        const dump = (fields: Fields) => fields.entries().map(([path, rules]) => [path, [...rules]]);
        expect(dump(merged)).toEqual(dump(whole));
        expect(merged.byPath.size).toBeLessThanOrEqual(4);
        const total = all.reduce((sum, pair) => sum + new Set(pair).size, 0);
        const counted = merged.entries().flatMap(([, rules]) => [...rules.values()].map(({ k }) => k));
        expect(counted.reduce((sum, k) => sum + k, 0)).toBe(total);
      }),
    );
  });
});
