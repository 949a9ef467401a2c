import { describe, expect, test } from "vitest";
import { renderHtml } from "../../compare/report/html.ts";
import { fleet, SUMMARY_NAMES, summaryFixture, triaged } from "../compare/report/summaries.ts";
import { requireOrSkip } from "../support/require.ts";
import {
  BROWSER_MISSING,
  BROWSER_PATH,
  closeQuietly,
  leftOf,
  seen,
  stateOf,
  topOf,
  useBrowser,
  WAIT_MS,
} from "./open.ts";

/** Far above what is asked for, since the machine may be busy: `data-ready-ms` of a quiet one is a few hundred. */
const OPEN_MAX_MS = 5_000;

describe.skipIf(requireOrSkip(BROWSER_MISSING, BROWSER_PATH !== undefined))(
  "the report in a browser",
  () => {
    const reports = useBrowser();

    test.each(SUMMARY_NAMES)(
      "opens from a file without a word, a request or a breach of its policy: %s",
      async (name) => {
        const opened = await reports.open(renderHtml(summaryFixture(name)));
        const shown = await seen(opened.page.locator("h1"));
        const summary = summaryFixture(name);
        expect(shown.toUpperCase()).toBe(name === "nothing" ? "NOTHING COMPARED" : summary.verdict.toUpperCase());
        expect(await opened.page.locator("#models tr").count()).toBe(Object.keys(summary.models).length);
        await closeQuietly(opened);
      },
    );

    test("answers in order: verdict and why, next, causes, models, fields, groups, settings", async () => {
      const opened = await reports.open(renderHtml(triaged()));
      const text = await seen(opened.page.locator("body"));
      const places = [
        "Fail\n",
        "Do not move",
        "coverage 99.8 % is below its limit 100 %",
        "1 of 4 models ready to move",
        "Next\n",
        "cutover show r3f9c2a71b4",
        "What explains it",
        "every candidate value is the nearest float32",
        "all 213 mismatches have non-ASCII text",
        "Models ",
        "moderation/de",
        "Fields ",
        "$.score",
        "Differences ",
        "612",
        "Settings and lineage",
        "One-sided Clopper–Pearson bounds",
      ];
      let at = -1;
      for (const place of places) {
        const found = text.indexOf(place, at + 1);
        expect(found, place).toBeGreaterThan(at);
        at = found;
      }
      await closeQuietly(opened);
    });

    test("a cause leads to its group, open and in sight; the back button leads back", async () => {
      const opened = await reports.open(renderHtml(triaged()));
      const { page } = opened;
      await page.locator("#causes a.chip").nth(1).click();
      const card = page.locator("article.open");
      await card.waitFor();
      expect(stateOf(page)).toEqual({ model: "moderation/fr", group: "2:75486a0f493f" });
      expect(await seen(page.locator("#detail-title"))).toBe("moderation/fr");
      expect(await seen(card.locator("h4"))).toBe("$.score");
      expect(await page.evaluate("document.activeElement.dataset.group")).toBe("2:75486a0f493f");
      const top = await topOf(card);
      expect(top).toBeGreaterThanOrEqual(0);
      expect(top).toBeLessThan(200);
      await page.goBack();
      await page.getByRole("heading", { name: "All models" }).waitFor();
      expect(stateOf(page)).toEqual({});
      await closeQuietly(opened);
    });

    test("a card shows both answers aligned, the request, one that agrees, drawings with words, and commands", async () => {
      const hash = "#model=moderation%2Ffr&group=2%3A75486a0f493f";
      const opened = await reports.open(renderHtml(triaged()), { hash });
      const card = opened.page.locator("article.open");
      const first = card.locator(".example").first();
      const [legacy, candidate] = [first.locator(".old code"), first.locator(".new code")];
      expect([await seen(legacy), await seen(candidate)]).toEqual(["0.7129", "0.6514"]);
      expect(await seen(legacy.locator("mark"))).toBe("7129");
      expect(await leftOf(legacy.locator("mark"))).toBe(await leftOf(candidate.locator("mark")));
      expect(await seen(first)).toMatch(/typical: the median difference[\s\S]*request[\s\S]*agrees[\s\S]*request-11/);
      const drawings = card.locator("svg[role=img]");
      expect(await drawings.count()).toBe(2);
      for (const drawing of await drawings.all()) {
        expect(await drawing.locator("title").textContent()).not.toBe("");
        expect(await drawing.locator("desc").textContent()).not.toBe("");
        expect(await drawing.getAttribute("aria-label")).toMatch(/\d/);
      }
      const buttons = await card.locator("button[data-copy]").all();
      const commands = await Promise.all(buttons.map((button) => button.getAttribute("data-copy")));
      expect(commands).toEqual([
        "cutover show r3f9c2a71b4 reviews.ndjson@5f3a9c1e/0/4810",
        "echo reviews.ndjson@5f3a9c1e/0/4810 | cutover replay --target new --ids - --fresh",
        "cutover show r3f9c2a71b4 reviews.ndjson@5f3a9c1e/0/5117",
        "echo reviews.ndjson@5f3a9c1e/0/5117 | cutover replay --target new --ids - --fresh",
        "cutover rules suggest r3f9c2a71b4 --group 2:75486a0f493f",
        "cutover replay --target new --only group:2:75486a0f493f --from r3f9c2a71b4",
        "cutover export r3f9c2a71b4 --format ndjson --group 2:75486a0f493f",
      ]);
      await closeQuietly(opened);
    });

    test("labels that changed stand in a matrix", async () => {
      const opened = await reports.open(renderHtml(triaged()), { hash: "#model=moderation%2Ffr" });
      const rows = await opened.page.locator(".matrix tr").allInnerTexts();
      expect(rows.map((row) => row.replaceAll(/\s+/g, " ").trim())).toEqual([
        "ok review",
        "block 17 2",
        "ok 4",
        "review 61",
      ]);
      await closeQuietly(opened);
    });

    test("every filter stands in the address, and the address brings every filter back", async () => {
      const html = renderHtml(triaged());
      const opened = await reports.open(html);
      const { page } = opened;
      await page.locator("#models a", { hasText: "moderation/fr" }).click();
      await page.getByRole("heading", { name: "moderation/fr" }).waitFor();
      await page.locator("#filter").fill("review");
      await page.getByRole("button", { name: /^fail/ }).click();
      await page.locator("#kind").selectOption("label_flip");
      await page.locator(".toggle").first().click();
      const state = stateOf(page);
      expect(state).toMatchObject({ model: "moderation/fr", find: "review", verdict: "fail", kind: "label_flip" });
      expect(state.group).toMatch(/^2:[0-9a-f]{12}$/);
      const shown = await seen(page.locator("main"));

      const again = await reports.open(html, { hash: new URL(page.url()).hash });
      expect(await seen(again.page.locator("main"))).toBe(shown);
      expect(await again.page.locator("#filter").inputValue()).toBe("review");
      expect(await again.page.locator("#kind").inputValue()).toBe("label_flip");
      expect(await again.page.locator("button[data-verdict=fail]").getAttribute("aria-pressed")).toBe("true");
      expect(await again.page.locator("article.open").count()).toBe(1);

      await again.page.getByRole("button", { name: "Clear" }).click();
      expect(stateOf(again.page)).toEqual({ model: "moderation/fr", group: state.group });
      expect(await again.page.locator("#models tr").count()).toBe(4);
      await closeQuietly(opened);
      await closeQuietly(again);
    });

    test("text, verdict and kind each leave what matches", async () => {
      const opened = await reports.open(renderHtml(triaged()));
      const { page } = opened;
      const counts = async (): Promise<[number, number]> => [
        await page.locator("#models tr").count(),
        await page.locator("#groups article").count(),
      ];
      expect(await counts()).toEqual([4, 10]);
      await page.locator("#filter").fill("float32");
      expect(await counts()).toEqual([1, 1]);
      await page.locator("#filter").fill("no such thing");
      expect(await counts()).toEqual([0, 0]);
      expect(await page.locator("#models-none").isVisible()).toBe(true);
      await page.locator("#filter").fill("");
      await page.locator("#kind").selectOption("order");
      expect(await counts()).toEqual([1, 1]);
      await page.getByRole("button", { name: "Clear" }).click();
      await page.getByRole("button", { name: /^inconclusive/ }).click();
      expect(await counts()).toEqual([1, 10]);
      await closeQuietly(opened);
    });

    test("fields in which nothing differs are one step away", async () => {
      const opened = await reports.open(renderHtml(triaged()), { hash: "#model=moderation%2Fen" });
      const { page } = opened;
      const before = await page.locator("#fields tr").count();
      expect(await seen(page.locator("#fields"))).not.toContain("$.timing");
      await page.locator("#fields-all").click();
      expect(await page.locator("#fields tr").count()).toBeGreaterThan(before);
      expect(await seen(page.locator("#fields"))).toContain("$.timing");
      expect(stateOf(page)).toEqual({ model: "moderation/en", fields: "all" });
      await closeQuietly(opened);
    });

    test("a copied command is the command, and the page says that it was copied", async () => {
      const permissions = ["clipboard-read", "clipboard-write"];
      const opened = await reports.open(renderHtml(triaged()), { permissions });
      const { page } = opened;
      const button = page.locator("#next button").first();
      await button.click();
      await page.locator("#said", { hasText: "Copied: cutover show" }).waitFor({ state: "attached" });
      expect(await seen(button)).toBe("Copied");
      const copied = await page.evaluate("navigator.clipboard.readText()");
      expect(copied).toBe("cutover show r3f9c2a71b4 reviews.ndjson@5f3a9c1e/0/14");
      await page.locator("#next button:text-is('Copied')").waitFor({ state: "detached" });
      expect(await seen(button)).toBe("Copy");
      await closeQuietly(opened);
    });

    test(
      "400 models with 50 groups each open soon, a window at a time",
      async () => {
        const html = renderHtml(fleet(400, 50));
        const opened = await reports.open(html);
        const { page } = opened;
        const ready = Number(await page.locator("html").getAttribute("data-ready-ms"));
        console.log(`400 models of 50 groups: ${(html.length / 2 ** 20).toFixed(1)} MiB, shown after ${ready} ms`);
        expect(ready).toBeLessThan(OPEN_MAX_MS);
        expect(await seen(page.locator("#found"))).toBe("400 of 400 models, 60 of 60 differences");
        expect(await page.locator("#models tr").count()).toBe(25);
        expect(await page.locator("#groups article").count()).toBe(20);
        await page.locator("#models-more").click();
        expect(await page.locator("#models tr").count()).toBe(125);
        expect(await page.evaluate("document.activeElement.closest('tr').rowIndex")).toBe(26);
        await page.locator("#filter").fill("client-399");
        await page.locator("#models a").click();
        await page.getByRole("heading", { name: "client-399/model" }).waitFor();
        await page.locator("#filter").fill("");
        expect(await page.locator("#groups article").count()).toBe(20);
        await page.locator("#groups-more").click();
        expect(await page.locator("#groups article").count()).toBe(40);
        await closeQuietly(opened);
      },
      4 * WAIT_MS,
    );
  },
  2 * WAIT_MS,
);
