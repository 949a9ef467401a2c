import { describe, expect, test } from "vitest";
import { renderHtml } from "../../compare/report/html.ts";
import { visible } from "../../compare/report/text.ts";
import type { Summary } from "../../compare/summary.ts";
import type { Versus } from "../../compare/versus/versus.ts";
import { shellWord } from "../../src/shell.ts";
import { against, triaged } from "../compare/report/summaries.ts";
import { HOSTILE, HOSTILE_PLACES } from "../support/hostile.ts";
import { requireOrSkip } from "../support/require.ts";
import { BROWSER_MISSING, BROWSER_PATH, closeQuietly, useBrowser, WAIT_MS } from "./open.ts";

/** The text in every place at once. */
function everywhere(text: string): Summary {
  return Object.values(HOSTILE_PLACES).reduce((summary, put) => put(summary, text), triaged());
}

/** The same of another run: its name, and paths and rules of what it found. */
function foreign(text: string): Versus {
  const versus = against(everywhere(text), 8, text);
  return { ...versus, groups: versus.groups.map((group) => ({ ...group, path: text, rule: text })) };
}

/** Where a reader must find the text again, once its first card is open. */
const SHOWN = ["#verdict .reasons", "#causes .text", "#models th", "#fields", ".card.open h4", ".card.open .cause"];
const ALSO_SHOWN = [
  "#against",
  "#fixed .code",
  "#fixed .muted",
  ".card.open .where",
  ".card.open .asked code",
  "#settings",
  "#lineage",
  "#detail-title",
];

/** Characters that move, hide or end other text. */
const UNSEEN = /\p{Cc}|\p{Zl}|\p{Zp}|\p{Bidi_Control}|\p{Cs}/u;

describe.skipIf(requireOrSkip(BROWSER_MISSING, BROWSER_PATH !== undefined))(
  "hostile values on the page",
  () => {
    const reports = useBrowser();

    test.each(Object.entries(HOSTILE))("inert and visible: %s", async (_, text) => {
      const opened = await reports.open(renderHtml(everywhere(text), foreign(text)));
      const { page } = opened;
      await page.locator("#models a").first().click();
      await page.locator("#facts dl").waitFor();
      await page.locator(".toggle").first().click();
      await page.locator(".card.open").waitFor();

      const strange = page.locator(
        "main :is(img, script, style, iframe, object, embed, form, textarea, a:not([href^='#']))",
      );
      expect(await strange.count()).toBe(0);
      const shown = (await page.locator("body").evaluate(TEXT)) as string;
      expect(UNSEEN.exec(shown.replaceAll("\n", ""))).toBeNull();
      const wanted = visible(text).slice(0, 40);
      for (const place of [...SHOWN, ...ALSO_SHOWN]) {
        const texts = await page.locator(place).allTextContents();
        expect(texts.join("\n"), place).toContain(wanted);
      }
      const commands = await page.locator("#next code").allTextContents();
      expect(commands.join("\n")).toContain(shellWord(visible(text)).slice(0, 40));
      await closeQuietly(opened);
    });
  },
  2 * WAIT_MS,
);

/** All text of the page but that of its script, style and data. */
const TEXT = `[...document.querySelectorAll("header, main, footer, #said")].map((e) => e.textContent).join("\\n")`;
