import { describe, expect, test } from "vitest";
import { fingerprintParts } from "../../compare/fingerprint.ts";
import { judge, modelOf } from "./pair-cases.ts";

const label = [{ path: "$", type: "label" }];
const decision = [{ path: "$", type: "decision", threshold: 0.5 }];
const emoji = "😀".repeat(40);

describe("fingerprintParts", () => {
  test.each([
    ["rounding has no direction", "1", "1.0000001", [], "~", "rounding"],
    ["nor has it the other way", "1.0000001", "1", [], "~", "rounding"],
    ["a long integer off by one", "9007199254740993", "9007199254740992", [], "~", "rounding"],
    ["tiny", "1", "1.0005", [], "up", "tiny"],
    ["small", "-1", "-1.04", [], "down", "small"],
    ["large", "1", "0.6", [], "down", "large"],
    ["huge", "1", "40", [], "up", "huge"],
    ["a sign that flipped", "1", "-1", [], "down", "huge"],
    ["from zero, however near", "0", "1e-12", [], "up", "zero"],
    ["to zero", "5", "0", [], "down", "zero"],
    ["to infinity", "5", "1e400", [], "none", "none"],
    ["text", '"a"', '"b"', [], "none", "none"],
    ["booleans", "true", "false", [], "true→false", "none"],
    ["types", "1", '"1"', [], "number→string", "none"],
    ["classes", '"spam"', '"ham"', label, "spam→ham", "none"],
    ["classes of vectors", "[0.9,0.1]", "[0.1,0.9]", label, "#0→#1", "none"],
    ["long class names are cut", `"${emoji}"`, '"x"', label, `${"😀".repeat(23)}…→x`, "none"],
    ["decisions", "0.7", "0.4", decision, "above→below", "large"],
    ["decisions by rounding", "0.49999999", "0.5", decision, "below→above", "rounding"],
    ["one element more", "[1]", "[1,2]", [], "up", "1"],
    ["a few fewer", "[1,2,3]", "[1]", [], "down", "2–9"],
    ["many more", "[]", `[${"1,".repeat(19)}1]`, [], "up", "10+"],
    ["order", "[1,2]", "[2,1]", [], "none", "none"],
    ["a lost member", '{"a":1}', "{}", [], "none", "none"],
    ["a new NaN", "1", "NaN", [], "none", "none"],
  ])("%s: %s and %s", (_name, legacy, candidate, rules, direction, magnitude) => {
    const finding = judge(modelOf(rules), legacy, candidate).findings[0];
    expect(finding && fingerprintParts(finding)).toMatchObject({ direction, magnitude });
  });

  test("answers and errors", () => {
    const error = judge(modelOf([]), "{}", { status: 500, body: "" }).findings[0];
    expect(error && fingerprintParts(error).direction).toBe("200→500");
    const type = judge(modelOf([]), "{}", { type: "text/html", body: "" }).findings[0];
    expect(type && fingerprintParts(type).direction).toBe("application/json→text/html");
  });
});
