import fc from "fast-check";
import { expect, test } from "vitest";
import { rawMembers } from "../../../replay/targets/raw-members.ts";

const blank = fc.constantFrom("", " ", "\t", "\r", " \n ");
/** A value as text in which white space stands wherever it may: the text must come back as it is. */
const value = fc.oneof(
  fc.json(),
  fc.constantFrom("1.0", "-0", "1e400", "9007199254740993", '"\\u00e9\\"\\\\"', '"}],"', "[ [ ] , {} ]", "null"),
);
const members = fc.uniqueArray(fc.tuple(fc.string({ unit: "binary" }), value), { selector: ([name]) => name });

test("the bytes of each member come back as they were written", () => {
  fc.assert(
    fc.property(members, blank, (all, gap) => {
      const parts = all.map(([name, text]) => `${gap}${JSON.stringify(name)}${gap}:${gap}${text}${gap}`);
      const found = rawMembers(Buffer.from(`${gap}{${parts.join(",") || gap}}${gap}`));
      expect([...(found as Map<string, Buffer>)].map(([name, raw]) => [name, raw.toString()])).toEqual(all);
    }),
  );
});

test("a text is an object of members exactly when JSON.parse finds one", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("{", "}", "[", "]", ":", ",", '"a"', '"b"', "1", " ", "\\", '"', "\u00a0") }),
      (text) => {
        const found = rawMembers(Buffer.from(text));
        if (typeof found === "string" && found.endsWith(" twice")) return;
        let parsed: unknown;
        try {
          parsed = JSON.parse(text);
        } catch {}
        const isObject = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
        expect(typeof found === "object").toBe(isObject);
        if (typeof found === "object") expect([...found.keys()]).toEqual(Object.keys(parsed as object));
      },
    ),
    { numRuns: 2_000 },
  );
});

test.each([
  ['{"a":1,"a":2}', 'member "a" twice'],
  ['{"a":1,"\\u0061":2}', 'member "a" twice'],
  ["[1]", "no JSON object"],
  ["", "no JSON"],
  ['{"a":1', "no JSON"],
])("%s is refused", (text, expected) => {
  expect(rawMembers(Buffer.from(text))).toBe(expected);
});

test("bytes that are no UTF-8 stay what they are", () => {
  const raw = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe, 0xe2]), Buffer.from('","b":1}')]);
  const found = rawMembers(raw) as ReadonlyMap<string, Buffer>;
  expect(found.get("a")).toEqual(Buffer.from([0x22, 0xff, 0xfe, 0xe2, 0x22]));
  expect(found.get("b")?.toString()).toBe("1");
});
