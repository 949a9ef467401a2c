/** Summaries for the tests of reporters: those under fixtures/summaries, and large ones made here. */
import { readdirSync, readFileSync } from "node:fs";
import { clopperPearson } from "../../../compare/statistics.ts";
import type { Group, GroupExample, ModelSummary, Summary } from "../../../compare/summary.ts";
import { EXEMPLAR_CHOICES, type Slice } from "../../../compare/triage/types.ts";
import type { Versus, VersusGroup } from "../../../compare/versus/versus.ts";

const FOLDER = new URL("../../../fixtures/summaries/", import.meta.url);

export const SUMMARY_NAMES = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -".json".length));

export function summaryFixture(name: string): Summary {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));
}

/** Path of the text that a terminal shows for a fixture. */
export function goldenPath(name: string, columns: number): string {
  return new URL(`${name}.${columns}.txt`, FOLDER).pathname;
}

/** A fleet: `models` models of which every third passes, the others with `groups` groups of 5 examples each. */
export function fleet(models: number, groups: number, value = (seed: number) => String(Math.sin(seed))): Summary {
  const base = summaryFixture("fail");
  const failing = base.models["moderation/en"] as ModelSummary;
  const passing = base.models["moderation/de"] as ModelSummary;
  const names = Array.from({ length: models }, (_, i) => `client-${String(i).padStart(3, "0")}/model`);
  const group = (model: string, m: number, g: number): Group => {
    const examples = Array.from({ length: 5 }, (_, e) => {
      const seed = (m * groups + g) * 5 + e;
      const [legacy, candidate] = [value(seed), value(seed + 0.5)];
      return {
        position: `inference@0a1b2c3d/${g % 6}/${seed}`,
        id: `request-${seed}`,
        path: `$.field${g}`,
        legacy,
        candidate,
        ...asked(seed, e),
      };
    });
    return {
      ...(base.groups[0] as Group),
      fingerprint: `2:${String(m * groups + g).padStart(12, "0")}`,
      model,
      path: `$.field${g}`,
      count: 1 + ((m * 7919 + g * 104729) % 500),
      exemplars: examples.map(({ position }) => position),
      examples,
      rate: 0.1,
      upper: 0.11,
      lower: 0.09,
      points: points(m * groups + g, 64, (x) => x + 0.05),
    };
  };
  return {
    ...base,
    models: Object.fromEntries(names.map((name, i) => [name, i % 3 === 0 ? passing : failing])),
    ready: names.filter((_, i) => i % 3 === 0),
    groups: names.flatMap((name, m) =>
      m % 3 === 0 && groups < 50 ? [] : Array.from({ length: groups }, (_, g) => group(name, m, g)),
    ),
  };
}

/** What an exemplar may carry besides its values. */
function asked(seed: number, e: number): Partial<GroupExample> {
  const why = EXEMPLAR_CHOICES[e];
  const text = (n: number): string => `{"id":"r-${n}","text":"${words(n, 8)}","lang":"${n % 2 === 0 ? "fr" : "en"}"}`;
  return {
    ...(why === undefined ? {} : { why }),
    input: text(seed),
    neighbour: { position: `inference@0a1b2c3d/0/${seed + 1}`, id: `request-${seed + 1}`, input: text(seed + 1) },
  };
}

/** Numbers that look random and are the same every time. */
export function unit(seed: number): number {
  const x = Math.sin(seed * 12.9898 + 78.233) * 43758.5453;
  return x - Math.floor(x);
}

const VOCABULARY = "the parcel came late but in one piece and works très bien pour le prix, gracias".split(" ");

function words(seed: number, most: number): string {
  return Array.from({ length: most }, (_, i) => VOCABULARY[Math.floor(unit(seed * 31 + i) * VOCABULARY.length)]).join(
    " ",
  );
}

function points(seed: number, most: number, to: (x: number) => number): [number, number][] {
  return Array.from({ length: most }, (_, i) => {
    const legacy = unit(seed * 97 + i);
    return [legacy, to(legacy) + (unit(seed * 89 + i) - 0.5) / 50];
  });
}

/** The failing summary as it is once triage has looked at values and requests. */
export function triaged(): Summary {
  const base = summaryFixture("fail");
  const slice: Slice = {
    terms: [{ feature: "$.text script", value: "non-ASCII" }],
    mismatches: 213,
    ofMismatches: 213,
    matches: 39,
    ofMatches: 1587,
    matchWeight: 1,
    lift: 7.1,
  };
  const offset = { name: "constant_offset", parameters: { offset: -0.05 }, holds: 250, of: 256 } as const;
  const float32 = { name: "float32", parameters: {}, holds: 256, of: 256 } as const;
  const sentence = "all 213 mismatches have non-ASCII text: lift 7.1×";
  const groups = base.groups.map((group, at): Group => {
    const examples = group.examples.map((example, e) => ({ ...example, ...asked(at * 10 + e, e) }));
    if (group.fingerprint === "2:e6e45480c590") {
      return { ...group, examples, signature: float32, points: points(1, 64, (x) => Math.fround(x) + 1e-9) };
    }
    if (group.fingerprint === "2:75486a0f493f") {
      const cause = "every sampled value is lower by 0.05";
      return {
        ...group,
        examples,
        cause,
        signature: offset,
        slice: sentence,
        sliced: slice,
        points: points(2, 64, (x) => x - 0.05),
      };
    }
    if (group.kind === "label_flip") return { ...group, examples, direction: "review→ok", waived: at === 3 ? 12 : 0 };
    return { ...group, examples };
  });
  const flips = [
    ["block→ok", 17],
    ["ok→review", 4],
    ["block→review", 2],
  ] as const;
  const label = groups.find(({ kind }) => kind === "label_flip") as Group;
  const more = flips.map(([direction, count], i) => ({
    ...label,
    direction,
    count,
    waived: 0,
    fingerprint: `2:00000000000${i}`,
  }));
  return {
    ...base,
    groups: [...groups, ...more].map((group) => rated(group, base)).sort((a, b) => b.count - a.count),
    explanations: [
      {
        model: "moderation/en",
        text: "every candidate value is the nearest float32 of the legacy one",
        by: "signature",
        signature: float32,
        groups: ["2:e6e45480c590"],
        count: 612,
        share: 0.835,
      },
      {
        model: "moderation/fr",
        text: sentence,
        by: "slice",
        slice,
        groups: ["2:75486a0f493f", "2:92949952dd49"],
        count: 274,
        share: 1,
      },
      {
        model: null,
        text: "the lists hold the same elements in another order",
        by: "signature",
        signature: { name: "permutation", parameters: {}, holds: 60, of: 74 },
        groups: ["2:5134ca3571f4"],
        count: 74,
        share: 0.073,
      },
    ],
  };
}

function rated(group: Group, { models }: Summary): Group {
  const { n = 0, confidence = null } = models[group.model] ?? {};
  return { ...group, rate: group.count / n, ...clopperPearson(group.count, n, confidence ?? 0.95) };
}

/** Another run beside the summary's own: its groups in turn new, coming and going, and known; and some that are gone. */
export function against(summary: Summary, gone = 3, before = "r1f00ba4b1d0"): Versus {
  const none = { fixed: 0, still: 0, new: 0, unknown: 0 };
  const kept = summary.groups.map((group, i): VersusGroup => {
    const { fingerprint, model, path, kind, rule } = group;
    const own = { fingerprint, model, path, kind, rule, ...none };
    if (i % 3 === 0) return { ...own, new: group.count, status: "new" };
    if (i % 3 === 1) return { ...own, new: 3, fixed: 2, status: "flaky" };
    return { ...own, still: group.count, status: "still" };
  });
  const models = Object.keys(summary.models);
  const fixed = Array.from({ length: gone }, (_, i): VersusGroup => {
    const model = models[i % models.length] ?? "";
    const traits = { fingerprint: `2:${String(i).padStart(12, "f")}`, model, path: `$.gone[*].field${i}` };
    return {
      ...traits,
      kind: i % 2 === 0 ? "value" : "missing_field",
      rule: "exact",
      ...none,
      fixed: 1_200 - i,
      status: "fixed",
    };
  });
  const pairs = { fixed: 41, still: 212, new: 640, unknown: 4 };
  return { run: summary.run, against: before, rules: summary.rules, pairs, groups: [...kept, ...fixed], groupsCut: 0 };
}
