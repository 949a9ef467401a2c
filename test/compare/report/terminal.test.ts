import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { renderTerminal } from "../../../compare/report/terminal.ts";
import { displayWidth } from "../../../compare/report/text.ts";
import { fleet, goldenPath, SUMMARY_NAMES, summaryFixture } from "./summaries.ts";

describe.each(SUMMARY_NAMES)("the summary %s", (name) => {
  const summary = summaryFixture(name);

  test.each([100, 60])("reads as its golden text at %i columns", async (columns) => {
    await expect(renderTerminal(summary, { color: false, columns })).toMatchFileSnapshot(goldenPath(name, columns));
  });

  test("has colour only when asked, and the same text with it", () => {
    const plain = renderTerminal(summary, { color: false, columns: 100 });
    const coloured = renderTerminal(summary, { color: true, columns: 100 });
    expect(plain).not.toContain("\u001b");
    expect(coloured).toContain("\u001b[");
    expect(stripVTControlCharacters(coloured)).toBe(plain);
  });

  // Command lines are whole, so that they can be copied.
  test.each([50, 80, 100, 132, 400])("fits %i columns", (columns) => {
    const lines = renderTerminal(summary, { color: false, columns }).split("\n");
    const wide = lines.filter((line) => displayWidth(line) > columns && !line.startsWith("  cutover "));
    expect(wide).toEqual([]);
  });
});

test("the first line says the verdict, the next ones why", () => {
  const [first, second] = renderTerminal(summaryFixture("fail"), { color: false, columns: 100 }).split("\n");
  expect(first).toMatch(/^FAIL {2}run r3f9c2a71b4/);
  expect(second).toMatch(/^ {2}• moderation\/en: 693 of 4,200 pairs mismatch/);
});

test("nothing compared is called so", () => {
  expect(renderTerminal(summaryFixture("nothing"), { color: false, columns: 100 })).toMatch(/^NOTHING COMPARED /);
});

test("hostile values reach neither the terminal nor the CI runner as commands", () => {
  const text = renderTerminal(summaryFixture("hostile"), { color: false, columns: 132 });
  expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}|\p{Bidi_Control}|\p{Cs}/u);
  expect(text).not.toContain("##[");
  for (const line of text.split("\n")) expect(line.trimStart()).not.toMatch(/^::/);
});

test("400 models with 50 groups each fit on a screen or two, the failing ones first", () => {
  const lines = renderTerminal(fleet(400, 50), { color: false, columns: 120 }).split("\n");
  expect(lines.length).toBeLessThan(75);
  expect(lines.filter((line) => line.startsWith("✗")).length).toBe(20);
  expect(lines).toContain("… and 380 more models (cutover report --run r3f9c2a71b4)");
  expect(lines.some((line) => /^… and 19,988 more groups/.test(line))).toBe(true);
});

test("where long values part late, the example shows where they part", () => {
  const summary = fleet(1, 50, (seed) => `"${"same ".repeat(50)}${seed}"`);
  const text = renderTerminal(summary, { color: false, columns: 100 });
  expect(text).toMatch(/…a?m?e [\d.]+" → …a?m?e [\d.]+"/);
});
