import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonNode } from "../../../compare/json/node.ts";
import { textOf } from "../../../compare/json/node.ts";
import { parseJson, parseJsonText } from "../../../compare/json/parse.ts";
import { LIMITS } from "../../../src/limits.ts";

/** Any UTF-16 code unit: lone surrogates and control characters, too. */
const anyUnit = fc.nat(0xffff).map((code) => String.fromCharCode(code));

/** As JSON.parse would give it; `__proto__` kept as a member. */
function plain(node: JsonNode): unknown {
  switch (node.kind) {
    case "null":
      return null;
    case "array":
      return node.items.map(plain);
    case "object":
      return Object.fromEntries([...node.members].map(([name, value]) => [name, plain(value)]));
    default:
      return node.value;
  }
}

function accepts(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("parseJson", () => {
  test("reads what JSON.parse reads, to the same value", () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: anyUnit }), fc.nat(3), (json, space) => {
        const text = JSON.stringify(JSON.parse(json), null, space);
        const parsed = parseJsonText(text);
        expect(parsed.ok && plain(parsed.document.root)).toEqual(JSON.parse(text));
      }),
    );
  });

  test("accepts exactly what JSON.parse accepts, bare numbers apart", () => {
    const piece = fc.constantFrom(
      ...'{}[]:,"\\0123.-+eEtrufalsn \n\u0000\u00e9',
      "true",
      "null",
      '"a"',
      "\\u00",
      "1.5e3",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join("");
        expect(parseJsonText(text).ok, text).toBe(accepts(text));
      }),
      { numRuns: 1_000 },
    );
  });

  test("a broken document is refused wherever it is cut", () => {
    const text = '{"a":[1,-2.5e+3,"x\\u00e9\\n",true,null],"b":{}}';
    for (let end = 0; end < text.length; end++)
      expect(parseJsonText(text.slice(0, end)).ok, text.slice(0, end)).toBe(false);
  });

  test("keeps literals and texts as written", () => {
    const parsed = parseJsonText('{"a": [1.50, 9007199254740993 , -0 ]}');
    if (!parsed.ok || parsed.document.root.kind !== "object") throw new Error("expected an object");
    const list = parsed.document.root.members.get("a");
    expect(list && textOf(parsed.document, list)).toBe("[1.50, 9007199254740993 , -0 ]");
    expect(list?.kind === "array" && list.items.map((item) => item.kind === "number" && item.raw)).toEqual([
      "1.50",
      "9007199254740993",
      "-0",
    ]);
  });

  test.each([
    ["[NaN, Infinity, -Infinity]", 3],
    ["[1, NaN]", 1],
  ])("counts bare numbers: %s", (text, count) => {
    const parsed = parseJsonText(text);
    expect(parsed.ok && parsed.document.bareNumbers).toBe(count);
  });

  test.each([
    "+Infinity",
    "-NaN",
    "nan",
    "Infinit",
    "NaN1",
    "01",
    "1.",
    ".5",
    "+1",
    "0x1",
    "1e",
    "--1",
    "'a'",
    "{a:1}",
  ])("does not read %s", (text) => {
    expect(parseJsonText(text).ok).toBe(false);
  });

  test("counts repeated members at any depth; the last value wins, at the place of the first", () => {
    const parsed = parseJsonText('{"a":1,"b":{"c":1,"c":2},"a":3}');
    expect(parsed.ok && parsed.document.duplicates).toBe(2);
    expect(parsed.ok && JSON.stringify(plain(parsed.document.root))).toBe('{"a":3,"b":{"c":2}}');
  });

  test("skips and counts one byte-order mark", () => {
    const parsed = parseJson(Buffer.from("\ufeff 1"));
    expect(parsed.ok && parsed.document.byteOrderMark).toBe(true);
    expect(parseJson(Buffer.from("\ufeff\ufeff1")).ok).toBe(false);
  });

  test.each([
    [[0x22, 0xff, 0x22], "not valid UTF-8"],
    [[0x22, 0xed, 0xa0, 0x80, 0x22], "not valid UTF-8"],
    [[], "the document ends too early at offset 0"],
    [[0x22, 0x01, 0x22], "control character in a string at offset 1"],
    [[0x31, 0x20, 0x31], "text after the document at offset 2"],
  ])("names the fault of %j", (bytes, reason) => {
    expect(parseJson(Uint8Array.from(bytes))).toEqual({ ok: false, reason });
  });

  test("follows documents to the limit of depth and not beyond", () => {
    const nested = (depth: number) => parseJsonText("[".repeat(depth) + "]".repeat(depth));
    expect(nested(LIMITS.jsonDepth).ok).toBe(true);
    expect(nested(LIMITS.jsonDepth + 1)).toEqual({ ok: false, reason: "deeper than 512 levels at offset 513" });
    expect(parseJsonText("[".repeat(3_000_000)).ok).toBe(false);
  });
});
