import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isCutoverError } from "../../src/errors.ts";
import { LIMITS } from "../../src/limits.ts";
import { judge, modelOf, type WrittenAnswer } from "./pair-cases.ts";

interface Case {
  readonly name: string;
  readonly legacy: WrittenAnswer;
  readonly candidate: WrittenAnswer;
  readonly rules: readonly unknown[];
  readonly default?: null;
  readonly outcome: string;
  /** `kind path rule`, in order. */
  readonly findings?: readonly string[];
  readonly ignored?: readonly string[];
  readonly warnings?: readonly string[];
  readonly uncovered?: readonly string[];
  readonly notComparable?: string;
  readonly critical?: boolean;
}

const folder = new URL("../../fixtures/parity/cases/", import.meta.url);
for (const file of readdirSync(folder).sort()) {
  const cases = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Case[];
  describe(file, () => {
    test.each(cases)("$name", (one) => {
      const result = judge(modelOf(one.rules, one.default === null ? null : "exact"), one.legacy, one.candidate);
      expect({
        outcome: result.outcome,
        findings: result.findings.map(({ kind, path, rule }) => `${kind} ${path} ${rule}`),
        ignored: result.ignored.map(({ field, kind }) => `${kind} ${field}`),
        warnings: result.warnings,
        uncovered: result.uncovered,
        notComparable: result.notComparable,
      }).toEqual({
        outcome: one.outcome,
        findings: one.findings ?? [],
        ignored: one.ignored ?? [],
        warnings: one.warnings ?? [],
        uncovered: one.uncovered ?? [],
        notComparable: one.notComparable ?? null,
      });
      expect(result.findings.some((finding) => finding.critical)).toBe(one.critical ?? false);
    });
  });
}

describe("what a finding carries", () => {
  test("the texts are as written and the delta is candidate minus legacy", () => {
    const { findings } = judge(modelOf([]), '{"a":[{"s":1.50}]}', '{"a":[{"s":2e0}]}');
    expect(findings).toEqual([
      {
        path: "$.a[0].s",
        field: "$.a[*].s",
        rule: "default",
        kind: "value",
        legacy: "1.50",
        candidate: "2e0",
        delta: 0.5,
        gates: true,
        critical: false,
      },
    ]);
  });

  test("statuses and media types stand where the values would", () => {
    const failed = judge(modelOf([]), "{}", { status: 503, body: "{}", outcome: "model_error" }).findings[0];
    expect([failed?.legacy, failed?.candidate]).toEqual(["200", "503"]);
    const typed = judge(modelOf([]), "{}", { type: "text/html; charset=utf-8", body: "{}" }).findings[0];
    expect([typed?.legacy, typed?.candidate]).toEqual(['"application/json"', '"text/html"']);
  });

  test("rules that matched a value are named by their index in the model", () => {
    const rules = [
      { path: "$.nowhere", type: "exact" },
      { path: "$.t", type: "ignore", reason: "r", owner: "o", expires: "2026-01-01" },
      { path: "$.s", type: "number", atol: 1, rtol: 0 },
      { path: "$..*", type: "number", atol: 2, rtol: 0 },
    ];
    expect(judge(modelOf(rules), '{"s":1,"t":1}', '{"s":1,"t": 1}').used).toEqual([2, 3]);
    expect(judge(modelOf(rules), '{"s":1}', '{"s":1}').used).toBeNull();
  });

  test("among rules of one type the first written wins, whichever path is longer", () => {
    const wide = { path: "$..*", type: "number", atol: 1, rtol: 0 };
    const narrow = { path: "$.s", type: "number", atol: 0, rtol: 0 };
    expect(judge(modelOf([wide, narrow]), '{"s":1}', '{"s":1.5}').outcome).toBe("match");
    expect(judge(modelOf([narrow, wide]), '{"s":1}', '{"s":1.5}').outcome).toBe("mismatch");
    const index = { path: "$[0]", type: "number", atol: 1, rtol: 0 };
    const any = { path: "$[*]", type: "number", atol: 0, rtol: 0 };
    expect(judge(modelOf([any, index]), "[1]", "[1.5]").outcome).toBe("mismatch");
    expect(judge(modelOf([index, any]), "[1]", "[1.5]").outcome).toBe("match");
  });

  test("findings are bounded, and the pair is a mismatch all the same", () => {
    const many = (value: number) => JSON.stringify(Array.from({ length: 5_000 }, (_, i) => i * 10 + value));
    const result = judge(modelOf([]), many(1), many(2));
    expect(result.outcome).toBe("mismatch");
    expect(result.findings).toHaveLength(LIMITS.findingsPerPair);
    expect(result.warnings).toEqual(["findings_cut"]);
  });

  test("the bound keeps a critical finding that comes last", () => {
    const many = (value: number) =>
      JSON.stringify([...Array.from({ length: 2_000 }, (_, i) => i * 10 + value), { s: value }]);
    const result = judge(modelOf([{ path: "$[*].s", type: "exact", critical: true }]), many(1), many(2));
    expect(result.findings).toHaveLength(LIMITS.findingsPerPair);
    expect(result.findings.at(-1)).toMatchObject({ path: "$[2000].s", critical: true });
  });

  test("a long permutation is one finding although its elements are more than the bound", () => {
    const items = Array.from({ length: 5_000 }, (_, i) => i);
    const result = judge(modelOf([]), JSON.stringify(items), JSON.stringify([...items].reverse()));
    expect(result.findings.map(({ kind }) => kind)).toEqual(["order"]);
    expect(result.warnings).toEqual([]);
  });

  test("a multiset larger than the trials is matched in the order of its numbers", () => {
    const items = Array.from({ length: 2_000 }, (_, i) => i);
    const moved = [...items].reverse().map((value) => value + 0.01);
    const rules = [
      { path: "$", type: "list", mode: "multiset" },
      { path: "$[*]", type: "number", atol: 0.1, rtol: 0 },
    ];
    expect(judge(modelOf(rules), JSON.stringify(items), JSON.stringify(moved)).outcome).toBe("match");
  });
});

describe("rules that cannot be read", () => {
  test.each([
    ["a path without $", { path: "score", type: "exact" }],
    ["a path with .. inside", { path: "$..*.a", type: "exact" }],
    ["a path with a bare bracket", { path: "$.a[", type: "exact" }],
    ["a name after two dots", { path: "$..a", type: "exact" }],
    ["a quoted name that is not closed", { path: '$["a]', type: "exact" }],
    ["a decision without threshold", { path: "$.a", type: "decision" }],
    ["a decision with both", { path: "$.a", type: "decision", threshold: 1, thresholds: [1] }],
    ["keyed without key", { path: "$.a", type: "list", mode: "keyed" }],
    ["a key without keyed", { path: "$.a", type: "list", mode: "set", key: "id" }],
    ["a key that is many", { path: "$.a", type: "list", mode: "keyed", key: "$.ids[*]" }],
    ["an error rule below the root", { path: "$.a", type: "error" }],
    ["an error class that is many", { type: "error", class: "$..*" }],
    ["a replacement that is no pattern", { path: "$.a", type: "string", replace: [{ pattern: "(", with: "" }] }],
  ])("%s is a CONFIG error at its place", (_name, rule) => {
    let caught: unknown;
    try {
      modelOf([{ path: "$.fine", type: "exact" }, rule]);
    } catch (error) {
      caught = error;
    }
    expect(isCutoverError(caught, "CONFIG") && caught.details).toMatchObject({
      place: 'models."*".rules[1]',
      expected: expect.any(String),
      received: expect.any(String),
      hint: expect.any(String),
    });
  });
});
