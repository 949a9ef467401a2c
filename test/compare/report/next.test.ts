import { expect, test } from "vitest";
import { lookSteps, nextSteps, readySteps } from "../../../compare/report/next.ts";
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
