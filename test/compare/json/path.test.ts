import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatField, formatPath, parsePath } from "../../../compare/json/path.ts";

/** Any UTF-16 code unit: lone surrogates and control characters, too. */
const anyUnit = fc.nat(0xffff).map((code) => String.fromCharCode(code));

describe("paths", () => {
  test.each([
    ["$", [], false],
    ["$..*", [], true],
    ["$.a..*", [{ name: "a" }], true],
    ["$.codes[*].score", [{ name: "codes" }, "[*]", { name: "score" }], false],
    ['$["a.b"][0]["c\\"]d"]', [{ name: "a.b" }, { index: 0 }, { name: 'c"]d' }], false],
    ["$.größe-1", [{ name: "größe-1" }], false],
    ['$[""]', [{ name: "" }], false],
  ])("%s", (text, steps, deep) => {
    expect(parsePath(text, "here")).toEqual({ steps, deep });
  });

  test("what a finding prints can be written as the path of a rule", () => {
    const key = fc.oneof(
      fc.string({ unit: anyUnit }),
      fc.nat(1e6),
      fc.constantFrom("a.b", "..*", "[0]", "*", '"', "", "\\"),
    );
    fc.assert(
      fc.property(fc.array(key), (keys) => {
        const expected = keys.map((one) => (typeof one === "number" ? { index: one } : { name: one }));
        expect(parsePath(formatPath(keys), "here")).toEqual({ steps: expected, deep: false });
        const field = keys.map((one) => (typeof one === "number" ? "[*]" : { name: one }));
        expect(parsePath(formatField(keys), "here")).toEqual({ steps: field, deep: false });
      }),
    );
  });
});
