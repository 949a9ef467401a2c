/** The decided readings that concern rules, each by its number, as small pairs. Corners stand in fixtures/parity/cases/. */
import { describe, expect, test } from "vitest";
import { judge, modelOf, type WrittenAnswer } from "../pair-cases.ts";

type Rule = Readonly<Record<string, unknown>>;
interface Row {
  readonly legacy: WrittenAnswer;
  readonly candidate: WrittenAnswer;
  readonly rules?: readonly Rule[];
  /** `match`, `ignored`, `notComparable`, or kinds and paths of the findings. */
  readonly is: string;
  readonly warns?: string;
}

const row = (
  legacy: WrittenAnswer,
  candidate: WrittenAnswer,
  rules: readonly Rule[],
  is: string,
  warns?: string,
): Row => ({
  legacy,
  candidate,
  rules,
  is,
  ...(warns === undefined ? {} : { warns }),
});
const at = (type: string, more: Rule = {}): Rule => ({ path: "$", type, ...more });
const number = (atol: number, more: Rule = {}): Rule => at("number", { atol, rtol: 0, ...more });
const answer = (body: string, status = 200, type = "application/json"): WrittenAnswer => ({ body, status, type });
const failed = (body: string, status: number): WrittenAnswer => ({ body, status, outcome: "model_error" });

/** What each type needs to be a rule at all. */
const TYPED: Readonly<Record<string, Rule>> = {
  number: { atol: 0, rtol: 0 },
  decimal: { scale: 2 },
  label: {},
  time: { unit: "s" },
};
const IGNORE = (expires: string): Rule => at("ignore", { reason: "r", owner: "o", expires });

const SENTENCES: readonly (readonly [number: number, sentence: string, rows: readonly Row[]])[] = [
  [
    1,
    "status is compared before bytes",
    [
      row(answer("{}"), failed("{}", 400), [], "error_new $"),
      row(answer("{}", 500), answer("{}"), [], "error_legacy $"),
    ],
  ],
  [
    2,
    "media types are compared without parameters, and another type is a finding also when bytes are equal",
    [
      row(answer("1", 200, "application/json; charset=utf-8"), answer("1.0"), [], "match"),
      row(
        answer('{"a":1}', 200, "application/hal+json"),
        answer('{"a":1.0}', 200, "Application/HAL+JSON"),
        [],
        "match",
      ),
      row(answer("1"), answer("1", 200, "text/plain"), [], "type $"),
    ],
  ],
  [
    3,
    "what cannot be parsed: legacy notComparable, new shape, both by their bytes; marks and bare numbers are read and counted",
    [
      row("{", "{}", [], "notComparable"),
      row("", "{}", [], "notComparable"),
      row("{}", "{", [], "shape $"),
      row("{}", "", [], "shape $"),
      row("{", "{", [], "match"),
      row("{", "[", [], "value $"),
      row("\ufeff1", "1.0", [], "match", "byte_order_mark"),
      row("NaN", " NaN", [], "match", "bare_nan"),
      row("-Infinity", "1", [], "value $", "bare_nan"),
    ],
  ],
  [
    4,
    "of repeated members the last wins, and the pair is counted",
    [
      row('{"a":1,"a":2}', '{"a":2}', [], "match", "duplicate_member"),
      row('{"a":1,"a":2}', '{"a":1}', [], "value $.a", "duplicate_member"),
    ],
  ],
  [
    6,
    "a missing or extra object is one finding at its own path",
    [
      row('{"a":{"b":1,"c":2}}', "{}", [], "missing_field $.a"),
      row("{}", '{"a":{"b":1,"c":2}}', [], "extra_field $.a"),
    ],
  ],
  [
    7,
    "a permutation is order; otherwise by index value, and length when lengths differ",
    [
      row("[1,2]", "[2,1]", [], "order $"),
      row("[1,2]", "[1,3]", [], "value $[1]"),
      row("[1,2]", "[9,2,3]", [], "value $[0] length $"),
    ],
  ],
  [
    8,
    "a default for all numbers is a number rule at $..*",
    [
      row('{"a":[1]}', '{"a":[1.1]}', [{ ...number(0.2), path: "$..*" }], "match"),
      row('{"a":["x"]}', '{"a":["y"]}', [{ ...number(0.2), path: "$..*" }], "value $.a[0]"),
    ],
  ],
  [
    9,
    "width is 64 unless the rule says 32, which rounds both; overflow is infinite",
    [
      row("0.1", "0.10000000149011612", [number(0)], "value $"),
      row("0.1", "0.10000000149011612", [number(0, { width: 32 })], "match"),
      row("1e39", "2e39", [number(0, { width: 32 })], "match"),
    ],
  ],
  [
    10,
    "literals of one double are equal, except integers of more than 15 digits",
    [
      row("0.1", "0.1000000000000000055", [], "match"),
      row("0.1", "0.1000000000000000055", [number(0)], "match"),
      row("9007199254740992", "9007199254740993", [], "value $"),
      row("9007199254740992", "9007199254740993", [number(0)], "value $"),
      row("0.1", "0.1000000000000000055", [at("decimal", { scale: 30 })], "value $"),
    ],
  ],
  [
    11,
    "a literal beyond the range is infinite for number and ulp, and equal under exact only to the same number",
    [
      row("1e400", "1e401", [number(0)], "match"),
      row("1e400", "1e401", [at("ulp", { max: 0 })], "match"),
      row("1e400", "1e401", [], "value $"),
      row("1e400", "10e399", [], "match"),
      row("3e-400", "0", [], "match"),
    ],
  ],
  [
    12,
    "1e16 is 10000000000000000; a big integer against a fraction compares as decimals",
    [
      row("1e16", "10000000000000000", [], "match"),
      row("9007199254740992", "9007199254740992.3", [], "value $"),
      row("3", "3.0000000000000001", [], "match"),
    ],
  ],
  [
    13,
    "ulp counts doubles, or floats at width 32; big integers are rounded first",
    [
      row("1", "1.0000000000000002", [at("ulp", { max: 1 })], "match"),
      row("1", "1.0000000000000002", [at("ulp", { max: 0 })], "value $"),
      row("1", "1.0000001192092896", [at("ulp", { max: 1, width: 32 })], "match"),
      row("9007199254740992", "9007199254740993", [at("ulp", { max: 0 })], "match"),
    ],
  ],
  [
    14,
    "a typed rule on another type is kind type, unless both are byte-equal; coerce reads numeric strings and epoch numbers",
    [
      ...["number", "decimal", "label", "time"].map((type) => row("1", '"1"', [at(type, TYPED[type])], "type $")),
      ...["number", "decimal", "label", "time"].map((type) =>
        row("1", '"1"', [at(type, { ...TYPED[type], coerce: true })], "match"),
      ),
      row('{"x":null,"y":1}', '{"x":null,"y":1.0}', [number(0, { path: "$.x" })], "match"),
    ],
  ],
  [
    15,
    "trim is White_Space, case is full folding; replacements come first, then NFC, case, trim",
    [
      row('"\\u0085a"', '"a"', [at("string", { trim: true })], "match", "raw_different"),
      row('"\\ufeffa"', '"a"', [at("string", { trim: true })], "value $"),
      row('"STRASSE"', '"straße"', [at("string", { case: true })], "match", "raw_different"),
      row('"e\\u0301"', '"é"', [at("string", { nfc: true })], "match", "raw_different"),
      row(
        '"A-B "',
        '"a b"',
        [at("string", { trim: true, case: true, replace: [{ pattern: "-", with: " " }] })],
        "match",
        "raw_different",
      ),
    ],
  ],
  [
    16,
    "time reads ISO 8601 and epochs by unit, without a zone UTC and counted, to the microsecond",
    [
      row('"2026-01-01T00:00:00Z"', '"2026-01-01T01:00:00+01:00"', [at("time")], "match"),
      row('"2026-01-01T00:00:00"', '"2026-01-01T00:00:00Z"', [at("time")], "match", "time_without_zone"),
      row("1767225600000001", "1767225600000002", [at("time", { unit: "us" })], "value $"),
      row("1767225600", "1767225600.0000001", [at("time", { unit: "s" })], "match"),
    ],
  ],
  [
    17,
    "the side is value ≥ threshold; several thresholds make classes",
    [
      row("0.5", "0.7", [at("decision", { threshold: 0.5 })], "match"),
      row("0.5", "0.4999", [at("decision", { threshold: 0.5 })], "decision_flip $"),
      row("1.5", "2.5", [at("decision", { thresholds: [1, 2] })], "decision_flip $"),
    ],
  ],
  [
    18,
    "within the band on both sides a flip is borderline",
    [
      row("0.49", "0.51", [at("decision", { threshold: 0.5, band: 0.011 })], "match", "borderline"),
      row("0.49", "0.52", [at("decision", { threshold: 0.5, band: 0.011 })], "decision_flip $"),
    ],
  ],
  [
    19,
    "a label is the argmax, the lowest index on ties; legacy's near-tie is counted",
    [
      row("[0.1,0.9]", "[0.4,0.6]", [at("label")], "match"),
      row("[0.9,0.1]", "[0.4,0.6]", [at("label")], "label_flip $"),
      row("[0.49,0.51]", "[0.6,0.4]", [at("label", { margin: 0.03 })], "match", "near_tie"),
      row("[0.5,0.5]", "[0.6,0.4]", [at("label")], "match"),
    ],
  ],
  [
    20,
    "topk: overlap of the first k, places of the shared, repeated ids shape",
    [
      row("[1,2,3]", "[2,1,9]", [at("topk", { k: 2 })], "match"),
      row("[1,2,3]", "[1,9,2]", [at("topk", { k: 2 })], "value $"),
      row("[1,2,3]", "[1,9,2]", [at("topk", { k: 2, overlap: 1 })], "match"),
      row("[1,2,3]", "[3,2,1]", [at("topk", { k: 3, places: 1 })], "order $"),
      row("[1,1]", "[1,2]", [at("topk", { k: 2 })], "shape $"),
    ],
  ],
  [
    21,
    "rank: over shared ids, missing ids are findings unless partial, fewer than two match when equal",
    [
      row("[1,2,3]", "[1,3,2]", [at("rank", { method: "kendall", min: 0.3 })], "match"),
      row("[1,2,3]", "[1,3,2]", [at("rank", { method: "kendall", min: 0.4 })], "order $"),
      row("[1,2,3]", "[1,2]", [at("rank", { method: "spearman", min: 0 })], "missing_field $"),
      row("[1,2]", "[1,2,3]", [at("rank", { method: "rbo", min: 0 })], "extra_field $"),
      row("[1,2,3]", "[1,2]", [at("rank", { method: "spearman", min: 1, partial: true })], "match"),
      row("[1]", "[1.0]", [at("rank", { method: "kendall", min: 1 })], "match"),
      row("[1,2]", "[1,3]", [at("rank", { method: "kendall", min: -1, partial: true })], "order $"),
    ],
  ],
  [
    22,
    "vector: cosine at least its limit, the others at most; zeros; lengths",
    [
      row("[0,0]", "[0.0,0]", [at("vector", { method: "cosine", limit: 1 })], "match"),
      row("[0,0]", "[0,1]", [at("vector", { method: "cosine", limit: 0.1 })], "value $"),
      row("[0,0]", "[3,4]", [at("vector", { method: "l2", limit: 5 })], "match"),
      row("[0,0,0]", "[1,2,4]", [at("vector", { method: "quantile", q: 0.75, limit: 3 })], "match"),
      row("[0,0,0]", "[1,2,4]", [at("vector", { method: "quantile", q: 0.75, limit: 2.9 })], "value $"),
      row("[0]", "[0,0]", [at("vector", { method: "max", limit: 1 })], "length $"),
    ],
  ],
  [
    23,
    "probs: the divergence, not its root, by the natural logarithm",
    [
      row("[1,0]", "[0,1]", [at("probs", { divergence: Math.LN2 })], "match"),
      row("[1,0]", "[0,1]", [at("probs", { divergence: 0.69 })], "value $"),
    ],
  ],
  [
    24,
    "an unsound new vector is shape when legacy's is sound; an unsound legacy vector compares by its largest difference",
    [
      row("[0.5,0.5]", "[1.5,-0.5]", [at("probs", { divergence: 1 })], "shape $"),
      row("[0.5,0.5]", "[0.5,0.6]", [at("probs", { divergence: 1 })], "shape $"),
      row("[2,2]", "[2.0000001,2]", [at("probs", { divergence: 0 })], "match"),
      row("[2,2]", "[2.1,2]", [at("probs", { divergence: 9 })], "value $"),
    ],
  ],
  [
    25,
    "keyed lists without usable keys are multisets, counted; equal elements are paired first",
    [
      row(
        '[{"id":1,"a":1},{"id":2,"a":2}]',
        '[{"id":2,"a":2},{"id":1,"a":1}]',
        [at("list", { mode: "keyed", key: "id" })],
        "match",
      ),
      row(
        '[{"id":1},{"id":1,"a":2}]',
        '[{"id":1,"a":2},{"id":1}]',
        [at("list", { mode: "keyed", key: "id" })],
        "match",
        "unkeyed",
      ),
      row("[1,2,3]", "[3,4,1]", [at("list", { mode: "multiset" })], "value $[1]"),
    ],
  ],
  [
    26,
    "presence judges presence only",
    [row('{"x":1}', '{"x":2}', [at("presence", { path: "$.x", state: "required" })], "match")],
  ],
  [
    27,
    "required: absent on both sides is missing_field; the other states may be absent on both",
    [
      row('{"a":1}', '{"a":1.0}', [at("presence", { path: "$.x", state: "required" })], "missing_field $.x"),
      ...["legacyOnly", "newOnly", "optional"].map((state) =>
        row('{"a":1}', '{"a":1.0}', [at("presence", { path: "$.x", state })], "match"),
      ),
    ],
  ],
  [
    28,
    "the class of an error is its status or `class`; bodies of one class are judged by matching rules alone",
    [
      row(failed('{"e":1}', 500), failed('{"e":2}', 500), [], "match"),
      row(failed("{}", 500), failed("{}", 503), [], "error_class $"),
      row(failed("{}", 500), failed("{}", 503), [{ type: "error", map: { "500": "503" } }], "match"),
      row(failed('{"e":"A"}', 500), failed('{"e":"A"}', 503), [{ type: "error", class: "$.e" }], "match"),
      row(failed('{"e":1}', 500), failed('{"e":2}', 500), [number(0, { path: "$.e" })], "value $.e"),
    ],
  ],
  [
    29,
    "an expired ignore no longer applies",
    [row("1", "2", [IGNORE("2026-11-23")], "ignored"), row("1", "2", [IGNORE("2026-11-22")], "value $")],
  ],
];

describe("the decided readings", () => {
  for (const [line, sentence, rows] of SENTENCES) {
    test(`${line}. ${sentence}`, () => {
      for (const { legacy, candidate, rules = [], is, warns } of rows) {
        const result = judge(modelOf(rules), legacy, candidate);
        const found = result.findings.map(({ kind, path }) => `${kind} ${path}`).join(" ");
        const label = JSON.stringify([legacy, candidate, rules]);
        expect(found === "" ? result.outcome : found, label).toBe(is);
        if (warns !== undefined) expect(result.warnings, label).toContain(warns);
      }
    });
  }

  test("30. critical and weight say what a failure does", () => {
    const [critical, advice] = [number(0, { critical: true }), number(0, { weight: "advise" })].map((rule) =>
      judge(modelOf([rule]), "1", "2"),
    );
    expect(critical?.findings[0]).toMatchObject({ critical: true, gates: true });
    expect([advice?.outcome, advice?.findings[0]?.gates]).toEqual(["match", false]);
  });
});
