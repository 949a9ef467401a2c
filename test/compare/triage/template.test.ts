import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { groupKeyOf } from "../../../compare/fingerprint.ts";
import { templateOf } from "../../../compare/triage/template.ts";
import { judge, modelOf } from "../pair-cases.ts";

const template = (legacy: unknown, candidate: unknown) => templateOf(JSON.stringify(legacy), JSON.stringify(candidate));

describe("templateOf", () => {
  test.each([
    ["words are kept", "approved", "declined", "approved→declined"],
    ["numbers are not", "order 123 of 7", "order 9,456.5 of -7", "order <n> of <n>→order <n> of <n>"],
    ["a number with its unit", "12kg", "1.2e3 g", "<n>kg→<n> g"],
    ["ids", "user b7f3a9c1d2", "user x9Z3k", "user <hex>→user <id>"],
    ["uuids", "0b7e3c9a-1d2f-4a5b-8c6d-0123456789ab", "none", "<id>→none"],
    ["long tokens", "t_aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ", "t", "<id>→t"],
    ["hex", "0xFF", "deadbeef01", "<hex>→<hex>"],
    ["days", "on 2026-01-31", "on 31/01/2026", "on <date>→on <date>"],
    ["instants", "2026-01-31T10:00:00Z", "2026-01-31 10:00:00.5+01:00", "<time>→<time>"],
    ["a clock", "at 10:30", "at 9:05:11", "at <time>→at <time>"],
    ["addresses", "see https://a.example/x?y=1", "see ftp://b.example", "see <url>→see <url>"],
    ["mail addresses", "to a.b@c.example", "to d@e.example", "to <email>→to <email>"],
    ["versions stay apart from words", "v2.10.3", "v3", "v<n>→v<n>"],
    ["case", "Straße", "STRAßE", "case only"],
    ["spaces", "a  b", "a b", "spaces only"],
    ["accents", "café", "cafe", "accents only"],
    ["normalisation", "cafe\u0301", "caf\u00e9", "normalisation only"],
    ["punctuation", "well, then", "well then!", "punctuation only"],
    ["characters that were dropped", "naïve 東京 plan", "nave  plan", "non-ASCII only"],
    ["characters that were replaced", "naïve plan", "na?ve plan", "non-ASCII only"],
    ["characters that were read in another coding", "naïve plan", "naÃ¯ve plan", "non-ASCII only"],
    ["nothing", "", "x", "<empty>→x"],
    ["only spaces", " ", "x", "<spaces>→x"],
    ["only signs", "!", "?", "!→?"],
    ["types", [1], { a: 1 }, "<list>→<object>"],
    ["numbers alone", 1e300, 5, "<n>→<n>"],
    ["null", null, "x", "null→x"],
  ])("%s", (_name, legacy, candidate, expected) => {
    expect(template(legacy, candidate)).toBe(expected);
  });

  test("texts of one shape share it, those of another do not", () => {
    const shape = (n: number) => template(`order ${n} for user-${n}x${n}`, `order ${n + 1} for nobody`);
    expect(new Set([1, 22, 333, 4_444].map(shape)).size).toBe(1);
    expect(template("order 1 for user", "order 2 for nobody")).not.toBe(shape(1));
  });

  test("is bounded, well-formed and neither `none` nor `*`, whatever the texts", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary", maxLength: 400 }),
      fc.string({ unit: "grapheme", minLength: 300, maxLength: 3_000 }),
      fc.constantFrom("*", "none", "\\", '"', "\ud800", "x".repeat(5_000), "\\".repeat(1_500), "9".repeat(2_000)),
    );
    fc.assert(
      fc.property(texts, texts, (legacy, candidate) => {
        const found = template(legacy, candidate);
        expect([...found].length).toBeLessThanOrEqual(97);
        expect(found.isWellFormed()).toBe(true);
        expect(["", "none", "*"]).not.toContain(found);
        expect(template(legacy, candidate)).toBe(found);
      }),
      { numRuns: 500 },
    );
  });

  test("takes no longer for texts made to be slow", () => {
    const slow = [
      "a1".repeat(600),
      "a-".repeat(600),
      "1.".repeat(600),
      "a@".repeat(600),
      "a.a@a".repeat(240),
      "f".repeat(1_200),
    ];
    const before = process.cpuUsage().user;
    for (const text of slow) for (let at = 0; at < 50; at++) template(text, `${text}!${at}`);
    // A backtracking pattern would take minutes.
    expect(process.cpuUsage().user - before).toBeLessThan(10_000_000);
  });
});

test("a group has a template where nothing else says how its texts differ", () => {
  const keyOf = (legacy: string, candidate: string, rules: object[] = []) => {
    const [finding] = judge(modelOf(rules), legacy, candidate).findings;
    return finding && groupKeyOf(finding).template;
  };
  expect(keyOf('"order 1"', '"order 2"')).toBe("order <n>→order <n>");
  expect(keyOf("1", "2")).toBe("none");
  expect(keyOf("true", "false")).toBe("none");
  expect(keyOf('"a"', "1")).toBe("none");
  expect(keyOf('{"a":1}', "{}")).toBe("none");
  expect(keyOf("[1,2]", "[2,1]")).toBe("none");
  expect(keyOf('"spam"', '"ham"', [{ path: "$", type: "label" }])).toBe("none");
});
