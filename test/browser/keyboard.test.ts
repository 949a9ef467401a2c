import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { renderHtml } from "../../compare/report/html.ts";
import { against, fleet, triaged } from "../compare/report/summaries.ts";
import { requireOrSkip } from "../support/require.ts";
import { BROWSER_MISSING, BROWSER_PATH, closeQuietly, seen, stateOf, useBrowser, WAIT_MS } from "./open.ts";

/** What has the focus, in a word, and whether its outline shows. */
interface Focus {
  readonly what: string;
  readonly outlined: boolean;
  readonly inSight: boolean;
}

const FOCUS = `(() => {
  const at = document.activeElement;
  const box = at.getBoundingClientRect();
  const look = getComputedStyle(at), overlay = getComputedStyle(at, "::after");
  const outlined = [look, overlay].some((s) => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2);
  const what = at.id || at.dataset.jump || at.dataset.copy || at.dataset.group || at.dataset.model
    || at.getAttribute("href") || at.dataset.verdict || at.getAttribute("aria-label") || at.textContent;
  const inSight = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return { what, outlined, inSight };
})()`;

/** All that can be used or scrolled, in order of the page. */
const STOPS = `[...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")]
  .filter((e) => e.getClientRects().length > 0).length`;

const SHOWN = (elements: { getClientRects(): { length: number } }[]): boolean[] =>
  elements.map((element) => element.getClientRects().length > 0);

async function focusOf(page: Page): Promise<Focus> {
  return (await page.evaluate(FOCUS)) as Focus;
}

describe.skipIf(requireOrSkip(BROWSER_MISSING, BROWSER_PATH !== undefined))(
  "the report by keyboard alone",
  () => {
    const reports = useBrowser();

    test(
      "Tab reaches everything once, outlined and in sight, in order, and is never caught",
      async () => {
        const hash = "#model=moderation%2Ffr&group=2%3A75486a0f493f";
        const opened = await reports.open(renderHtml(triaged()), { hash });
        const { page } = opened;
        await page.evaluate("document.activeElement.blur(); scrollTo(0, 0)");
        await page.keyboard.press("Control+Home");
        const stops = (await page.evaluate(STOPS)) as number;
        expect(stops).toBeGreaterThan(40);
        const walked: string[] = [];
        await page.evaluate("document.querySelector('.top button').focus()");
        for (let i = 0; i < stops; i++) {
          const { what, outlined, inSight } = await focusOf(page);
          expect({ what, outlined, inSight }).toEqual({ what, outlined: true, inSight: true });
          walked.push(what);
          await page.keyboard.press("Tab");
        }
        const first = (name: string): number => {
          const at = walked.findIndex((what) => what.includes(name));
          expect(at, name).toBeGreaterThanOrEqual(0);
          return at;
        };
        const order = [
          "causes-title",
          "cutover show",
          "#model=moderation%2Ffr&group",
          "filter",
          "kind",
          "moderation/nl",
        ];
        const places = [...order, "2:75486a0f493f", "cutover rules suggest r3f9c2a71b4 --group 2:75486a0f493f"].map(
          first,
        );
        expect(places).toEqual(places.toSorted((a, b) => a - b));
        expect(walked.at(-1)).toMatch(/^cutover gate/);
        expect((await focusOf(page)).what).not.toBe(walked.at(-1));
        await closeQuietly(opened);
      },
      4 * WAIT_MS,
    );

    test("slash, arrows, Enter and Escape: to a model, to a group, and back step by step", async () => {
      const opened = await reports.open(renderHtml(triaged()));
      const { page } = opened;
      const press = async (...keys: string[]): Promise<void> => {
        for (const key of keys) await page.keyboard.press(key);
      };
      await press("/");
      expect((await focusOf(page)).what).toBe("filter");
      await page.keyboard.type("moderation/");
      expect(stateOf(page)).toEqual({ find: "moderation/" });
      // The slash typed was text; Escape takes it away.
      await press("Escape");
      expect(stateOf(page)).toEqual({});
      await press("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp");
      expect((await focusOf(page)).what).toBe("moderation/fr");
      await press("Enter");
      await page.getByRole("heading", { name: "moderation/fr" }).waitFor();
      expect((await focusOf(page)).what).toBe("detail-title");

      await page.locator(".toggle").first().focus();
      await press("ArrowDown", "Enter");
      const { group } = stateOf(page);
      expect((await focusOf(page)).what).toBe(group);
      expect(await page.locator("article.open").count()).toBe(1);
      // From a button within the card, which is gone once the card is closed.
      await page.locator("article.open .actions button").first().focus();
      await press("Escape");
      expect(stateOf(page)).toEqual({ model: "moderation/fr" });
      expect((await focusOf(page)).what).toBe(group);
      await press("Escape");
      expect(stateOf(page)).toEqual({});
      expect((await focusOf(page)).what).toBe("moderation/fr");
      await press("ArrowUp", "ArrowUp");
      expect((await focusOf(page)).what).toBe("filter");
      await press("Escape");
      expect(stateOf(page)).toEqual({});
      await closeQuietly(opened);
    });

    test("what changed against another run is chosen, kept in the address, and taken back", async () => {
      const html = renderHtml(triaged(), against(triaged(), 30));
      const opened = await reports.open(html);
      const { page } = opened;
      const counts = async (): Promise<[cards: number, fixed: number]> => [
        await page.locator("#groups article").count(),
        await page.locator("#fixed li:visible").count(),
      ];
      expect(await counts()).toEqual([10, 20]);
      await page.locator("#change").focus();
      await page.keyboard.type("new");
      await page.locator("#fixed-part").waitFor({ state: "hidden" });
      expect([stateOf(page), await counts()]).toEqual([{ change: "new" }, [4, 0]]);
      expect(await page.locator("#groups .trait.new").count()).toBe(4);
      await page.keyboard.press("End");
      await page.locator("#fixed-part").waitFor();
      expect([stateOf(page), await counts()]).toEqual([{ change: "fixed" }, [0, 20]]);
      expect(await page.locator("#groups-none").isVisible()).toBe(false);
      await page.locator("#fixed-more").focus();
      await page.keyboard.press("Enter");
      await page.locator("#fixed li").nth(29).waitFor();
      const { what, outlined, inSight } = await focusOf(page);
      expect({ field: what.includes("field20"), outlined, inSight }).toEqual({
        field: true,
        outlined: true,
        inSight: true,
      });
      // Whoever gets the address sees the same.
      const other = await reports.open(html, { hash: new URL(page.url()).hash });
      expect(await other.page.locator("#change").inputValue()).toBe("fixed");
      expect(await other.page.locator("#groups article").count()).toBe(0);
      await closeQuietly(other);
      await page.locator("#clear").focus();
      await page.keyboard.press("Enter");
      await page.locator("#groups article").nth(9).waitFor();
      expect(stateOf(page)).toEqual({});
      await closeQuietly(opened);
    });

    test("without another run there is nothing to choose", async () => {
      const opened = await reports.open(renderHtml(triaged()), { hash: "#change=new" });
      expect(await opened.page.locator("#change, #fixed-part").evaluateAll(SHOWN)).toEqual([false, false]);
      await closeQuietly(opened);
    });

    test("the keys that work are written on the page, and sections are one step away", async () => {
      const opened = await reports.open(renderHtml(triaged()));
      const { page } = opened;
      const keys = await page.locator("footer kbd").allTextContents();
      expect(keys).toEqual(["/", "↑", "↓", "Enter", "Esc", "Tab"]);
      for (const name of ["Causes", "Models", "Fields", "Differences", "Settings"]) {
        await page.locator("nav button", { hasText: name }).focus();
        await page.keyboard.press("Enter");
        const { what, inSight } = await focusOf(page);
        expect({ what, inSight }).toEqual({
          what: `${name === "Differences" ? "groups" : name.toLowerCase()}-title`,
          inSight: true,
        });
        expect(await seen(page.locator(`#${what}`))).not.toBe("");
      }
      await closeQuietly(opened);
    });

    test("what more there is opens without losing the place", async () => {
      const opened = await reports.open(renderHtml(fleet(60, 2)));
      const { page } = opened;
      await page.locator("#models-more").focus();
      await page.keyboard.press("Enter");
      expect(await page.locator("#models-more").isVisible()).toBe(false);
      const { what, outlined, inSight } = await focusOf(page);
      expect(what).toBe(await page.locator("#models a").nth(25).getAttribute("data-model"));
      expect([outlined, inSight]).toEqual([true, true]);
      await closeQuietly(opened);
    });
  },
  2 * WAIT_MS,
);
