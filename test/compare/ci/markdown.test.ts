import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderMarkdown } from "../../../compare/ci/markdown.ts";
import type { Group, ModelSummary } from "../../../compare/summary.ts";
import { fleet, SUMMARY_NAMES, summaryFixture } from "../report/summaries.ts";
import { outsideCode } from "./commonmark.ts";

const FOLDER = new URL("../../../fixtures/summaries/", import.meta.url);
const full = { maxBytes: 1e6 };

describe.each(SUMMARY_NAMES)("the summary %s", (name) => {
  test("reads as its golden text", async () => {
    await expect(renderMarkdown(summaryFixture(name), full)).toMatchFileSnapshot(
      new URL(`${name}.md`, FOLDER).pathname,
    );
  });
});

test("a fleet is cut to what a comment or a step summary takes, and says what is left out", () => {
  const large = fleet(400, 50);
  for (const maxBytes of [1_000_000, 60_000, 8_000, 2_000]) {
    const text = renderMarkdown(large, { maxBytes });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes);
    expect(text).toMatch(/and [\d,]+ more (model|group)s/);
  }
  expect(renderMarkdown(large, { maxBytes: 100 })).toBe("## ❌ cutover: FAIL\n");
});

test("nothing of a value is markup: not a link, mention, image, cell or heading", () => {
  const base = summaryFixture("fail");
  const model = base.models["moderation/en"] as ModelSummary;
  const nasty = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "`",
      "``|",
      "@team",
      "#12",
      "![x](http://e/x.png)",
      "<img src=x>",
      "a|b",
      "```\n# x",
      "http://e",
      "\\`x`",
    ),
  );
  fc.assert(
    fc.property(nasty, nasty, (one, other) => {
      const example = { position: one, id: one, path: other, legacy: one, candidate: other };
      const group: Group = {
        ...(base.groups[0] as Group),
        model: one,
        path: other,
        direction: one,
        examples: [example],
      };
      const text = renderMarkdown(
        {
          ...base,
          run: one,
          target: other,
          reasons: [one, other],
          ready: [one],
          models: { [one]: model },
          groups: [group],
        },
        full,
      );
      const plain = outsideCode(text);
      expect(plain).not.toMatch(/[@!]|\]\(|http|<(?!\/?sub>)/);
      expect(plain.match(/#/g)).toHaveLength(2);
      const rows = text.split("\n").filter((line) => line.startsWith("| ") && !/^\|[-:|]+\|$/.test(line));
      for (const row of rows) expect(row.replaceAll("\\|", "").match(/\|/g)?.length).toBeGreaterThan(6);
    }),
    { numRuns: 300 },
  );
});
