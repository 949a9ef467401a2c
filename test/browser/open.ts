/** A report in a real browser: Debian's Chromium, driven by Playwright; what it says, asks for and refuses is kept. */
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
export const BROWSER_PATH = findOnPath(NAMES);
export const BROWSER_MISSING = "chromium missing: apt-get install chromium";
/** The machine may be busy with other tests. */
export const WAIT_MS = 60_000;

function findOnPath(names: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export interface Opened {
  readonly page: Page;
  readonly file: string;
  /** Console messages and errors, requests beyond the file itself, refusals by the policy. */
  readonly complaints: string[];
}

export interface Reports {
  /** Writes the page to a file and opens it there, once its script has run. */
  open(html: string, options?: BrowserContextOptions & { readonly hash?: string }): Promise<Opened>;
}

/** One browser for the tests of a file, a context of its own for each page. */
export function useBrowser(): Reports {
  let browser: Browser | undefined;
  let dir = "";
  let files = 0;
  beforeAll(async () => {
    if (BROWSER_PATH === undefined) return;
    dir = await mkdtemp(join(tmpdir(), "cutover-browser-"));
    const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic"];
    browser = await chromium.launch({ executablePath: BROWSER_PATH, args, timeout: WAIT_MS });
  }, 2 * WAIT_MS);
  afterAll(async () => {
    await browser?.close();
    if (dir !== "") await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  });

  return {
    async open(html, { hash = "", ...options } = {}) {
      const file = join(dir, `report-${files++}.html`);
      await writeFile(file, html);
      const context = await (browser as Browser).newContext(options);
      context.setDefaultTimeout(WAIT_MS);
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("console", (message) => complaints.push(`console: ${message.text()}`));
      page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
      page.on("dialog", (dialog) => {
        complaints.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on("request", (request) => {
        if (!request.url().startsWith(pathToFileURL(file).href)) complaints.push(`request: ${request.url()}`);
      });
      await page.addInitScript(`addEventListener("securitypolicyviolation",
        (event) => console.error("policy: " + event.violatedDirective + " " + event.blockedURI));`);
      await page.goto(`${pathToFileURL(file).href}${hash}`);
      await page.waitForSelector("html[data-ready-ms]", { state: "attached" });
      return { page, file, complaints };
    },
  };
}

/** The page has said nothing, asked for nothing, and broken no policy; then it is closed. */
export async function closeQuietly({ page, complaints }: Opened): Promise<void> {
  expect(complaints).toEqual([]);
  await page.context().close();
}

/** The part of the address behind `#`, as names and values. */
export function stateOf(page: Page): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(new URL(page.url()).hash.slice(1)));
}

/** Text as it is seen: what is hidden is not in it. */
export function seen(place: Locator): Promise<string> {
  // biome-ignore lint/performance/useDomNodeTextContent: what CSS hides must not count as shown.
  return place.innerText();
}

/** Distance from the top of the window. */
export function topOf(place: Locator): Promise<number> {
  return place.evaluate((element: { getBoundingClientRect(): { top: number } }) => element.getBoundingClientRect().top);
}

/** Distance from the left of the window. */
export function leftOf(place: Locator): Promise<number> {
  return place.evaluate(
    (element: { getBoundingClientRect(): { left: number } }) => element.getBoundingClientRect().left,
  );
}
