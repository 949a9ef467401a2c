/** Hostile documents by name, each judged by the oracles of test/fuzz: JSON.parse, and a reader that records spans. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileMap } from "../../../capture/mapping/paths.ts";
import { createScanner, SCAN } from "../../../capture/mapping/scanner.ts";
import { configSchema } from "../../../src/config/schema.ts";
import { LIMITS } from "../../../src/limits.ts";
import { checkScanner } from "../../fuzz/targets.ts";

const fixtures = JSON.parse(
  readFileSync(new URL("../../../fixtures/capture/messages.json", import.meta.url), "utf8"),
) as readonly { readonly name: string; readonly value: string }[];

const whole = '{"id":"x","model":"m","input":{"a":[1,{"b":-0.0e+1}]},"output":["\\u00e9é😀\\ud800"]}';
const nested = (open: string, close: string, depth: number, inner = ""): string =>
  open.repeat(depth) + inner + close.repeat(depth);
const bytesOf = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part))));

/** Documents and whether the scanner takes them under at least one map; the oracles say the rest. */
const CASES: readonly (readonly [name: string, document: string | Buffer, accepted: boolean])[] = [
  ["every escape", '{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uFFFF"}', true],
  ["an escape that is none", '{"a":"\\a"}', false],
  ["an escape cut by the quote", '{"a":"\\u123"}', false],
  ["lone surrogates, both ways round", '{"a":"\\ud800","b":"\\udc00\\ud800"}', true],
  ["a lone surrogate as a name", '{"\\ud800":1,"\\udc00":2}', true],
  ["a lone surrogate as a name, twice", '{"\\ud800":1,"\\uD800":2}', false],
  ["a name beside its reading as latin1", '{"\\ud800é":1,"\\ud800\\u00c3\\u00a9":2}', true],
  ["a name and its escapes, with a lone surrogate", '{"\\ud800é":1,"\\ud800\\u00e9":2}', false],
  ["an astral name in three spellings", '{"😀":1,"\\ud83d\\ude00":2}', false],
  ["names equal only after unescaping", '{"id":1,"\\u0069\\u0064":2}', false],
  ["empty names", '{"":{"":1}}', true],
  ["an empty name twice", '{"":{"":1},"":2}', false],
  ["a number of 400 digits", `{"a":-${"9".repeat(400)}.${"0".repeat(400)}e-${"9".repeat(400)}}`, true],
  ["minus zero", '{"a":-0,"b":-0.0,"x":-0e-0}', true],
  ["a minus alone", '{"a":-}', false],
  ["NUL in a string", bytesOf('{"a":"', [0], '"}'), false],
  ["NUL after the end", bytesOf('{"a":1}', [0]), false],
  ["every control character escaped, and DEL raw", `{"a":"\\u001f\u007f"}`, true],
  ["a byte order mark", "\ufeff{}", true],
  ["two byte order marks", "\ufeff\ufeff{}", false],
  ["a byte order mark alone", "\ufeff", false],
  ["a byte order mark inside", '{\ufeff"a":1}', false],
  ["half a byte order mark", bytesOf([0xef, 0xbb], "{}"), false],
  ["bytes that are not UTF-8, in a string", bytesOf('{"a":"', [0xff, 0xc0, 0xaf, 0xed, 0xa0, 0x80], '"}'), true],
  ["bytes that are not UTF-8, as a name", bytesOf('{"', [0xff], '":1,"', [0xfe], '":2}'), true],
  ["bytes that are not UTF-8, as a name twice", bytesOf('{"', [0xff], '":1,"', [0xff], '":2}'), false],
  ["bytes that are not UTF-8, outside", bytesOf('{"a":1', [0xff], "}"), false],
  ["a no-break space", '{"a":\u00a01}', false],
  ["white space everywhere", ' \t\r\n{ \n"a"\t:\r[ 1 , 2 ] , "b" : { } } \n', true],
  ["a form feed", '{"a":\f1}', false],
  ["trailing garbage", "{}]", false],
  ["two documents", "{}{}", false],
  ["a path through a list", '{"a":[{"a":1,"a":2}]}', true],
  ["a path through a scalar", '{"a":1,"é":"x"}', true],
  ["a repeated member below a list", '{"a":{"b":[{"x":1,"x":1}]}}', true],
  ["a repeated member on the second level", '{"a":{"x":1,"x":2}}', true],
  ["a repeated member on the first level", '{"x":{},"x":{}}', false],
  ["a huge string", `{"a":"${"é\\n".repeat(300_000)}"}`, true],
  ["lists to the limit", nested("[", "]", LIMITS.jsonDepth), true],
  ["lists one deeper", nested("[", "]", LIMITS.jsonDepth + 1), false],
  ["members of a path to the limit", nested('{"a":', "}", LIMITS.jsonDepth, "1"), true],
  ["members of a path one deeper", nested('{"a":', "}", LIMITS.jsonDepth + 1, "1"), false],
  ["lists and members to the limit", nested('[{"":', "}]", LIMITS.jsonDepth / 2, "null"), true],
  ["one deeper with an empty list", nested('[{"":', "}]", LIMITS.jsonDepth / 2, "[]"), false],
  ["a million open lists", "[".repeat(1_000_000), false],
  ["a million open members", '{"a":'.repeat(1_000_000), false],
];

describe("the scanner beside JSON.parse and an independent reader", () => {
  test.each(CASES)("%s", (_name, document, accepted) => {
    expect(checkScanner(Buffer.from(document)).accepted).toBe(accepted);
  });

  test.each([{ name: "a record", value: whole }, ...fixtures])("agrees wherever it is cut: $name", ({ value }) => {
    const bytes = Buffer.from(value);
    for (let end = 0; end <= bytes.length; end++) checkScanner(bytes.subarray(0, end));
  });

  test("agrees with any byte of a record replaced by any other", () => {
    const bytes = Buffer.from(whole);
    for (let at = 0; at < bytes.length; at++) {
      const kept = bytes[at] as number;
      for (let byte = 0; byte < 256; byte++) {
        bytes[at] = byte;
        checkScanner(bytes);
      }
      bytes[at] = kept;
    }
  });

  test("agrees on any byte at any place of a string, wherever the message lies in memory", () => {
    for (const alignment of [0, 1, 4, 7]) {
      for (let at = 0; at < 20; at++) {
        for (let byte = 0; byte < 256; byte++) {
          const text = Buffer.from(`{"a":"${"x".repeat(20)}"}`);
          text[6 + at] = byte;
          const around = Buffer.alloc(text.length + 16, '"');
          around.set(text, alignment);
          checkScanner(around.subarray(alignment, alignment + text.length));
        }
      }
    }
  });

  test("reads nothing outside the view that it is given", () => {
    const inner = fc.constantFrom(whole, "{}", '"', '{"a":', "1", "tru", '"\\u12', "-", "");
    fc.assert(
      fc.property(inner, fc.constantFrom("5e1}", '"}', "e", '0f"}', "]"), (text, after) => {
        const around = Buffer.from(`{"x":${text}${after}`);
        const view = around.subarray(5, 5 + Buffer.byteLength(text));
        expect(checkScanner(view)).toEqual(checkScanner(Buffer.from(text)));
      }),
    );
  });

  test("forgets the message before", () => {
    const { root, slots } = compileMap(configSchema.parse({}).capture.map);
    const scanner = createScanner(root, slots);
    expect(scanner.scan(Buffer.from(whole))).toBe(SCAN.ok);
    expect(scanner.scan(Buffer.from("[1]"))).toBe(SCAN.ok);
    expect([...scanner.type].every((type) => type === 0)).toBe(true);
  });
});
