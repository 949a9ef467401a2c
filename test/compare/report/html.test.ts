import { createHash } from "node:crypto";
import { Script } from "node:vm";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { renderHtml } from "../../../compare/report/html.ts";
import { cardNode } from "../../../compare/report/page/client/cards.ts";
import type { Commands, DetailDocument, IndexDocument } from "../../../compare/report/page/document.ts";
import type { Vnode } from "../../../compare/report/page/vnode.ts";
import { LIMITS } from "../../../src/limits.ts";
import { against, fleet, SUMMARY_NAMES, summaryFixture, triaged } from "./summaries.ts";
import { elementsOf, spacedTextOf } from "./vnodes.ts";

const sha256 = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** What the page's script will unpack: the index, then one document a model. */
function chunksOf(page: string): [IndexDocument, ...DetailDocument[]] {
  const found = [...page.matchAll(/<script type="text\/plain" id="chunk-(\d+)">([A-Za-z0-9+/=]+)<\/script>/g)];
  expect(found.map(([, number]) => Number(number))).toEqual(found.map((_, i) => i));
  return found.map(([, , text]) => JSON.parse(gunzipSync(Buffer.from(text ?? "", "base64")).toString())) as never;
}

/** Cards as the script makes them, all open. */
function cardsOf({ groups }: DetailDocument, commands: Commands): Vnode[] {
  return groups.map((card) => cardNode(card, true, commands, false));
}

describe.each([...SUMMARY_NAMES, "triaged"])("the page of %s", (name) => {
  const summary = name === "triaged" ? triaged() : summaryFixture(name);
  const page = renderHtml(summary);

  test("allows its own script and style by their hashes, and nothing else", () => {
    const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]+)">/.exec(page)?.[1];
    const script = /<script>([\s\S]*?)<\/script>/.exec(page)?.[1] ?? "";
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";
    expect(policy?.split("; ")).toEqual([
      "default-src 'none'",
      `script-src ${sha256(script)}`,
      `style-src ${sha256(style)}`,
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(() => new Script(script)).not.toThrow();
  });

  test("names no address and holds no markup but its own", () => {
    expect(page.match(/(?:https?:)?\/\/[a-z0-9.]+\.[a-z]+/gi) ?? []).toEqual(["http://www.w3.org"]);
    expect(page.match(/<script/g)?.length).toBe(Object.keys(summary.models).length + 2);
    const untitled = page.replace(/<title>[^<]*<\/title>/, "");
    expect(untitled).not.toMatch(/<img|<!--|<link|<iframe|\ssrc=|\sstyle=|\son\w+=/i);
    expect(page.replace(/[\n\t]/g, "")).not.toMatch(/\p{Cc}|\p{Zl}|\p{Zp}|\p{Bidi_Control}/u);
  });

  test("is a function of the summary alone", () => {
    expect(renderHtml(structuredClone(summary))).toBe(page);
  });

  test("says verdict, reasons and sums", () => {
    const [index] = chunksOf(page);
    const verdict = (index.parts.verdict ?? []).map(spacedTextOf).join(" ");
    expect(verdict.toUpperCase()).toContain(name === "nothing" ? "NOTHING COMPARED" : summary.verdict.toUpperCase());
    expect(index.parts.verdict?.flatMap((node) => [...elementsOf(node)]).filter(([tag]) => tag === "li").length).toBe(
      summary.reasons.length,
    );
    expect((index.parts.sums ?? []).map(spacedTextOf).join(" ")).toContain(
      `${summary.outcomes.match.toLocaleString("en-US")} match`,
    );
    expect(index.models.length).toBe(Object.keys(summary.models).length);
  });

  test("puts values into texts, and into attributes that can do nothing", () => {
    const [index, ...details] = chunksOf(page);
    const nodes = [
      ...Object.values(index.parts).flat(),
      ...[index.detail, ...details].flatMap((detail) => [
        ...detail.facts,
        ...detail.flips,
        ...detail.fields.map((field) => field.node),
        ...cardsOf(detail, index.commands),
      ]),
      ...index.models.map(({ node }) => node),
    ];
    const allowed =
      /^(class|scope|colspan|start|value|href|role|tabindex|aria-[a-z]+|data-(model|copy|verdict|group|of)|type|title|viewBox|preserveAspectRatio|width|height|d|x|y|x1|x2|y1|y2|cx|cy|r|rx)$/;
    for (const [tag, attributes] of nodes.flatMap((node) => [...elementsOf(node)])) {
      expect(tag).toMatch(/^[a-z][a-z0-9]*$/);
      for (const [attribute, value] of Object.entries(attributes)) {
        expect(attribute).toMatch(allowed);
        if (attribute === "href") expect(value).toMatch(/^#(model|group)=[\w%.!~*'()&=-]*$/);
      }
    }
  });
});

describe("a page against another run", () => {
  const summary = triaged();
  const versus = against(summary, 5);
  const [index, ...details] = chunksOf(renderHtml(summary, versus));

  test("is a function of both alone, and the page without one says nothing of it", () => {
    expect(renderHtml(structuredClone(summary), structuredClone(versus))).toBe(renderHtml(summary, versus));
    const [alone, ...own] = chunksOf(renderHtml(summary));
    expect([alone.parts.against, alone.parts.change]).toEqual([[], []]);
    for (const { groups, fixed } of [alone.detail, ...own]) {
      expect(fixed).toEqual([]);
      expect(groups.filter((card) => card.change !== undefined)).toEqual([]);
    }
  });

  test("marks each card, the new ones first", () => {
    const changes = index.detail.groups.map(({ change }) => change);
    expect(changes).toEqual(["new", "new", "new", "new", "flaky", "flaky", "flaky", "known", "known", "known"]);
    const cards = cardsOf(index.detail, index.commands).map(spacedTextOf);
    expect(cards[0]).toMatch(/\bnew\b/);
    expect(cards[4]).toMatch(/\bflaky\b/);
  });

  test("says how many of each, and offers them as choices", () => {
    const text = (index.parts.against ?? []).map(spacedTextOf).join(" ").replaceAll(/\s+/g, " ");
    expect(text).toContain("Against run r1f00ba4b1d0 , over all models: 4 new, 3 flaky, 3 known, 5 fixed.");
    expect(text).toContain("640 differ newly, 212 still, 41 no more, 4 have no answer in one of the runs");
    expect((index.parts.change ?? []).map(spacedTextOf).map((choice) => choice.trim())).toEqual([
      "any change",
      "new (4)",
      "flaky (3)",
      "known (3)",
      "fixed (5)",
    ]);
  });

  test("lists what was fixed, for all models and for each", () => {
    expect(index.detail.fixed.map(({ find }) => /field\d/.exec(find)?.[0])).toEqual(
      [0, 1, 2, 3, 4].map((i) => `field${i}`),
    );
    const own = details.map(({ title, fixed }) => [title, fixed.length]);
    expect(Object.fromEntries(own)).toEqual({
      "moderation/en": 2,
      "moderation/fr": 1,
      "moderation/nl": 1,
      "moderation/de": 1,
    });
    expect(index.models.every(({ changes = "" }) => changes.includes(" fixed "))).toBe(true);
  });

  test("with very many fixed ones shows the largest, and says so", () => {
    const [many, first] = chunksOf(renderHtml(summary, against(summary, 1_000)));
    expect([many.detail.fixed.length, many.detail.fixedNote]).toEqual([200, "The 200 largest of 1,000."]);
    expect([first?.fixed.length, first?.fixedNote]).toEqual([250, ""]);
  });
});

test("failing models come first, and each model's chunk is where the script looks for it", () => {
  const [index, ...details] = chunksOf(renderHtml(summaryFixture("fail")));
  expect(index.models.map(({ model, verdict }) => `${model} ${verdict}`)).toEqual([
    "moderation/en fail",
    "moderation/fr fail",
    "moderation/nl inconclusive",
    "moderation/de pass",
  ]);
  expect(details.map(({ title }) => title)).toEqual(index.models.map(({ model }) => model));
  expect(details[1]?.groups.length).toBe(2);
});

test("the sides of an example are marked where they differ", () => {
  const [index] = chunksOf(renderHtml(summaryFixture("fail")));
  const card = index.detail.groups[1];
  expect(card?.examples[0]?.parts).toEqual([["0.", "7129", "6514", 0]]);
  expect(card?.examples[0]?.delta).toBe("−0.0615 (−8.63 %)");
});

test("what triage found is told: why an example was chosen, its request, its cause, its drawings", () => {
  const [index] = chunksOf(renderHtml(triaged()));
  const text = cardsOf(index.detail, index.commands).map(spacedTextOf).join("\n");
  for (const said of [
    "typical: the median difference",
    "the largest difference",
    "all 213 mismatches have non-ASCII text: lift 7.1×",
    "213 of 213 sampled mismatches, 39 of 1,587 sampled matches; lift 7.1×",
    "holds for 250 of 256 sampled pairs",
    "11.8 % of the pairs, at most 14 % at 99.5 % confidence",
    "64 sampled pairs: the candidate is lower in every one",
    "12 waived",
    "request-11",
  ]) {
    expect(text).toContain(said);
  }
});

test("a verdict that nothing changed still explains what it rests on", () => {
  const [index] = chunksOf(renderHtml(summaryFixture("pass")));
  const settings = (index.parts.settings ?? []).map(spacedTextOf).join(" ");
  expect(settings).toContain("One-sided Clopper–Pearson bounds");
  expect(settings).toContain(summaryFixture("pass").config.hash);
  expect(index.detail.groups).toEqual([]);
});

test("400 models with 50 groups of 5 examples stay within the target size", () => {
  const page = renderHtml(fleet(400, 50));
  expect(page.length).toBeLessThanOrEqual(LIMITS.reportTargetBytes);
  const [index, ...details] = chunksOf(page);
  expect(index.models.length).toBe(400);
  expect(details.every(({ groups }) => groups.length === 50)).toBe(true);
}, 300_000);

test("a page that would be too large is shortened and says so", () => {
  const random = (seed: number) => createHash("shake256", { outputLength: 1100 }).update(String(seed)).digest("base64");
  const summary = fleet(12, 120, random);
  const page = renderHtml(summary);
  expect(page.length).toBeLessThanOrEqual(LIMITS.reportTargetBytes);
  const [index, detail] = chunksOf(page);
  expect((index.parts.settings ?? []).map(spacedTextOf).join(" ")).toMatch(
    /shortened to 500 groups a model and 2 examples a group/,
  );
  expect(detail?.groups.length).toBe(120);
}, 300_000);

test("a value of a megabyte is cut", () => {
  const page = renderHtml(fleet(1, 50, (seed) => String(seed).padEnd(1024 * 1024, "<")));
  expect(page.length).toBeLessThan(200_000);
});
