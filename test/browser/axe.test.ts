import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { renderHtml } from "../../compare/report/html.ts";
import type { Summary } from "../../compare/summary.ts";
import type { Versus } from "../../compare/versus/versus.ts";
import { against, fleet, summaryFixture, triaged } from "../compare/report/summaries.ts";
import { requireOrSkip } from "../support/require.ts";
import { BROWSER_MISSING, BROWSER_PATH, closeQuietly, useBrowser, WAIT_MS } from "./open.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Rules that the page breaks, each with the elements; rules for any level, and best practices. */
async function violations(page: Page): Promise<unknown> {
  await page.evaluate(AXE);
  return page.evaluate(`axe.run(document, { resultTypes: ["violations"] }).then(({ violations, passes }) => {
    if (passes.length < 20) throw new Error("axe looked at next to nothing");
    return violations.map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => node.target.join(" ") + ": " + node.failureSummary) }));
  })`);
}

const AGAINST = against(triaged(), 30);
const CASES: readonly [name: string, summary: Summary, hash: string, versus?: Versus][] = [
  ["pass", summaryFixture("pass"), ""],
  ["fail", summaryFixture("fail"), ""],
  ["inconclusive", summaryFixture("inconclusive"), ""],
  ["error", summaryFixture("error"), ""],
  ["nothing compared", summaryFixture("nothing"), ""],
  ["causes", triaged(), ""],
  ["a model and a group opened", triaged(), "#model=moderation%2Ffr&group=2%3A75486a0f493f&fields=all"],
  ["a filter that nothing matches", triaged(), "#find=nothing+at+all"],
  ["a fleet", fleet(120, 3), ""],
  ["against another run", triaged(), "#model=moderation%2Ffr&group=2%3A75486a0f493f", AGAINST],
  ["what was fixed", triaged(), "#change=fixed", AGAINST],
];

describe.skipIf(requireOrSkip(BROWSER_MISSING, BROWSER_PATH !== undefined))(
  "the report for everybody",
  () => {
    const reports = useBrowser();

    describe.each(["light", "dark"] as const)("%s", (colorScheme) => {
      test.each(CASES)("axe finds no fault: %s", async (_, summary, hash, versus) => {
        const opened = await reports.open(renderHtml(summary, versus), { colorScheme, hash });
        expect(await violations(opened.page)).toEqual([]);
        await closeQuietly(opened);
      });
    });

    test("axe finds the faults that are there", async () => {
      const opened = await reports.open(renderHtml(triaged()));
      await opened.page.evaluate(`document.querySelector("label[for=filter]").remove();
      document.querySelector(".meaning").setAttribute("aria-lablled", "x");
      for (const e of document.querySelectorAll(".muted")) e.className = "plain-text";
      document.querySelector("#kind").removeAttribute("id");`);
      const found = (await violations(opened.page)) as { id: string }[];
      expect(found.map(({ id }) => id)).toContain("select-name");
      await opened.page.context().close();
    });
  },
  2 * WAIT_MS,
);
