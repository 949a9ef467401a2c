import fc from "fast-check";
import { expect, test } from "vitest";
import { compilePattern } from "../../src/match.ts";

test.each([
  ["*", "anything/at.all", true],
  ["client-a/*", "client-a/x/y", true],
  ["client-a/*", "client-a/", true],
  ["client-a/*", "client-b/x", false],
  ["client-a/*", "x-client-a/y", false],
  ["*/v2", "a/v2", true],
  ["*/v2", "a/v2x", false],
  ["a*b*c", "a-b-b-c", true],
  ["a*b*c", "acb", false],
  ["a.b", "a.b", true],
  ["a.b", "axb", false],
  ["a@1", "a@1", true],
  ["", "", true],
  ["", "a", false],
])("%j on %j: %s", (pattern, name, expected) => {
  expect(compilePattern(pattern)(name)).toBe(expected);
});

const letters = fc.string({ unit: fc.constantFrom("a", "b", ".", "/", "-", "@"), maxLength: 12 });

test("a pattern without * matches itself alone", () => {
  fc.assert(fc.property(letters, letters, (a, b) => compilePattern(a)(b) === (a === b)));
});

test("what stands in for * is any text", () => {
  fc.assert(fc.property(letters, letters, letters, (a, b, c) => compilePattern(`${a}*${c}`)(a + b + c)));
});
