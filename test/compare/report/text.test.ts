import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  clip,
  commonPrefix,
  commonSuffix,
  displayWidth,
  pad,
  visible,
  visiblePair,
  wrap,
} from "../../../compare/report/text.ts";

describe("what cannot be seen is shown", () => {
  test.each([
    ["plain text, é and 日本語 stay", "plain text, é and 日本語 stay"],
    ["\u001b[31mred", "\\u001b[31mred"],
    ["\u009b31m", "\\u009b31m"],
    ["a\r\n\tb\u0000\u0007", "a\\r\\n\\tb\\u0000\\u0007"],
    ["\u202eevil\u202c \u2066x\u2069 \u200f", "\\u202eevil\\u202c \\u2066x\\u2069 \\u200f"],
    ["a\u00a0b\u200bc\ufeff", "a\\u00a0b\\u200bc\\ufeff"],
    ["a\u200db", "a\\u200db"],
    ["👩‍👩‍👧‍👦 ❤️ 🇫🇷", "👩‍👩‍👧‍👦 ❤️ 🇫🇷"],
    ["\ud800x", "\\ud800x"],
    ["\u{e0041}", "\\u{e0041}"],
    ["\u2028\u2029", "\\u2028\\u2029"],
  ])("%j", (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  test("whatever comes in, nothing that controls a terminal comes out", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const shown = visible(text);
        expect(shown).toBe(stripVTControlCharacters(shown));
        expect(shown).not.toMatch(/\p{Cc}|\p{Bidi_Control}|\p{Zl}|\p{Zp}|\p{Cs}/u);
      }),
    );
  });

  test("a huge text is cut, and not inside a character", () => {
    expect(visible("😀".repeat(1_000_000))).toBe(`${"😀".repeat(2048)}…`);
    expect(visible(`a${"😀".repeat(5000)}`)).toBe(`a${"😀".repeat(2047)}…`);
  });

  test("two spellings of one character do not look equal", () => {
    expect(visiblePair('"Jos\u00e9"', '"Jose\u0301"')).toEqual(['"Jos\\u{e9}"', '"Jose\\u{301}"']);
    expect(visiblePair('"é"', '"è"')).toEqual(['"é"', '"è"']);
  });
});

describe("width on a terminal", () => {
  test.each([
    ["abc", 3],
    ["日本語", 6],
    ["ｆｕｌｌ", 8],
    ["e\u0301a", 2],
    ["👩‍👩‍👧‍👦", 2],
    ["🇫🇷", 2],
    ["❤️", 2],
    ["→ × ≤ …", 7],
    ["한국", 4],
    ["\u001b[31mred\u001b[0m", 3],
    ["", 0],
  ])("%s takes %i", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  const text = fc.string({
    unit: fc.oneof(fc.constantFrom("日", "👩‍👩‍👧‍👦", "e\u0301", "…"), fc.string({ unit: "grapheme", maxLength: 1 })),
  });

  test("a clipped text is never wider than asked, and a short one stays", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 40 }), (whole, columns) => {
        const clipped = clip(whole, columns);
        expect(displayWidth(clipped)).toBeLessThanOrEqual(columns);
        if (displayWidth(whole) <= columns) expect(clipped).toBe(whole);
      }),
    );
  });

  test("a padded text has the width asked for", () => {
    expect(displayWidth(pad("日本", 9, "left"))).toBe(9);
    expect(pad("日本", 6, "right")).toBe("  日本");
  });

  test("wrapped lines are never wider than asked, nor more than asked", () => {
    fc.assert(
      fc.property(fc.array(text), fc.integer({ min: 4, max: 40 }), (words, columns) => {
        const lines = wrap(words.join(" "), columns, 3);
        expect(lines.length).toBeLessThanOrEqual(3);
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
      }),
    );
  });

  test("a unit is not torn from its number", () => {
    expect(wrap("bound 12.5 % of it", 11, 9)).toEqual(["bound", "12.5 % of", "it"]);
  });
});

test("what two texts share at both ends never overlaps and never splits a character", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), fc.string(), (a, b, shared) => {
      const [left, right] = [shared + a + shared, shared + b + shared];
      const prefix = commonPrefix(left, right);
      const suffix = commonSuffix(left, right, prefix);
      for (const text of [left, right]) {
        expect(prefix + suffix).toBeLessThanOrEqual(text.length);
        for (const part of [text.slice(0, prefix), text.slice(prefix, text.length - suffix)])
          expect(part.isWellFormed()).toBe(true);
      }
      expect(left.slice(0, prefix)).toBe(right.slice(0, prefix));
      expect(left.slice(left.length - suffix)).toBe(right.slice(right.length - suffix));
    }),
  );
  expect([commonPrefix("😀", "😁"), commonSuffix("a😀", "b😀", 0)]).toEqual([0, 2]);
});
