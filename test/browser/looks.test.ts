import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { renderHtml } from "../../compare/report/html.ts";
import { against, fleet, SUMMARY_NAMES, summaryFixture, triaged } from "../compare/report/summaries.ts";
import { requireOrSkip } from "../support/require.ts";
import { BROWSER_MISSING, BROWSER_PATH, closeQuietly, seen, useBrowser, WAIT_MS } from "./open.ts";

const OPEN_GROUP = "#model=moderation%2Ffr&group=2%3A75486a0f493f";

/** Brightness of the page's ground and of its text, 0 to 255. */
function brightness(page: Page): Promise<{ ground: number; ink: number }> {
  return page.evaluate(`(() => {
    const mean = (text) => text.match(/[\\d.]+/g).slice(0, 3).reduce((sum, n) => sum + Number(n) / 3, 0);
    const look = getComputedStyle(document.body);
    return { ground: mean(look.backgroundColor), ink: mean(look.color) };
  })()`);
}

/** Elements that stick out of the window, and that no box of their own scrolls. */
const OVERFLOWING = `(() => {
  const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth ? ["the page"] : [];
  const scrolled = (e) => e.closest(".wide, .scrolls, .glance, .aligned code, .unseen") !== null;
  const out = [...document.querySelectorAll("main *")].filter((e) => e.getClientRects().length > 0
    && e.getBoundingClientRect().right > innerWidth + 1 && !scrolled(e));
  return [...wide, ...out.map((e) => e.tagName + "." + e.getAttribute("class"))];
})()`;

/** On paper no box scrolls: what does not fit is lost. */
const CUT_OFF = `[...document.querySelectorAll(".wide, .scrolls, .line code")]
  .filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.tagName + "." + e.getAttribute("class"))`;

describe.skipIf(requireOrSkip(BROWSER_MISSING, BROWSER_PATH !== undefined))(
  "how the report looks",
  () => {
    const reports = useBrowser();

    test("light by day and dark by night, charts as well", async () => {
      const html = renderHtml(triaged());
      const light = await reports.open(html, { colorScheme: "light", hash: OPEN_GROUP });
      const dark = await reports.open(html, { colorScheme: "dark", hash: OPEN_GROUP });
      const [day, night] = [await brightness(light.page), await brightness(dark.page)];
      expect(day.ground).toBeGreaterThan(230);
      expect(day.ink).toBeLessThan(60);
      expect(night.ground).toBeLessThan(40);
      expect(night.ink).toBeGreaterThan(200);
      const stroke = `getComputedStyle(document.querySelector(".scatter .data")).stroke`;
      expect(await dark.page.evaluate(stroke)).not.toBe(await light.page.evaluate(stroke));
      await closeQuietly(light);
      await closeQuietly(dark);
    });

    test.each(["light", "dark"] as const)(
      "printed from a %s screen: light, every card open, no controls",
      async (colorScheme) => {
        const opened = await reports.open(renderHtml(triaged()), { colorScheme });
        const { page } = opened;
        await page.emulateMedia({ media: "print", colorScheme });
        await page.locator("article.open").nth(9).waitFor();
        // A4 less its margins.
        await page.setViewportSize({ width: 700, height: 1000 });
        expect(await page.evaluate(OVERFLOWING)).toEqual([]);
        expect(await page.evaluate(CUT_OFF)).toEqual([]);
        expect((await brightness(page)).ground).toBeGreaterThan(250);
        const text = await seen(page.locator("body"));
        for (const said of [
          "Do not move",
          "every candidate value is the nearest float32",
          "typical: the median difference",
        ]) {
          expect(text).toContain(said);
        }
        for (const said of [
          "cutover show r3f9c2a71b4",
          "0.6514",
          "block",
          "One-sided Clopper–Pearson",
          "moderation/nl",
        ]) {
          expect(text).toContain(said);
        }
        const controls = page.locator("input, select, button:not(.toggle), nav, footer");
        for (const control of await controls.all()) expect(await control.isVisible()).toBe(false);
        await page.emulateMedia({ media: "screen", colorScheme });
        await page.locator("article.open").first().waitFor({ state: "detached" });
        await closeQuietly(opened);
      },
    );

    test("on paper a fleet has all its models", async () => {
      const opened = await reports.open(renderHtml(fleet(120, 3)));
      // What is there while the printer looks; the page's own listener comes first.
      await opened.page.evaluate(`matchMedia("print").addEventListener("change", ({ matches }) => {
        if (matches) document.body.dataset.printed = document.querySelectorAll("#models tr").length;
      })`);
      await opened.page.pdf();
      expect(await opened.page.locator("body").getAttribute("data-printed")).toBe("120");
      await opened.page.locator("#models tr").nth(25).waitFor({ state: "detached" });
      await closeQuietly(opened);
    });

    test.each([...SUMMARY_NAMES, "triaged"])("on a narrow screen nothing sticks out: %s", async (name) => {
      const summary = name === "triaged" ? triaged() : summaryFixture(name);
      const hash = name === "triaged" ? OPEN_GROUP : "";
      const opened = await reports.open(renderHtml(summary), { viewport: { width: 360, height: 740 }, hash });
      expect(await opened.page.evaluate(OVERFLOWING)).toEqual([]);
      await opened.page.setViewportSize({ width: 1280, height: 800 });
      expect(await opened.page.evaluate(OVERFLOWING)).toEqual([]);
      await closeQuietly(opened);
    });

    test("against another run nothing sticks out, on a narrow screen or on paper", async () => {
      const html = renderHtml(triaged(), against(triaged(), 30));
      const opened = await reports.open(html, { viewport: { width: 360, height: 740 }, hash: OPEN_GROUP });
      const { page } = opened;
      expect(await page.evaluate(OVERFLOWING)).toEqual([]);
      await page.setViewportSize({ width: 700, height: 1000 });
      await page.emulateMedia({ media: "print" });
      await page.locator("#fixed li").nth(6).waitFor();
      expect(await page.evaluate(OVERFLOWING)).toEqual([]);
      await closeQuietly(opened);
    });

    test("nothing moves for readers who asked for less motion", async () => {
      const moves = `[...document.querySelectorAll("*")].flatMap((e) => ["", "::before", "::after"].map((part) => getComputedStyle(e, part)))
      .filter((look) => parseFloat(look.transitionDuration) > 0 || look.animationName !== "none" || look.scrollBehavior === "smooth").length`;
      const html = renderHtml(triaged());
      const still = await reports.open(html, { reducedMotion: "reduce" });
      const lively = await reports.open(html, { reducedMotion: "no-preference" });
      expect(await still.page.evaluate(moves)).toBe(0);
      expect(await lively.page.evaluate(moves)).toBeGreaterThan(0);
      await closeQuietly(still);
      await closeQuietly(lively);
    });
  },
  2 * WAIT_MS,
);
