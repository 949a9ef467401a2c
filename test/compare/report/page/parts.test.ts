import { describe, expect, test } from "vitest";
import { foundFixed, foundGroups, foundModels } from "../../../../compare/report/page/client/lists.ts";
import { follow, formatState, parseState, type State } from "../../../../compare/report/page/client/state.ts";
import type { DetailDocument } from "../../../../compare/report/page/document.ts";
import { explanationsPart } from "../../../../compare/report/page/explanations.ts";
import { fleetFields, modelFields } from "../../../../compare/report/page/fields.ts";
import { flipMatrices } from "../../../../compare/report/page/flips.ts";
import { groupCard } from "../../../../compare/report/page/groups.ts";
import { groupHash } from "../../../../compare/report/page/links.ts";
import { modelEntry } from "../../../../compare/report/page/models.ts";
import { changesOf, fixedOf, toldOf } from "../../../../compare/report/page/told.ts";
import type { Vnode } from "../../../../compare/report/page/vnode.ts";
import type { FieldCounts, Group, ModelSummary } from "../../../../compare/summary.ts";
import { against, summaryFixture, triaged } from "../summaries.ts";
import { elementsOf, textOf } from "../vnodes.ts";

const counts = (n: number, k: number, kinds: FieldCounts["kinds"] = k > 0 ? { value: k } : {}): FieldCounts => ({
  n,
  k,
  kinds,
});
const model = (fields: ModelSummary["fields"]): ModelSummary => ({
  ...(triaged().models["moderation/en"] as ModelSummary),
  fields,
});

describe("the field tree", () => {
  const tree = model({
    "$.ok": { exact: counts(10, 0) },
    "$.codes[*].score": { number: counts(10, 3), decision: counts(10, 7, { decision_flip: 7 }) },
    "$.codes[*].name": { exact: counts(10, 0) },
    '$["a.b"]': { exact: counts(10, 5) },
    $: { exact: counts(10, 1) },
  });
  const rows = modelFields(tree);

  test("has the worst branch first, and branches above what they hold", () => {
    const names = rows.map(({ node, quiet }) => `${textOf(node[2] as Vnode)}${quiet ? " (quiet)" : ""}`);
    expect(names).toEqual([
      "$",
      "$.codes",
      "$.codes[*]",
      "$.codes[*].score",
      "$.codes[*].score",
      "$.codes[*].name (quiet)",
      '$["a.b"]',
      "$.ok (quiet)",
    ]);
  });

  test("finds a branch by what is below it", () => {
    const [, codes] = rows;
    expect(codes?.find).toContain("decision flip");
    expect(codes?.kinds).toContain(" decision_flip ");
  });

  test("of several models sums them and counts those that fail", () => {
    const both = fleetFields([
      model({ "$.a": { exact: counts(10, 2) } }),
      model({ "$.a": { exact: counts(5, 0) } }),
      model({ "$.a": { exact: counts(5, 1, { type: 1 }) } }),
    ]);
    expect(
      both.map(({ node }) => [...elementsOf(node)].filter(([tag]) => tag === "td" || tag === "th").map(textOf)),
    ).toEqual([["$.a", "exact", "20", "3", "15 %", "", "value 2, type 1", "2 of 3", ""]]);
  });
});

describe("the flip matrix", () => {
  const flip = (path: string, direction: string, count: number): Group => ({
    ...(triaged().groups[0] as Group),
    kind: "label_flip",
    path,
    direction,
    count,
  });
  const cells = (node: Vnode): string[][] =>
    [...elementsOf(node)]
      .filter(([tag]) => tag === "tr")
      .map((row) => row.slice(2).map((cell) => textOf(cell as Vnode)));

  test("adds up what groups say, a matrix a field, the most changed first", () => {
    const found = flipMatrices([
      flip("$.b", "x→y", 1),
      flip("$.a", "x→y", 2),
      flip("$.a", "x→y", 3),
      flip("$.a", "y→x", 4),
      flip("$.a", "*", 9),
    ]);
    expect(found.map(cells)).toEqual([
      [
        ["", "x", "y"],
        ["x", "", "5"],
        ["y", "4", ""],
      ],
      [
        ["", "y"],
        ["x", "1"],
      ],
    ]);
  });

  test("of too many labels keeps the most frequent and one for the others", () => {
    const groups = Array.from({ length: 30 }, (_, i) => flip("$.a", `l${String(i).padStart(2, "0")}→z`, 100 - i));
    const [rows = []] = flipMatrices(groups).map(cells);
    expect(rows.length).toBe(13);
    const others = Array.from({ length: 19 }, (_, i) => 100 - 11 - i).reduce((sum, n) => sum + n, 0);
    expect(rows.at(-1)).toEqual(["others", others.toLocaleString("en-US")]);
  });
});

describe("explanations", () => {
  const links = (nodes: readonly Vnode[]): (string | undefined)[] =>
    nodes.flatMap((node) => [...elementsOf(node)]).flatMap(([tag, { href }]) => (tag === "a" ? [href] : []));

  test("keep their order, and name model and groups by addresses within the page", () => {
    const parts = explanationsPart(triaged(), () => true);
    const texts = parts.flatMap((node) => [...elementsOf(node)]).filter(([, { class: look }]) => look === "text");
    expect(texts.map(textOf)).toEqual(triaged().explanations?.map(({ text }) => text));
    expect(links(parts)).toContain("#model=moderation%2Ffr&group=2%3A75486a0f493f");
  });

  test("name no group that the page cannot show", () => {
    expect(links(explanationsPart(triaged(), () => false)).filter((href) => href?.includes("group="))).toEqual([]);
  });

  test("without any, the most frequent groups are where to begin; without groups, nothing is claimed", () => {
    const fail = summaryFixture("fail");
    expect(links(explanationsPart(fail, () => true)).length).toBe(3);
    expect(
      explanationsPart(summaryFixture("pass"), () => true)
        .map(textOf)
        .join(""),
    ).toContain("Nothing that was compared differs");
  });
});

describe("the filter of changes", () => {
  const summary = triaged();
  const versus = against(summary, 4);
  const told = toldOf(summary, versus);
  const empty = parseState("");
  const detail = {
    groups: told.groups.map((group) =>
      groupCard(group, undefined, { examples: 1, charts: false, input: 0 }, told.statusOf(group)),
    ),
    ...fixedOf(told, null, 100),
  } as unknown as DetailDocument;
  const of = (change: string, more: Partial<State> = {}): [groups: number, fixed: number] => {
    const state = { ...empty, change, ...more };
    return [foundGroups(detail, state).length, foundFixed(detail, state).length];
  };

  test("shows what it names and nothing else; what was fixed is of no other change", () => {
    expect([of(""), of("new"), of("flaky"), of("known"), of("fixed"), of("none of these")]).toEqual([
      [10, 4],
      [4, 0],
      [3, 0],
      [3, 0],
      [0, 4],
      [0, 0],
    ]);
  });

  test("narrows together with kind and words, and a group that is open stays", () => {
    expect(of("new", { kind: "label_flip" })[0]).toBeLessThan(4);
    expect(of("fixed", { kind: "missing_field" })).toEqual([0, 2]);
    expect(of("fixed", { find: "field3" })).toEqual([0, 1]);
    expect(of("", { find: "flaky" })[0]).toBe(3);
    const known = told.groups.find((group) => told.statusOf(group) === "known");
    expect(of("new", { group: known?.fingerprint ?? "" })[0]).toBe(5);
  });

  test("takes models in which it would find something", () => {
    const byModel = Map.groupBy(told.groups, ({ model }) => model);
    const models = Object.entries(summary.models).map(([name, model]) =>
      modelEntry(name, model, byModel.get(name) ?? [], changesOf(told, name, byModel.get(name) ?? [])),
    );
    for (const change of ["new", "flaky", "known", "fixed"]) {
      const found = foundModels(models, { ...empty, change }).map(({ model }) => model);
      const own = Object.keys(summary.models).filter((name) =>
        change === "fixed"
          ? versus.groups.some((group) => group.model === name && group.status === "fixed")
          : told.groups.some((group) => group.model === name && told.statusOf(group) === change),
      );
      expect(found.toSorted()).toEqual(own.toSorted());
    }
  });
});

describe("the state behind the address", () => {
  const state = {
    find: "a b&c=#",
    verdict: "fail",
    kind: "value",
    change: "new",
    model: "m/ü %",
    group: "1:00ff",
    fields: "all",
  };

  test("comes back as it went", () => {
    expect(parseState(formatState(state))).toEqual(state);
    expect(formatState(parseState(""))).toBe("#");
  });

  test("a link to a group lifts what could hide it; a link to a model keeps the filters", () => {
    expect(follow(state, groupHash("1:ab", "x"))).toEqual({
      find: "",
      verdict: "",
      kind: "",
      change: "",
      model: "x",
      group: "1:ab",
      fields: "all",
    });
    expect(follow(state, "#model=x")).toEqual({ ...state, model: "x", group: "" });
    expect(follow(state, "#")).toEqual({ ...state, model: "", group: "" });
  });
});
