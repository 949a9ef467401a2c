import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fields } from "../../compare/accumulate/fields.ts";
import { fingerprint, type GroupKey, groupNames } from "../../compare/group-key.ts";
import { Groups } from "../../compare/groups.ts";
import type { Sampled } from "../../compare/triage/samples.ts";
import type { Finding, PairResult } from "../../compare/types.ts";
import type { KeyedFinding } from "../../compare/waive.ts";
import { FINGERPRINT, isOfGroup } from "../../src/fingerprint.ts";
import { rankOf } from "../../src/lake/selection.ts";
import { LIMITS } from "../../src/limits.ts";

interface Event {
  readonly model: string;
  readonly key: GroupKey;
  readonly item: Sampled;
}

const number = (path: string, magnitude = "tiny"): GroupKey => ({
  path,
  kind: "value",
  rule: "exact",
  direction: "up",
  magnitude,
  template: "none",
});
const text = (template: string): GroupKey => ({ ...number("$.t", "none"), direction: "none", template });

/** As `fingerprintParts` makes them: a template only where there is no direction. */
const keys: fc.Arbitrary<GroupKey> = fc
  .record({
    path: fc.constantFrom("$.x", "$.y[*]", "$.z"),
    kind: fc.constantFrom("value", "type"),
    direction: fc.constantFrom("up", "down", "~", "none"),
    magnitude: fc.constantFrom("tiny", "small", "large"),
    template: fc.constantFrom(..."abcdefgh"),
  })
  .map(({ path, kind, direction, magnitude, template }): GroupKey => {
    const isText = direction === "none";
    const parts = { magnitude: isText ? "none" : magnitude, template: isText ? template : "none" };
    return { path, kind: isText ? "value" : (kind as "value"), rule: "exact", direction, ...parts };
  });

/** Few, so that their samples are full. */
const fewKeys = keys.map((key): GroupKey => {
  const template = key.template === "none" ? "none" : key.template < "e" ? "a" : key.template;
  return { ...key, path: "$.x", kind: "value", magnitude: key.magnitude === "none" ? "none" : "tiny", template };
});

/** Texts alone: families collapse before the model coarsens, or after. */
const textKeys = fc
  .record({ path: fc.constantFrom(..."abcdef"), template: fc.constantFrom(..."abcde") })
  .map(({ path, template }): GroupKey => ({ ...text(template), path: `$.${path}` }));
/** Most of three groups, whose samples are full before the others coarsen the model to one, or after. */
const unevenKeys = fc
  .tuple(fc.nat(9), fc.constantFrom(..."abcdefghijkl"))
  .map(([die, magnitude]): GroupKey => number("$.x", die < 9 ? `most ${die % 3}` : magnitude));

/** At most one event a position and full key, as a judge gives them. */
const eventsOf = (key: fc.Arbitrary<GroupKey>): fc.Arbitrary<Event[]> =>
  fc.uniqueArray(
    fc
      .record({ model: fc.constantFrom("a", "b", "c"), key, offset: fc.bigInt({ min: 0n, max: 40n }) })
      .map(({ model, key, offset }): Event => {
        const rank = rankOf({ log: model, partition: 0, offset });
        // One value of one answer differs in one way only.
        const path = `${key.path}.${key.kind}${key.direction}${key.magnitude}${key.template}`;
        const text = { legacy: `"${key.template}"`, candidate: "2" };
        return { model, key, item: { rank, id: `${offset}`, path, ...text, delta: null, others: Number(offset % 3n) } };
      }),
    { maxLength: 120, size: "max", selector: ({ model, key, item }) => JSON.stringify([model, key, item.id]) },
  );
const limits = { perModel: 12, perRun: 24, templates: 3, sample: 16, samples: 60 };
/** In each something else decides: the level, the floor, the samples, the templates. */
const regimes = fc.oneof(
  fc.tuple(eventsOf(keys), fc.constantFrom(limits, { ...limits, perModel: 60, perRun: 200, templates: 6 })),
  fc.tuple(eventsOf(fewKeys), fc.constantFrom(limits, { ...limits, perModel: 60, perRun: 200, samples: 70 })),
  fc.tuple(eventsOf(textKeys), fc.constantFrom(limits, { ...limits, perModel: 8, perRun: 100, samples: 200 })),
  fc.tuple(eventsOf(unevenKeys), fc.constant({ ...limits, perModel: 4, perRun: 100, samples: 60 })),
);
const events = eventsOf(keys);

function add(groups: Groups, { model, key, item }: Event): Groups {
  groups.add(model, key, 1, groups.wants(model, key, item.rank) ? [item] : []);
  return groups;
}

function dump(groups: Groups): string {
  return JSON.stringify([groups.toStored(), ["a", "b", "c"].map((model) => groups.ofModel(model))]);
}

function itemsOf(groups: Groups): number {
  const all = ["a", "b", "c"].flatMap((model) => groups.ofModel(model));
  return all.reduce((sum, { group }) => sum + group.sample.length, 0);
}

const itemAt = (offset: number): Sampled => ({
  rank: rankOf({ log: "t", partition: 0, offset: BigInt(offset) }),
  id: `${offset}`,
  path: "$.x",
  legacy: "1",
  candidate: "2",
  delta: 1,
  others: 0,
});

describe("groups", () => {
  test("are the same in any order and any split, also where they coarsen and samples shorten", () => {
    const seen = { levels: new Set<number>(), keeps: new Set<number>(), floors: new Set<number>(), collapsed: 0 };
    fc.assert(
      fc.property(
        regimes,
        fc.infiniteStream(fc.nat()),
        fc.integer({ min: 1, max: 7 }),
        ([all, bounds], randoms, parts) => {
          const next = (below: number): number => (randoms.next().value ?? 0) % below;
          const whole = all.reduce(add, new Groups(bounds));
          const split = Array.from({ length: parts }, () => new Groups(bounds));
          const shuffled = all.map((event) => [next(1_000_000), event] as const).sort(([a], [b]) => a - b);
          for (const [, event] of shuffled) add(split[next(parts)] as Groups, event);
          const merged = new Groups(bounds);
          for (const part of split) merged.merge(next(2) === 0 ? part : Groups.fromStored(part.toStored(), bounds));
          expect(dump(merged)).toBe(dump(whole));
          const { floor, keep, models } = whole.toStored();
          seen.floors.add(floor);
          seen.keeps.add(keep);
          for (const [, level, groups] of models) {
            seen.levels.add(level);
            if (level === 0 && groups.some(({ key }) => key.template === "*")) seen.collapsed++;
          }
        },
      ),
      { numRuns: 500 },
    );
    // The law was tried where it is hard.
    expect([...seen.levels].sort()).toEqual(expect.arrayContaining([0, 1, 2, 3]));
    expect(seen.keeps.size).toBeGreaterThan(1);
    expect(seen.floors.size).toBeGreaterThan(1);
    expect(seen.collapsed).toBeGreaterThan(0);
  });

  test("stay within their limits and lose no finding", () => {
    fc.assert(
      fc.property(events, (all) => {
        const groups = all.reduce(add, new Groups(limits));
        const perModel = ["a", "b", "c"].map((model) => groups.ofModel(model));
        for (const each of perModel) expect(each.length).toBeLessThanOrEqual(limits.perModel);
        expect(perModel.flat().length).toBeLessThanOrEqual(limits.perRun);
        expect(perModel.flat().reduce((sum, { group }) => sum + group.count, 0)).toBe(all.length);
        const most = Math.max(limits.samples, 4 * limits.perRun);
        expect(itemsOf(groups)).toBeLessThanOrEqual(most);
      }),
    );
  });

  test("one model with many does not coarsen the others", () => {
    const groups = new Groups({ ...limits, perModel: 3, perRun: 100 });
    for (let at = 0; at < 5; at++) groups.add("noisy", number("$.x", `${at}`), 1, []);
    groups.add("quiet", number("$.x", "0"), 1, []);
    expect(groups.ofModel("noisy").map(({ group }) => group.key.magnitude)).toEqual(["*"]);
    expect(groups.ofModel("quiet").map(({ group }) => group.key.magnitude)).toEqual(["0"]);
  });

  test("of free text are one under its path, and leave the others as they are", () => {
    const groups = new Groups();
    for (let at = 0; at < 1_000; at++) groups.add("m", text(`word ${at}`), 1, []);
    for (let at = 0; at < 3; at++) groups.add("m", { ...text(`kind ${at}`), path: "$.few" }, 1, []);
    groups.add("m", number("$.score"), 1, []);
    const templates = groups.ofModel("m").map(({ group }) => [group.key.template, group.count]);
    expect(templates[0]).toEqual(["*", 1_000]);
    expect(
      templates
        .slice(1)
        .map(([template]) => template)
        .sort(),
    ).toEqual(["kind 0", "kind 1", "kind 2", "none"]);
  });

  test("of numbers keep their names when shapes of text are left out, and every shape has that of the whole before it", () => {
    const [, coarser] = groupNames("m", number("$.x"));
    expect(coarser).not.toContain(".");
    expect(groupNames("m", number("$.x"))).toHaveLength(4);
    const [finest = "", whole = ""] = groupNames("m", text("a→b"));
    expect([finest, whole]).toEqual([expect.stringMatching(FINGERPRINT), expect.stringMatching(FINGERPRINT)]);
    expect(finest.startsWith(`${whole}.`)).toBe(true);
    expect([isOfGroup(finest, whole), isOfGroup(finest, finest), isOfGroup(whole, finest)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(isOfGroup(groupNames("m", text("a→c"))[0] ?? "", whole)).toBe(true);
    expect(isOfGroup(finest, whole.slice(0, -1))).toBe(false);
  });

  test("come most findings first, and a fingerprint says its version", () => {
    const groups = new Groups();
    groups.add("m", number("$.rare"), 1, []);
    groups.add("m", number("$.often"), 5, []);
    expect(groups.ofModel("m").map(({ group }) => group.key.path)).toEqual(["$.often", "$.rare"]);
    expect(fingerprint("m", number("$.rare"))).toMatch(/^2:[0-9a-f]{12}$/);
    expect(fingerprint("m", number("$.rare"))).not.toBe(fingerprint("n", number("$.rare")));
  });

  test("many models share the room for samples, and each group keeps four at least", () => {
    const groups = new Groups();
    const perGroup = (models: number): number => {
      for (let m = 0; m < models; m++)
        for (let at = 0; at < 300; at++) add(groups, { model: `m${m}`, key: number("$.x"), item: itemAt(at) });
      return groups.ofModel("m0")[0]?.group.sample.length ?? 0;
    };
    expect(perGroup(1)).toBe(LIMITS.samplePerGroup);
    expect(perGroup(400)).toBe(64);
    const lowest = Array.from({ length: 300 }, (_, at) => itemAt(at)).sort((a, b) => a.rank.hash - b.rank.hash);
    expect(groups.ofModel("m7")[0]?.group.sample).toEqual(lowest.slice(0, 64));
    for (let at = 0; at < 20_000; at++) groups.add("m0", number(`$.p${at % 4_000}`), 1, [itemAt(at)]);
    for (const { group } of groups.ofModel("m0")) expect(group.sample.length).toBeGreaterThanOrEqual(4);
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
