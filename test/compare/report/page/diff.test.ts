import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diff } from "../../../../compare/report/page/diff.ts";
import { displayWidth } from "../../../../compare/report/text.ts";

/** Same, only legacy, only candidate, of each part. */
const CASES: readonly [name: string, legacy: string, candidate: string, parts: readonly (readonly string[])[]][] = [
  ["numbers part at their first other digit", "0.7129", "0.6514", [["0.", "7129", "6514"]]],
  ["a longer number", "0.1192029220221", "0.119", [["0.119", "2029220221", ""]]],
  [
    "words change whole",
    '"block"',
    '"ok"',
    [
      ['"', "block", "ok"],
      ['"', "", ""],
    ],
  ],
  [
    "one word of a sentence",
    "a b c d",
    "a x c d",
    [
      ["a ", "b", "x"],
      [" c d", "", ""],
    ],
  ],
  [
    "an element that moved",
    '["A","B","C"]',
    '["B","C","A"]',
    [
      ['["', 'A","', ""],
      ['B","C', "", '","A'],
      ['"]', "", ""],
    ],
  ],
  ["equal texts", "same", "same", [["same", "", ""]]],
  ["nothing on one side", "", "new", [["", "", "new"]]],
  [
    "neighbouring words are one change",
    "red green blue end",
    "one two three end",
    [
      ["", "red green blue", "one two three"],
      [" end", "", ""],
    ],
  ],
];

test.each(CASES)("%s", (_, legacy, candidate, parts) => {
  expect(diff(legacy, candidate).parts.map(([same, left, right]) => [same, left, right])).toEqual(parts);
});

describe("of any two texts", () => {
  const word = fc.oneof(
    fc.constantFrom("a", "b", " ", "1", "2.5", ",", "é", "日", "[", "]"),
    fc.string({ maxLength: 3 }),
  );
  const text = fc.array(word, { maxLength: 12 }).map((words) => words.join("").toWellFormed().slice(0, 40));

  test("the parts are the texts, and the gaps make both sides equally wide", () => {
    fc.assert(
      fc.property(text, text, (legacy, candidate) => {
        const { parts, aligned } = diff(legacy, candidate);
        expect(parts.map(([same, left]) => same + left).join("")).toBe(legacy);
        expect(parts.map(([same, , right]) => same + right).join("")).toBe(candidate);
        for (const [, left, right, gap] of parts) expect(displayWidth(left) + gap).toBe(displayWidth(right));
        expect(aligned).toBe(true);
      }),
    );
  });

  test("equal texts have no difference, other texts have one", () => {
    fc.assert(
      fc.property(text, text, (legacy, candidate) => {
        const differs = diff(legacy, candidate).parts.some(([, left, right]) => left !== "" || right !== "");
        expect(differs).toBe(legacy !== candidate);
      }),
    );
  });
});

test("what long texts share is shown by its ends, and what differs stays whole", () => {
  const same = " shared text that goes on ".repeat(20);
  const { parts, aligned } = diff(`${same}old${same}`, `${same}new${same}`);
  expect(parts.map(([, left, right]) => [left, right])).toEqual([
    ["old", "new"],
    ["", ""],
  ]);
  expect(parts.every(([shown]) => shown.length <= 60 && shown.includes("…"))).toBe(true);
  expect(aligned).toBe(true);
});

test("texts that fit no line are not aligned", () => {
  expect(diff("x ".repeat(100), "y ".repeat(100)).aligned).toBe(false);
});

test("thousands of words against thousands end at once", () => {
  const [left, right] = [0, 1].map((odd) => Array.from({ length: 5_000 }, (_, i) => `w${i * 2 + odd}`).join(" "));
  expect(diff(left as string, right as string).parts.length).toBeLessThan(10);
});
