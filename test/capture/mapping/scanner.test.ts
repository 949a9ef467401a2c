import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CompiledMap, compileMap } from "../../../capture/mapping/paths.ts";
import { createScanner, SCAN, VALUE } from "../../../capture/mapping/scanner.ts";
import { configSchema } from "../../../src/config/schema.ts";
import { LIMITS } from "../../../src/limits.ts";

/** A map whose `input` is at `path`; everything else comes from elsewhere. */
function mapTo(path: string): CompiledMap {
  const map = { id: "key", model: "key", input: path, output: "value" };
  return compileMap(configSchema.parse({ capture: { map } }).capture.map);
}

function find(text: string | Uint8Array, path: string): { fault: number; type: number; text: string } {
  const compiled = mapTo(path);
  const scanner = createScanner(compiled.root, compiled.slots);
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  const fault = scanner.scan(bytes);
  const source = compiled.fields.input;
  const slot = source.from === "json" ? source.slot : 0;
  const span = bytes.subarray(scanner.start[slot], scanner.end[slot]);
  return { fault, type: scanner.type[slot] as number, text: Buffer.from(span).toString() };
}

/** JSON text of a value with random white space, and every character perhaps escaped. */
const space = fc.stringMatching(/^[ \t\n\r]{0,2}$/);
function print(value: unknown, spaces: () => string, escaped: () => boolean): string {
  const s = (text: string): string => `${spaces()}${text}${spaces()}`;
  if (typeof value === "string") {
    const unit = (c: string): string => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
    return s(
      escaped()
        ? `"${[...value]
            .flatMap((c) => c.split(""))
            .map(unit)
            .join("")}"`
        : JSON.stringify(value),
    );
  }
  if (Array.isArray(value)) return s(`[${value.map((item) => print(item, spaces, escaped)).join(",") || spaces()}]`);
  if (value !== null && typeof value === "object") {
    const members = Object.entries(value).map(([k, v]) => `${print(k, spaces, escaped)}:${print(v, spaces, escaped)}`);
    return s(`{${members.join(",") || spaces()}}`);
  }
  return s(JSON.stringify(value));
}

const document = fc
  .tuple(
    fc.jsonValue({ maxDepth: 5 }),
    fc.dictionary(fc.string({ unit: "binary", maxLength: 6 }), fc.jsonValue()),
    fc.infiniteStream(space),
    fc.infiniteStream(fc.boolean()),
  )
  .map(([target, around, spaces, flags]) => {
    const value = { ...around, a: { ...around, "b.c": target } };
    return {
      target,
      text: print(
        value,
        () => spaces.next().value ?? "",
        () => flags.next().value ?? false,
      ),
    };
  });

describe("the scanner", () => {
  test("finds the exact bytes of a member, whatever the white space, escapes and neighbours", () => {
    fc.assert(
      fc.property(document, ({ target, text }) => {
        const found = find(text, '$.a["b.c"]');
        expect(found.fault).toBe(SCAN.ok);
        expect(text).toContain(found.text);
        expect(found.text).toBe(found.text.trim());
        expect(JSON.parse(found.text)).toEqual(JSON.parse(JSON.stringify(target)));
      }),
      { numRuns: 300 },
    );
  });

  test("takes a document exactly when JSON.parse does", () => {
    const near = fc
      .tuple(document, fc.nat(), fc.constantFrom(...'{}[]",:\\01e.-tnu \u0001é'))
      .map(([{ text }, at, c]) => {
        const index = at % (text.length + 1);
        return text.slice(0, index) + c + text.slice(index + (at % 2));
      });
    fc.assert(
      fc.property(near, (text) => {
        const { fault } = find(text, "$.none.at.all");
        let parses = true;
        try {
          JSON.parse(Buffer.from(text).toString());
        } catch {
          parses = false;
        }
        if (fault === SCAN.duplicate) return;
        expect(fault === SCAN.ok).toBe(parses);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["a number of 400 digits", `{"a":${"9".repeat(400)}}`, VALUE.number],
    ["a lone surrogate", '{"a":"\\ud800"}', VALUE.string],
    ["an empty name above", '{"":{"a":1},"a":{}}', VALUE.object],
    ["null", '{"a":null}', VALUE.null],
    ["a member that is not there", '{"b":{"a":1}}', VALUE.missing],
    ["a member of a list", '[{"a":1}]', VALUE.missing],
  ])("passes over %s unharmed", (_name, text, type) => {
    const found = find(text, "$.a");
    expect([found.fault, found.type]).toEqual([SCAN.ok, type]);
  });

  test.each([
    "-",
    "01",
    "1.",
    ".5",
    "1e",
    "+1",
    "0x1",
    "NaN",
    "tru",
    "nul",
    '"\\x"',
    '"\\u12g4"',
    '"',
    "{",
    "[1,]",
    '{"a":1,}',
    "{a:1}",
    "1 2",
    "é",
  ])("refuses %s", (text) => {
    expect(find(text, "$.a").fault).toBe(SCAN.syntax);
  });

  test("keeps bytes that are not UTF-8, and refuses them outside of strings", () => {
    const inside = Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xc3, 0x22, 0x7d]);
    expect(find(inside, "$.a")).toMatchObject({ fault: SCAN.ok, type: VALUE.string });
    expect(find(Buffer.from([0x7b, 0xff, 0x7d]), "$.a").fault).toBe(SCAN.syntax);
  });

  test.each([
    ["plain", '{"a":1,"b":2,"a":3}'],
    ["escaped", '{"a":1,"\\u0061":3}'],
    ["that no path names", '{"x":1,"y":2,"x":3}'],
    ["after many others", `{${Array.from({ length: 60 }, (_, i) => `"n${i}":0`).join()},"n3":1}`],
    ["below", '{"a":{"b":1,"b":2}}'],
  ])("sees a repeated member: %s", (_name, text) => {
    expect(find(text, "$.a.b").fault).toBe(SCAN.duplicate);
  });

  test("follows nesting to its limit and no further, without recursion", () => {
    const nested = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`;
    expect(find(nested(LIMITS.jsonDepth), "$.a").fault).toBe(SCAN.ok);
    expect(find(nested(LIMITS.jsonDepth + 1), "$.a").fault).toBe(SCAN.depth);
    expect(find("[".repeat(1_000_000), "$.a").fault).toBe(SCAN.depth);
  });
});
