import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyKind } from "../../compare/evidence.ts";
import type { JsonNode } from "../../compare/json/node.ts";
import { parseJson } from "../../compare/json/parse.ts";

const kind = (text: string) => emptyKind(Buffer.from(text));

test.each<[string, ReturnType<typeof emptyKind>]>([
  ["null", "null"],
  [' {"score": null, "codes": [null]}', "null"],
  ['{"score":NaN}', "nan"],
  ['{"score":NaN,"label":null}', "nan"],
  ["[]", "empty"],
  ['{"text":"","list":[],"map":{}}', "empty"],
  ['""', "empty"],
  ["", "empty"],
  ["\ufeff{}", "empty"],
  ['{"a\\"":""}', "empty"],
  ['{"score":0}', null],
  ['{"ok":false}', null],
  ['{"text":"x"}', null],
  ['{"text" : "","n":-1}', null],
  ['["a"]', null],
  ['["a",null]', null],
  ["plain text", null],
  ["nullable", null],
  ["Infinity", null],
])("%s holds %s", (text, expected) => {
  expect(kind(text)).toBe(expected);
});

test("only what lies between the bounds is read", () => {
  const data = Buffer.from('1,{"a":null},2');
  expect(emptyKind(data, 2, 12)).toBe("null");
});

/** The same question to the parsed document. */
function slow(node: JsonNode): "null" | "empty" | null {
  if (node.kind === "null") return "null";
  if (node.kind === "string") return node.value === "" ? "empty" : null;
  if (node.kind !== "array" && node.kind !== "object") return null;
  const inner = (node.kind === "array" ? node.items : [...node.members.values()]).map(slow);
  if (inner.includes(null)) return null;
  return inner.includes("null") ? "null" : "empty";
}

test("the scan says of any document what a look at all its values says", () => {
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, "", 0, "x", true, '"', "a:b"),
      fc.array(tie("node"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("a", 'q"', "null", ""), tie("node"), { maxKeys: 3 }),
    ),
  })).node;
  fc.assert(
    fc.property(value, fc.constantFrom(0, 2), (document, indent) => {
      const bytes = Buffer.from(JSON.stringify(document, null, indent));
      const parsed = parseJson(bytes);
      if (!parsed.ok) throw new Error(parsed.reason);
      expect(emptyKind(bytes)).toBe(slow(parsed.document.root));
    }),
  );
});
