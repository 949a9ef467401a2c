/** What is seen in a request: the traits that make tokenizers and parsers differ, and never more than the limits. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { belowText, binOf, binText, fromText } from "../../../compare/triage/inputs/bins.ts";
import { featuresOf } from "../../../compare/triage/inputs/features.ts";
import { termOf } from "../../../compare/triage/inputs/item.ts";
import { contentsOf, scriptsOf } from "../../../compare/triage/inputs/text.ts";
import { LIMITS } from "../../../src/limits.ts";

const utf8 = new TextEncoder();

function seen(input: unknown, more: Partial<Parameters<typeof featuresOf>[0]> = {}): string[] {
  const body = typeof input === "string" && more.inputType ? input : JSON.stringify(input);
  const request = {
    input: utf8.encode(body),
    inputType: "application/json",
    modelVersion: "v1",
    attributes: null,
    capturedAt: Date.UTC(2026, 10, 26, 13, 5),
    ...more,
  };
  return featuresOf(request).map((item) => {
    const { feature, value } = termOf(item);
    return `${feature}: ${value}`;
  });
}

describe("scripts of a text", () => {
  test.each([
    ["plain", ["ASCII"]],
    ["größer", ["non-ASCII", "accented Latin"]],
    ["съешь", ["non-ASCII", "Cyrillic"]],
    ["καλημέρα", ["non-ASCII", "Greek"]],
    ["今日は", ["non-ASCII", "CJK"]],
    ["한국어", ["non-ASCII", "CJK"]],
    ["مرحبا", ["non-ASCII", "Arabic"]],
    ["שלום", ["non-ASCII", "Hebrew"]],
    ["नमस्ते", ["non-ASCII", "Devanagari"]],
    ["สวัสดี", ["non-ASCII", "Thai"]],
    ["ok 😀", ["non-ASCII", "emoji"]],
    ["naïve 東京", ["non-ASCII", "accented Latin", "CJK"]],
    ["", []],
  ])("%j", (text, scripts) => {
    expect(scriptsOf(text)).toEqual(scripts);
  });
});

describe("contents of a text", () => {
  test.each([
    ["", ["empty"]],
    [" a", ["a space at its beginning or end"]],
    ["a\nb", ["a line break"]],
    ["a\tb", ["a tab"]],
    ["a  b", ["several spaces in a row"]],
    ["see https://example.org/", ["a URL"]],
    ["<b>bold</b>", ["markup"]],
    ["fish &amp; chips", ["markup"]],
    ['say "x"', ["a quote or backslash"]],
    ["e\u0301", ["combining marks"]],
    ["a\u200bb", ["invisible characters"]],
    ["a\u0007b", ["control characters"]],
    ["  ", ["a space at its beginning or end", "several spaces in a row", "only spaces"]],
    ["123", ["only digits"]],
    ["a1", ["a digit"]],
    ["HELLO", ["only upper case"]],
    ["Hello", []],
  ])("%j", (text, contents) => {
    expect(contentsOf(text)).toEqual(contents);
  });
});

describe("bins", () => {
  test("keep the order of the numbers, and their words hold", () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(number, number, (a, b) => {
        if (a < b) expect(binOf(a)).toBeLessThanOrEqual(binOf(b));
        const [low, high] = [fromText(binOf(a)), belowText(binOf(a))].map((text) => Number(text.split(" ")[1]));
        expect(a > (low as number) || a === low).toBe(true);
        // What lies below the bin is less than what the words say, and this number is not.
        expect(a < 0 ? a > (high as number) : a >= (high as number)).toBe(true);
      }),
    );
  });

  test.each([
    [0, true, "0", "≥ 0", "< 0"],
    [1, true, "1", "≥ 1", "< 1"],
    [700, true, "512–1023", "≥ 512", "< 512"],
    [0.75, false, "[0.5, 1)", "≥ 0.5", "< 0.5"],
    [-3, false, "(-4, -2]", "> -4", "≤ -4"],
  ])("%d", (value, whole, is, from, below) => {
    const bin = binOf(value);
    expect([binText(bin, whole), fromText(bin), belowText(bin)]).toEqual([is, from, below]);
  });
});

describe("a request", () => {
  test("is seen with its columns, and its values by path", () => {
    expect(
      seen(
        { text: "Größe", n: -2.5, ok: true, none: null, list: [{ id: 1 }, { id: 1 }] },
        { attributes: '{"tenant":"t7"}' },
      ),
    ).toEqual([
      'modelVersion: "v1"',
      'inputType: "application/json"',
      "input bytes: 64–127",
      'attributes.tenant: "t7"',
      "capturedAt hour: 13",
      "capturedAt weekday: Thursday",
      "$ type: object",
      "$.text type: string",
      '$.text: "Größe"',
      "$.text characters: 4–7",
      "$.text script: non-ASCII",
      "$.text script: accented Latin",
      "$.n type: number",
      "$.n: -2.5",
      "$.n magnitude: (-4, -2]",
      "$.n number: with a fraction",
      "$.ok type: boolean",
      "$.ok: true",
      "$.none type: null",
      "$.list type: array",
      "$.list elements: 2–3",
      "$.list[*] type: object",
      "$.list[*].id type: number",
      "$.list[*].id: 1",
      "$.list[*].id magnitude: [1, 2)",
    ]);
  });

  test("of a plain text is one text; of CSV rows; of broken JSON unreadable", () => {
    expect(seen("ABC", { inputType: "text/plain; charset=utf-8" })).toContain("$ text: only upper case");
    expect(seen("a,b\n1,2\n", { inputType: "text/csv" })).toContain("$ elements: 2–3");
    expect(seen("{", { inputType: "application/json; x" })).toContain("input type: unreadable");
  });

  test("keeps numbers that parsers read differently apart", () => {
    const numbers = seen('{"a":1e5,"b":12345678901234567,"c":0.1}', { inputType: "application/json " });
    expect(numbers).toContain("$.a number: with an exponent");
    expect(numbers).toContain("$.b number: of more than 15 digits");
    expect(numbers).toContain("$.c number: with a fraction");
  });

  test("shows nothing of a hidden place, nor below it", () => {
    const request = {
      input: utf8.encode('{"who":{"name":"Ann"},"text":"x"}'),
      inputType: "application/json",
      modelVersion: null,
      attributes: null,
      capturedAt: 0,
    };
    const items = JSON.stringify(featuresOf(request, (path) => path === "$.who"));
    expect(items).not.toMatch(/who|Ann/);
    expect(items).toContain("$.text");
  });

  test("that is hidden as a whole is seen by its columns alone", () => {
    const request = { input: utf8.encode("[1]"), inputType: "application/json", modelVersion: "v1" };
    const items = featuresOf({ ...request, attributes: null, capturedAt: 0 }, (path) => path === "$");
    expect(items.map(({ place }) => place)).toEqual(["modelVersion", "inputType", "capturedAt", "capturedAt"]);
  });

  test("too large is seen by its length alone", () => {
    const large = seen({ text: "x".repeat(LIMITS.triageInputBytes) });
    expect(large.filter((item) => item.startsWith("$"))).toEqual([]);
    expect(large.some((item) => item.startsWith("input bytes"))).toBe(true);
  });

  test("never has more items than its limit, nor one twice, nor takes long, whatever it holds", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), fc.string({ unit: "binary" }), (json, text) => {
        for (const input of [json, text]) {
          const request = {
            input: utf8.encode(input),
            inputType: "application/json",
            modelVersion: text,
            attributes: json,
            capturedAt: Number.NaN,
          };
          const names = featuresOf(request).map((item) => JSON.stringify(termOf(item)));
          expect(names.length).toBeLessThanOrEqual(LIMITS.triageItemsPerRow);
          expect(new Set(names).size).toBe(names.length);
        }
      }),
    );
    const vector = { embedding: Array.from({ length: 768 }, (_, at) => at / 7), text: "x" };
    expect(seen(vector)).toContain("$.text script: ASCII");
    expect(seen(vector).length).toBeLessThan(20);
  });
});
