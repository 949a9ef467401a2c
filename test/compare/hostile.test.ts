/** Values that try to be more than text: inert in every output, whatever place of a summary they stand in. */
import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { XmlDocument, XsdValidator } from "libxml2-wasm";
import { describe, expect, test } from "vitest";
import { renderAnnotations } from "../../compare/ci/github.ts";
import { renderJunit } from "../../compare/ci/junit.ts";
import { renderMarkdown } from "../../compare/ci/markdown.ts";
import { NO_PLACES } from "../../compare/ci/places.ts";
import { renderTerminal } from "../../compare/report/terminal.ts";
import { displayWidth } from "../../compare/report/text.ts";
import type { Summary } from "../../compare/summary.ts";
import { LIMITS } from "../../src/limits.ts";
import { HOSTILE, HOSTILE_PLACES } from "../support/hostile.ts";
import { outsideCode } from "./ci/commonmark.ts";
import { summaryFixture } from "./report/summaries.ts";

const base = summaryFixture("fail");
const schema = XsdValidator.fromDoc(
  XmlDocument.fromBuffer(readFileSync(new URL("../../fixtures/ci/junit.xsd", import.meta.url))),
);

/** What no terminal, and no page made of the text, may get: controls, bidirectional and invisible characters. */
const UNSEEN =
  /\p{Cc}|\p{Bidi_Control}|\p{Zl}|\p{Zp}|\p{Cs}|[\u200b\u2060\ufeff\u00ad\ufffe\uffff]|[\u{e0000}-\u{e007f}]/u;
const ANNOTATION = /^::(error|warning|notice) title=[^,:\r\n]*::[^\r\n]*$/;

/** A step summary as GitHub takes it. */
const STEP = { maxBytes: LIMITS.ciStepSummaryBytes };
const LONGEST_LINE = 64 * 1024;

const OUTPUTS: Readonly<Record<string, (summary: Summary) => void>> = {
  "a terminal": (summary) => {
    const text = renderTerminal(summary, { color: false, columns: 132 });
    expect(text.replaceAll("\n", "")).not.toMatch(UNSEEN);
    expect(text).toBe(stripVTControlCharacters(text));
    expect(text).not.toContain("##[");
    expect(text).not.toMatch(/##vso\[/);
    for (const line of text.split("\n")) {
      expect(line.trimStart()).not.toMatch(/^::/);
      if (!line.startsWith("  cutover ")) expect(displayWidth(line)).toBeLessThanOrEqual(132);
    }
  },
  JUnit: (summary) => {
    const text = renderJunit(summary);
    const document = XmlDocument.fromString(text);
    try {
      schema.validate(document);
      expect(text).not.toMatch(/[\p{Cs}\ufffe\uffff]/u);
      expect(text.replaceAll("\n", "")).not.toMatch(/\p{Bidi_Control}|[^\P{Cc}\t\r]/u);
      expect(document.find("//script|//comment()|//processing-instruction()")).toEqual([]);
    } finally {
      document.dispose();
    }
  },
  "annotations of GitHub": (summary) => {
    const lines = renderAnnotations(summary, NO_PLACES).split("\n");
    expect(lines.pop()).toBe("");
    for (const line of lines) {
      expect(line).toMatch(ANNOTATION);
      expect(line).not.toMatch(UNSEEN);
      expect(line).not.toContain("##[");
      expect(line.length).toBeLessThan(LONGEST_LINE);
    }
    expect(lines.length).toBeLessThanOrEqual(30);
  },
  "Markdown of a step summary": (summary) => {
    const text = renderMarkdown(summary, STEP);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(STEP.maxBytes);
    expect(text.replaceAll("\n", "")).not.toMatch(UNSEEN);
    const plain = outsideCode(text);
    expect(plain).not.toMatch(/[@!]|\]\(|http|<(?!\/?sub>)/);
    expect(plain.match(/#/g)).toHaveLength(2);
    for (const row of text.split("\n").filter((line) => line.startsWith("| "))) {
      expect([6, 8]).toContain((row.replaceAll("\\|", "").match(/\|/g)?.length ?? 0) - 1);
    }
  },
};

describe.each(Object.keys(OUTPUTS))("in %s", (output) => {
  describe.each(Object.keys(HOSTILE_PLACES))("as %s", (place) => {
    test.each(Object.keys(HOSTILE))("%s is text", (trick) => {
      const summary = HOSTILE_PLACES[place]?.(base, HOSTILE[trick] as string) as Summary;
      OUTPUTS[output]?.(summary);
    });
  });
});
