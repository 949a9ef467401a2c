import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parseAllDocuments } from "yaml";
import { compareStage } from "../../../compare/run-compare.ts";
import { applyEdit } from "../../../compare/suggest/edit.ts";
import { renderSuggestions } from "../../../compare/suggest/render.ts";
import { suggestStage } from "../../../compare/suggest/stage.ts";
import type { ProposedRule } from "../../../compare/suggest/suggestion.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { seededRandom } from "../../../src/random.ts";
import type { Store } from "../../../src/store/port.ts";
import { buildLake, equalPairs, type PairSpec, testConfig, testSession } from "../pipeline-lake.ts";

vi.setConfig({ testTimeout: 120_000 });

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "cutover-suggest-"));
});
afterAll(() => rm(dir, { recursive: true }));

type Rules = readonly object[];
const config = (rules: Rules, more: object = {}) =>
  ({ models: { "*": { rules, default: "exact", gate: {}, ...more } } }) as never;

/** Pairs of which every one differs, made from random numbers. */
function pairs(
  count: number,
  make: (random: () => number, i: number) => [legacy: unknown, candidate: unknown],
): PairSpec[] {
  const random = seededRandom(11);
  return Array.from({ length: count }, (_, i) => {
    const [legacy, candidate] = make(random, i);
    const text = (side: unknown): string => (typeof side === "string" ? side : JSON.stringify(side));
    return { legacy: text(legacy), candidate: text(candidate) };
  });
}

async function suggested(store: Store, written: never, groups?: string[]) {
  const session = testSession(store, written);
  await compareStage(session, {});
  return suggestStage(session, { groups });
}

/** The rule is put where it is said to go, and the run compared again: what was foretold must come. */
async function holdsTrue(store: Store, written: never, rule: ProposedRule): Promise<void> {
  const replaces = rule.how === "replaces a rule" ? Number(/\[(\d+)\]$/.exec(rule.at ?? "")?.[1]) : null;
  const edit = { kind: rule.how, pattern: rule.pattern, replaces };
  const edited = applyEdit(testConfig(written), edit, { rules: rule.rules });
  const summary = await compareStage({ ...testSession(store), config: edited }, {});
  for (const [name, { n, k, upper, verdict }] of Object.entries(rule.models)) {
    const model = summary.models[name];
    expect([n, k.after, upper.after, verdict.after]).toEqual([model?.n, model?.k, model?.upper, model?.verdict]);
  }
  expect(rule.verdict.after).toBe(summary.verdict);
  const file = join(dir, "proposed.yaml");
  await writeFile(file, rule.yaml);
  const { config: loaded } = await loadConfig({ file, env: {}, flags: {} });
  expect(loaded.models[rule.pattern]?.rules).toHaveLength(rule.rules.length);
}

const number = { path: "$.s", type: "number", atol: 0, rtol: 0 };

describe("the narrowest rule that accepts a group", () => {
  const CASES: readonly [string, Rules, PairSpec[], Rules | null][] = [
    [
      "float32 rounding: the width",
      [],
      pairs(20, (random) => {
        const s = random();
        return [{ s }, { s: Math.fround(s) }];
      }),
      [{ ...number, width: 32 }],
    ],
    [
      "rounding to decimals: their number",
      [],
      pairs(20, (_, i) => [{ s: (503 + 10 * i) / 1000 }, { s: (50 + i) / 100 }]),
      [{ path: "$.s", type: "decimal", scale: 2 }],
    ],
    [
      "a constant offset: atol",
      [],
      pairs(20, (_, i) => [{ s: i + 100 }, { s: i + 100.5 }]),
      [{ ...number, atol: 0.5 }],
    ],
    [
      "a constant ratio: rtol",
      [],
      pairs(20, (_, i) => [{ s: 10 ** (i % 5) }, { s: 10 ** (i % 5) * 1.0625 }]),
      [{ ...number, rtol: 0.0625 }],
    ],
    [
      "numbers written as text: coerce",
      [],
      pairs(20, (_, i) => [{ s: i + 1 }, { s: `${i + 1}` }]),
      [{ ...number, width: 32, coerce: true }],
    ],
    [
      "times apart: the tolerance",
      [],
      pairs(20, (_, i) => [
        { t: new Date(1.7e12 + i * 1e7).toISOString() },
        { t: new Date(1.7e12 + i * 1e7 + 250).toISOString() },
      ]),
      [{ path: "$.t", type: "time", tolerance: "250ms" }],
    ],
    [
      "spaces: trim",
      [],
      pairs(20, (_, i) => [{ x: `a ${i}` }, { x: ` a ${i} ` }]),
      [{ path: "$.x", type: "string", trim: true }],
    ],
    [
      "composed accents: nfc",
      [],
      pairs(20, (_, i) => [{ x: `é${i}` }, { x: `e\u0301${i}` }]),
      [{ path: "$.x", type: "string", nfc: true }],
    ],
    [
      "case and spaces: both",
      [],
      pairs(20, (_, i) => [{ x: `Ab ${i}` }, { x: `AB ${i} ` }]),
      [{ path: "$.x", type: "string", trim: true, case: true }],
    ],
    [
      "another order: multiset",
      [],
      pairs(20, (_, i) => [{ l: [i, i + 1] }, { l: [i + 1, i] }]),
      [{ path: "$.l", type: "list", mode: "multiset" }],
    ],
    [
      "another order of elements that differ a little: keyed",
      [{ path: "$.l[*].v", type: "number", atol: 0.01, rtol: 0 }],
      pairs(20, (_, i) => {
        const element = (id: number, by: number) => ({ id: `k${id}`, v: i + id + by });
        return [
          { l: [element(1, 0), element(2, 0), element(3, 0)] },
          { l: [element(3, 0.001), element(1, 0.001), element(2, 0.001)] },
        ];
      }),
      [{ path: "$.l", type: "list", mode: "keyed", key: "$.id" }],
    ],
    [
      "near-ties of labels: the margin",
      [{ path: "$.p", type: "label" }],
      pairs(20, (_, i) => [{ p: [0.5, 0.495 - i / 1e4, 0.1] }, { p: [0.49, 0.5, 0.1] }]),
      [{ path: "$.p", type: "label", margin: 0.00691 }],
    ],
    [
      "flips near the threshold: the band",
      [{ path: "$.s", type: "decision", threshold: 0.5 }],
      pairs(20, (_, i) => [{ s: 0.5 + i / 1e3 }, { s: 0.499 }]),
      [{ path: "$.s", type: "decision", threshold: 0.5, band: 0.0191 }],
    ],
    [
      "a field that some answers lack: optional",
      [],
      pairs(20, () => [{ a: 1, x: 2 }, { a: 1 }]),
      [
        { path: "$.x", type: "presence", state: "optional" },
        { path: "$.x", type: "exact" },
      ],
    ],
    [
      "a tolerance that is too small: a larger one",
      [number],
      pairs(20, (_, i) => [{ s: i + 100 }, { s: i + 100.5 }]),
      [{ ...number, atol: 0.5 }],
    ],
    [
      "labels that flip: nothing but to ignore",
      [{ path: "$.y", type: "label" }],
      pairs(20, () => [{ y: "a" }, { y: "b" }]),
      [{ path: "$.y", type: "ignore", reason: "say why", owner: "say who", expires: "2027-02-21" }],
    ],
    ["errors of the candidate: nothing", [], pairs(20, () => [{}, {}]).map((pair) => ({ ...pair, status: 500 })), null],
  ];

  test.each(CASES)("%s", async (_name, rules, differing, expected) => {
    const store = await buildLake({ objects: [[...equalPairs(30), ...differing.slice(0, 12)], differing.slice(12)] });
    const written = config(rules);
    const { suggestions, share } = await suggested(store, written);
    const [first] = suggestions;
    expect([share, first?.group.count]).toEqual([1, 20]);
    expect(first?.rule?.rules ?? null).toEqual(expected);
    if (first?.rule) await holdsTrue(store, written, first.rule);
    else expect(first?.why).toContain("no rule accepts an error");
  });

  test("errors of another class: their map", async () => {
    const differing = pairs(20, () => [{}, {}]).map((pair) => ({ ...pair, legacyStatus: 422, status: 400 }));
    const store = await buildLake({ objects: [[...equalPairs(9), ...differing]] });
    const { suggestions } = await suggested(store, config([]));
    expect(suggestions[0]?.rule?.rules).toEqual([{ type: "error", map: { "422": "400" } }]);
    await holdsTrue(store, config([]), suggestions[0]?.rule as ProposedRule);
  });
});

describe("what a rule would do", () => {
  test("names what else it would hide, by group", async () => {
    const differing = pairs(30, (_, i) => [{ s: 100 }, { s: i < 20 ? 101 : 100.001 }]);
    const store = await buildLake({ objects: [[...equalPairs(9), ...differing]] });
    const { suggestions } = await suggested(store, config([]));
    const [large, small] = suggestions;
    expect(large).toMatchObject({ group: { count: 20 }, rule: { pairs: 20, accepts: 20, adds: 0 } });
    expect(large?.rule?.hides).toEqual([
      { fingerprint: small?.group.fingerprint, path: "$.s", kind: "value", count: 10 },
    ]);
    expect(small?.rule?.hides).toEqual([]);
    expect(small?.rule?.models.m?.k).toEqual({ before: 30, after: 20, least: 20, most: 20 });
  });

  test("an ignore rule says that it hides everything, and names the waiver", async () => {
    const store = await buildLake({ objects: [pairs(5, () => [{ y: "a" }, { y: "b" }])] });
    const { suggestions } = await suggested(store, config([]));
    expect(suggestions[0]?.rule).toMatchObject({
      hidesAll: true,
      notes: [expect.stringMatching(/hides everything at \$\.y; a waiver of \d:/)],
    });
  });

  test("models that share a pattern are not touched, unless the rule that judged must go", async () => {
    const of = (model: string) =>
      pairs(10, (_, i) => [{ s: i + 1 }, { s: i + 1.5 }]).map((pair) => ({ ...pair, model }));
    const store = await buildLake({ objects: [[...of("a"), ...of("b")]] });
    const added = await suggested(store, config([]));
    const [first] = added.suggestions;
    const { model = "" } = first?.group ?? {};
    expect(first?.rule).toMatchObject({ how: "new pattern", pattern: model, at: null });
    expect(Object.keys(first?.rule?.models ?? {})).toEqual([model]);
    await holdsTrue(store, config([]), added.suggestions[0]?.rule as ProposedRule);
    const exact = [{ path: "$.s", type: "exact" }];
    const replaced = await suggested(store, config(exact));
    expect(replaced.suggestions[0]?.rule).toMatchObject({
      how: "replaces a rule",
      pattern: "*",
      at: 'models."*".rules[0]',
    });
    expect(Object.keys(replaced.suggestions[0]?.rule?.models ?? {})).toEqual(["a", "b"]);
    await holdsTrue(store, config(exact), replaced.suggestions[0]?.rule as ProposedRule);
  });

  test("a rule that judges more than the path is not taken away", async () => {
    const store = await buildLake({
      objects: [pairs(10, (_, i) => [{ d: { s: i + 1, x: 1 } }, { d: { s: i + 1.5, x: 1 } }])],
    });
    const { suggestions } = await suggested(store, config([{ path: "$.d", type: "exact" }]));
    expect(suggestions[0]?.rule).toMatchObject({ hidesAll: true });
  });

  test("writes nothing, and judges by waivers and masks as compare does", async () => {
    const store = await buildLake({
      objects: [[...equalPairs(9), ...pairs(10, (_, i) => [{ s: i + 1 }, { s: i + 1.5 }])]],
    });
    const masked = config([], { mask: ["$.s"] });
    await compareStage(testSession(store, masked), {});
    const before = new Set<string>();
    for await (const { key, etag } of store.list("")) before.add(`${key} ${etag}`);
    const { suggestions } = await suggestStage(testSession(store, masked), {});
    for await (const { key, etag } of store.list("")) expect(before).toContain(`${key} ${etag}`);
    expect(suggestions[0]?.rule?.rules).toEqual([{ ...number, atol: 0.5 }]);
  });

  test("groups can be named; one that is not there is told", async () => {
    const store = await buildLake({
      objects: [
        pairs(5, () => [
          { y: "a", z: 1 },
          { y: "b", z: 2 },
        ]),
      ],
    });
    const { suggestions } = await suggested(store, config([]));
    const named = await suggested(store, config([]), [suggestions[1]?.group.fingerprint ?? ""]);
    expect(named.suggestions).toEqual([suggestions[1]]);
    await expect(suggested(store, config([]), ["1:000000000000"])).rejects.toMatchObject({ code: "USAGE" });
  });
});

test("the text is YAML that can be read back, with advice as comments, and hostile names are inert", async () => {
  const HOSTILE = "\u001b[31m\u202e::error::\n##[group]";
  const store = await buildLake({
    objects: [
      [
        ...equalPairs(9),
        ...pairs(6, (_, i) => [
          { [HOSTILE]: i + 100, y: "a" },
          { [HOSTILE]: i + 100.5, y: "b" },
        ]),
      ],
    ],
  });
  const result = await suggested(store, config([]));
  const text = renderSuggestions(result);
  expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}|\p{Bidi_Control}|\p{Cs}/u);
  expect(text).not.toContain("##[");
  for (const line of text.split("\n")) expect(line.trimStart()).not.toMatch(/^::/);
  const documents = parseAllDocuments(text).map((document) => document.toJS());
  const rules = documents.flatMap((document) =>
    document === null ? [] : (document.models.m?.rules ?? document.models["*"].rules),
  );
  expect(rules).toEqual(result.suggestions.flatMap(({ rule }) => rule?.rules ?? []));
  expect(text).toMatch(/HIDES EVERYTHING at its path; accepts all 6 pairs of it/);
  expect(text).toMatch(/the run: FAIL → FAIL/);
});
