import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { foldCase, trimSpace } from "../../../compare/rules/fold.ts";

const table = JSON.parse(
  readFileSync(new URL("../../../fixtures/parity/case-folding.json", import.meta.url), "utf8"),
) as { rows: [text: string, folded: string][] };

/** Cherokee folds to capitals in the standard and to small letters here: the same classes. */
const CHEROKEE = /^[\u13a0-\u13fd\uab70-\uabbf]+$/u;

describe("foldCase", () => {
  test.each(table.rows.filter(([text]) => !CHEROKEE.test(text)))(
    "%s folds to %s as CaseFolding.txt says",
    (text, folded) => {
      expect(foldCase(text)).toBe(folded);
    },
  );

  test("Cherokee letters of both cases are one", () => {
    expect(foldCase("Ꭰ")).toBe(foldCase("ꭰ"));
    expect(foldCase("Ꭰ")).not.toBe(foldCase("Ꭱ"));
  });

  test("folding is stable, and a lone surrogate survives", () => {
    for (const [text] of table.rows) expect(foldCase(foldCase(text))).toBe(foldCase(text));
    expect(foldCase("É\ud800")).toBe("é\ud800");
  });
});

describe("trimSpace", () => {
  test("takes every White_Space character at both ends and nothing else", () => {
    const spaces = "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000";
    expect(trimSpace(`${spaces}a b${spaces}`)).toBe("a b");
    expect(trimSpace(spaces)).toBe("");
    for (const kept of ["\ufeff", "\u200b", "\u180e", "\u2060"])
      expect(trimSpace(`${kept}a${kept}`)).toBe(`${kept}a${kept}`);
  });
});
