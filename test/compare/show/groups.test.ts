import { stripVTControlCharacters } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { displayWidth } from "../../../compare/report/text.ts";
import { compareStage } from "../../../compare/run-compare.ts";
import { type GroupsOptions, groupsStage } from "../../../compare/show/groups.ts";
import { renderGroups } from "../../../compare/show/render-groups.ts";
import type { Summary } from "../../../compare/summary.ts";
import { summaryKey } from "../../../src/lake/keys.ts";
import type { Store } from "../../../src/store/port.ts";
import { buildLake, equalPairs, type PairSpec, RUN, testSession } from "../pipeline-lake.ts";

vi.setConfig({ testTimeout: 120_000 });

const pair = (model: string, legacy: unknown, candidate: unknown): PairSpec => ({
  model,
  legacy: JSON.stringify(legacy),
  candidate: JSON.stringify(candidate),
});
const repeat = (count: number, make: (i: number) => PairSpec): PairSpec[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** `bad` fails by a few; `good` passes in spite of one large group that is advice. */
const PAIRS: PairSpec[] = [
  ...repeat(40, (i) => pair("bad", { s: i + 100, y: "a" }, { s: i + 100.5, y: i < 8 ? "b" : "a" })),
  ...repeat(60, (i) => pair("good", { hint: i + 100, y: "a" }, { hint: i + 101, y: "a" })),
  ...equalPairs(100, "good"),
];
const MODELS = {
  "*": {
    rules: [{ path: "$.hint", type: "exact", weight: "advise" }],
    default: "exact",
    gate: { maxMismatchRate: 0.2 },
  },
} as const;

async function groups(store: Store, options: GroupsOptions = {}, settings: object = { models: MODELS }) {
  const session = testSession(store, settings as never);
  await compareStage(session, { run: options.run });
  return groupsStage(session, options);
}

describe("groups of a run", () => {
  test("those of failing models come first, then by count; each with rate, bound and what a rule would do", async () => {
    const result = await groups(await buildLake({ objects: [PAIRS] }));
    expect(result.groups.map(({ model, path, count, status }) => [model, path, count, status])).toEqual([
      ["bad", "$.s", 40, "open"],
      ["bad", "$.y", 8, "open"],
      ["good", "$.hint", 60, "open"],
    ]);
    const [first] = result.groups;
    expect(first).toMatchObject({ rate: 1, upper: 1 });
    expect(first?.accept).toMatchObject({
      rules: [{ path: "$.s", type: "number", atol: 0.5, rtol: 0 }],
      accepts: 40,
      pairs: 40,
      models: { bad: { n: 40, k: { before: 40, after: 8 }, verdict: { before: "fail" } } },
    });
    expect(result.groups[2]).toMatchObject({ rate: 60 / 160 });
    expect(result).toMatchObject({ run: RUN, verdict: "fail", found: 3, against: null, fixed: [] });
  });

  test.each<[string, GroupsOptions, string[]]>([
    ["by model", { models: ["goo*"] }, ["$.hint"]],
    ["by field", { path: "$.*y*" }, ["$.y"]],
    ["by kind", { kind: "value" }, ["$.s", "$.y", "$.hint"]],
    ["by a kind that is not there", { kind: "order" }, []],
    ["to the first", { limit: 1 }, ["$.s"]],
  ])("can be narrowed %s", async (_name, options, paths) => {
    const result = await groups(await buildLake({ objects: [PAIRS] }), options);
    expect(result.groups.map(({ path }) => path)).toEqual(paths);
    expect(result.found).toBe(options.limit === undefined ? paths.length : 3);
  });

  test("a group that a waiver accepts is waived, and comes last, without a rule", async () => {
    const store = await buildLake({ objects: [PAIRS] });
    const { groups: before } = await groups(store);
    const session = testSession(store, { models: MODELS } as never);
    const waiver = { fingerprint: before[0]?.fingerprint ?? "", reason: "r", owner: "o", expires: "2999-01-01" };
    const waived = { ...session, config: { ...session.config, waiverList: [waiver] } };
    await compareStage(waived, {});
    const result = await groupsStage(waived, {});
    expect(result.groups.map(({ path, status }) => [path, status])).toEqual([
      ["$.y", "open"],
      ["$.hint", "open"],
      ["$.s", "waived"],
    ]);
    expect(result.groups[2]?.accept).toBeUndefined();
    expect(renderGroups(result, { color: false, columns: 100 })).toMatch(/WAIVED {2}bad {2}\$\.s/);
  });

  test("against another run each is new or known, and what is gone is named as fixed", async () => {
    const make = (of: (i: number) => object): PairSpec[] =>
      repeat(20, (i) => pair("m", { a: 100, b: 1, c: "x" }, { a: 100, b: 1, c: "x", ...of(i) }));
    const store = await buildLake({
      objects: [make((i) => (i < 5 ? { a: 101 } : i < 9 ? { c: "y" } : {}))],
      run: "before",
      createdAt: 1,
    });
    await buildLake(
      { objects: [make((i) => (i < 4 ? { a: 101 } : i < 6 ? { b: 2 } : {}))], run: "now", createdAt: 2 },
      store,
    );
    const result = await groups(store, { against: "before" });
    expect(result.groups.map(({ path, status }) => [path, status])).toEqual([
      ["$.a", "known"],
      ["$.b", "new"],
    ]);
    expect(result.fixed.map(({ path, fixed }) => [path, fixed])).toEqual([["$.c", 4]]);
    const text = renderGroups(result, { color: false, columns: 100 });
    expect(text).toContain("fixed since before");
    expect(text).toMatch(/✓ \S+ {2}m {2}\$\.c {2}value, 4 records/);
  });

  test("with very many findings nothing is judged again: the card names the command", async () => {
    const store = await buildLake({
      objects: [repeat(5_200, (i) => pair("m", { s: i + 1e6 }, { s: i + 1e6 + 1 }))],
      commitRows: 2_000,
    });
    const result = await groups(store);
    expect(result.groups[0]?.accept).toBeUndefined();
    expect(renderGroups(result, { color: false, columns: 100 })).toContain(
      `rule     cutover rules suggest r1 --group ${result.groups[0]?.fingerprint}`,
    );
  });

  test("nor is a sample, where most findings are advice", async () => {
    const advised = repeat(5_200, (i) => pair("m", { hint: i + 1e6 }, { hint: i + 1e6 + 1 }));
    const failing = repeat(40, (i) => pair("m", { s: i + 100 }, { s: i + 100.5 }));
    const result = await groups(await buildLake({ objects: [[...failing, ...advised]], commitRows: 2_000 }));
    expect(result.groups.map(({ path, accept }) => [path, accept])).toEqual([
      ["$.hint", undefined],
      ["$.s", undefined],
    ]);
  });

  test("without a difference there is none to show", async () => {
    const result = await groups(await buildLake({ objects: [equalPairs(50)] }));
    expect(renderGroups(result, { color: false, columns: 80 })).toMatch(/no group of differences/);
  });
});

describe("on a terminal", () => {
  const HOSTILE = "\u001b[31mred\u202e::error::x\n##[group]\u0000";

  /** A comparison in which triage found causes, slices and requests. */
  async function explained(): Promise<Store> {
    const store = await buildLake({
      objects: [
        [...PAIRS, ...repeat(30, (i) => pair(`x/${i}`, { [HOSTILE]: HOSTILE }, { [HOSTILE]: `${HOSTILE}${i}` }))],
      ],
    });
    const session = testSession(store, { models: MODELS } as never);
    const summary = await compareStage(session, {});
    const first = summary.groups.find(({ path }) => path === "$.s") as Summary["groups"][number];
    const rest = summary.groups.filter((one) => one !== first);
    const group = {
      ...first,
      cause: `the candidate is higher by 0.5 ${HOSTILE}`,
      slice: `all have non-ASCII text: lift 41× ${HOSTILE}`,
      examples: first.examples.map((one) => ({
        ...one,
        why: "median" as const,
        input: HOSTILE,
        neighbour: { position: "p", id: HOSTILE, input: HOSTILE },
      })),
    };
    const explanations = repeat(9, () => PAIRS[0] as PairSpec).map((_, i) => ({
      model: null,
      text: `cause ${i} ${HOSTILE}`,
      by: "slice" as const,
      groups: [first.fingerprint],
      count: 9 - i,
      share: 0.5,
    }));
    const body = JSON.stringify({ ...summary, groups: [group, ...rest], explanations });
    await store.put(summaryKey(RUN, summary.rules), new TextEncoder().encode(body));
    return store;
  }

  test("causes come first, and a card says what is known of its group", async () => {
    const result = await groupsStage(testSession(await explained(), { models: MODELS } as never), {});
    const text = renderGroups(result, { color: false, columns: 110 });
    const order = [
      "likely causes",
      " 1. cause 0",
      "… and 4 more (--json)",
      "what",
      "how many",
      "cause",
      "where",
      "e.g. median",
      "request",
      "agrees",
      "cutover show r1 t@",
      "rule",
    ];
    let at = 0;
    for (const part of order) {
      const next = text.indexOf(part, at);
      expect([part, next >= at]).toEqual([part, true]);
      at = next;
    }
    expect(text).toMatch(/… and \d+ more groups \(--limit N/);
  });

  test.each([50, 80, 132])("fits %i columns in colour and without, and hostile values are inert", async (columns) => {
    const result = await groupsStage(testSession(await explained(), { models: MODELS } as never), { limit: 40 });
    const text = renderGroups(result, { color: false, columns });
    expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}|\p{Bidi_Control}|\p{Cs}/u);
    expect(text).not.toContain("##[");
    for (const line of text.split("\n")) {
      expect(line.trimStart()).not.toMatch(/^::/);
      if (!/^\s+(rule +)?cutover /.test(line)) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    }
    const coloured = renderGroups(result, { color: true, columns });
    expect(coloured).toContain("\u001b[");
    expect(stripVTControlCharacters(coloured).split("\n").length).toBeGreaterThan(20);
  });
});
