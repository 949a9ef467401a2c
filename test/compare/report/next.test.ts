import { expect, test } from "vitest";
import { lookSteps, nextSteps, readySteps } from "../../../compare/report/next.ts";
import { modelsInOrder } from "../../../compare/report/order.ts";
import { cardNode } from "../../../compare/report/page/client/cards.ts";
import { groupCard } from "../../../compare/report/page/groups.ts";
import { commandsOf } from "../../../compare/report/page/head.ts";
import type { Vnode } from "../../../compare/report/page/vnode.ts";
import type { ModelSummary, Summary } from "../../../compare/summary.ts";
import { HOSTILE, HOSTILE_PLACES } from "../../support/hostile.ts";
import { summaryFixture, triaged } from "./summaries.ts";

const commands = (steps: readonly { readonly command: string }[]): string[] => steps.map(({ command }) => command);

test("first the largest cause: one of its requests, and the rule that would accept it", () => {
  const [cause] = triaged().explanations ?? [];
  const other = {
    ...triaged(),
    explanations: [{ ...(cause as NonNullable<typeof cause>), groups: ["2:75486a0f493f"] }],
  };
  expect(commands(lookSteps(triaged()))).toEqual([
    "cutover show r3f9c2a71b4 reviews.ndjson@5f3a9c1e/0/14",
    "cutover rules suggest r3f9c2a71b4 --group 2:e6e45480c590",
  ]);
  expect(commands(lookSteps(other))[1]).toBe("cutover rules suggest r3f9c2a71b4 --group 2:75486a0f493f");
});

test("a group that a waiver accepts whole is not where to look", () => {
  const summary = triaged();
  const [first, ...others] = summary.groups.toSorted((a, b) => b.count - a.count);
  const waived = { ...summary, explanations: [], groups: first ? [{ ...first, waived: first.count }, ...others] : [] };
  expect(commands(lookSteps(waived))[1]).toBe("cutover rules suggest r3f9c2a71b4 --group 2:75486a0f493f");
});

test("paths without a rule lead to lint, and missing answers to replay", () => {
  const error = summaryFixture("error");
  expect(commands([...lookSteps(error), ...nextSteps(error)])).toEqual([
    "cutover rules lint --run r3f9c2a71b4",
    "cutover replay --run r3f9c2a71b4 --target new",
    "cutover compare --run r3f9c2a71b4",
  ]);
});

test("a model that is ready need not wait; what passes is gated", () => {
  expect(commands(readySteps(summaryFixture("fail")))).toEqual([
    "cutover gate --run r3f9c2a71b4 --model moderation/de",
  ]);
  expect(readySteps(summaryFixture("error"))).toEqual([]);
  expect(commands(nextSteps(summaryFixture("pass")))).toEqual(["cutover gate --run demo-fixed"]);
});

/** Words that a shell takes as they stand, or in single quotes with `\\'` between: nothing is expanded, nothing runs. */
const PLAIN_COMMAND = /^(?:echo (?:[\w@%+=:,./-]|'[^']*'|\\')+ \| )?cutover(?: (?:[\w@%+=:,./-]|'[^']*'|\\')+)+$/;

/** No name becomes a flag. */
const OUR_FLAG = /^'?--(?:run|target|model|group|format|out|only|from|ids|fresh)(?:=|$)/;

function copied(node: Vnode): string[] {
  if (typeof node === "string") return [];
  const own = node[1]["data-copy"];
  return [...(own === undefined ? [] : [own]), ...node.slice(2).flatMap((child) => copied(child as Vnode))];
}

test.each([...Object.entries(HOSTILE), ["a flag", "--config=theirs.yaml"], ["a flag to be quoted", "--config=a b"]])(
  "no command that can be copied lets a value reach the shell: %s",
  (_, text) => {
    const placed = Object.values(HOSTILE_PLACES).reduce((summary, put) => put(summary, text), triaged());
    const summary: Summary = {
      ...placed,
      groups: placed.groups.map((group, i) => (i < 2 ? { ...group, fingerprint: text } : group)),
    };
    const detail = { examples: 5, charts: true, input: 100 };
    const cards = summary.groups.map((group) => groupCard(group, undefined, detail));
    const all = [
      ...commands([...lookSteps(summary), ...readySteps(summary), ...nextSteps(summary)]),
      ...cards.flatMap((card) => copied(cardNode(card, true, commandsOf(summary), false))),
    ];
    expect(all.length).toBeGreaterThan(20);
    for (const command of all) {
      expect(command).toMatch(PLAIN_COMMAND);
      const [flagged = ""] = command.slice(command.lastIndexOf("| cutover") + 1).split(" -- ");
      const words = flagged.match(/(?:[\w@%+=:,./-]|'[^']*'|\\')+/g) ?? [];
      for (const word of words.filter((each) => /^'?-./.test(each))) expect(word).toMatch(OUR_FLAG);
    }
  },
);

test("models that need a look come first: by verdict, then by rate, then by name", () => {
  const model = (verdict: ModelSummary["verdict"], rate: number): ModelSummary => ({
    ...(triaged().models["moderation/de"] as ModelSummary),
    verdict,
    rate,
  });
  const models = {
    p: model("pass", 0.9),
    b: model("fail", 0.1),
    a: model("fail", 0.1),
    f: model("fail", 0.2),
    e: model("error", 0),
    i: model("inconclusive", 0.5),
  };
  expect(modelsInOrder(models).map(([name]) => name)).toEqual(["e", "f", "a", "b", "i", "p"]);
});
