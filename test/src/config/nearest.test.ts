import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { editDistance, nearest } from "../../../src/config/nearest.ts";

describe("nearest", () => {
  const known = ["store", "capture", "targets", "models", "metrics"];
  test.each([
    ["stroe", "store"],
    ["Capture", "capture"],
    ["target", "targets"],
    ["metric", "metrics"],
    ["xyz", undefined],
    ["", undefined],
  ])("%j → %s", (name, expected) => {
    expect(nearest(name, known)).toBe(expected);
  });
});

const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 });

test("the distance is 0 for equal words alone, and the same both ways", () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(editDistance(a, b)).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
    }),
  );
});

test.each([
  ["kitten", "sitting", 3],
  ["ab", "ba", 1],
  ["", "abc", 3],
])("%j to %j is %i", (a, b, expected) => {
  expect(editDistance(a, b)).toBe(expected);
});
