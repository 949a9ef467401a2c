import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderAnnotations } from "../../../compare/ci/github.ts";
import { NO_PLACES, placesIn, rulePath } from "../../../compare/ci/places.ts";
import type { ModelSummary, Summary } from "../../../compare/summary.ts";
import { parseConfigDocument } from "../../../src/config/document.ts";
import { configSchema } from "../../../src/config/schema.ts";
import { fleet, SUMMARY_NAMES, summaryFixture } from "../report/summaries.ts";

const YAML = `store: ./data
models:
  "moderation/*":
    rules:
      - { path: $.label, type: label }
      - path: $.score
        type: number
        atol: 0.1
        rtol: 0
      - { path: "$.codes[*].p", type: number, atol: 0, rtol: 0 }
      - { path: "$..*", type: number, atol: 0, rtol: 1 }
      - { path: $.tags, type: list, mode: set }
  "*":
    default: exact
    gate: { maxMismatchRate: 0.001 }
`;
const document = parseConfigDocument(YAML);
const parsed = configSchema.parse(document.value);
const config = { ...parsed, modelPatterns: Object.keys(parsed.models) };
const places = placesIn(config, "ci/cutover.yaml", document.lineOf);

describe("the place of a finding", () => {
  test.each([
    ["$.label", "label", 5],
    ["$.score", "number", 6],
    ["$.codes[*].p", "number", 10],
    ["$.other", "number", 11],
    ["$.tags[*].name", "list", 12],
    ["$.any", "default", 14],
  ])("%s under %s is line %i", (field, rule, line) => {
    expect(places.ofField("moderation/en", field, rule)).toEqual({ file: "ci/cutover.yaml", line });
  });

  test("of a model is the line of its gate", () => {
    expect(places.ofGate("moderation/en")?.line).toBe(15);
    expect(rulePath({ ...config, modelPatterns: [] }, "m", "$.x", "number")).toBeNull();
  });
});

const commands = (text: string) => text.trimEnd().split("\n");
const COMMAND = /^::(error|warning|notice) (?:file=[^,:\r\n]*,line=\d+,)?title=[^,:\r\n]*::[^\r\n]*$/;

describe("annotations", () => {
  test.each(SUMMARY_NAMES)("of the summary %s are commands, one a line, at most ten of a level", (name) => {
    const lines = commands(renderAnnotations(summaryFixture(name), places));
    for (const line of lines) expect(line).toMatch(COMMAND);
    for (const level of ["error", "warning", "notice"]) {
      expect(lines.filter((line) => line.startsWith(`::${level} `)).length).toBeLessThanOrEqual(10);
    }
  });

  test("point at the rule's own line, and say how often it failed", () => {
    const lines = commands(renderAnnotations(summaryFixture("fail"), places));
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^::error file=ci\/cutover\.yaml,line=6,title=moderation\/en%3A \$\.score::rule number failed in 612 of 4,200 pairs \(14\.6 %25\): value 612$/,
      ),
    );
    expect(lines[0]).toMatch(/^::error file=ci\/cutover\.yaml,line=15,title=moderation\/en%3A FAIL::/);
  });

  test("of a fleet are nine and how many more", () => {
    const lines = commands(renderAnnotations(fleet(400, 3), NO_PLACES));
    expect(lines).toHaveLength(10);
    expect(lines[9]).toMatch(/^::error title=cutover::[\d,]+ more: the step summary/);
  });

  test("of a pass is one notice, of too little evidence a warning, of nothing compared an error", () => {
    expect(commands(renderAnnotations(summaryFixture("pass"), places))).toEqual([
      expect.stringMatching(/^::notice title=cutover%3A PASS::/),
    ]);
    expect(renderAnnotations(summaryFixture("inconclusive"), places)).toMatch(/^::warning /m);
    expect(renderAnnotations(summaryFixture("nothing"), places)).toMatch(/^::error /m);
  });

  test("of hostile values hold no second command, whatever the value", () => {
    const base = summaryFixture("fail");
    const model = base.models["moderation/en"] as ModelSummary;
    const nasty = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("\n::error::x", "\r\n::stop-commands::t", "%0A::set-output name=a::b", "a,file=b", "a::b"),
    );
    fc.assert(
      fc.property(nasty, nasty, (name, field) => {
        const hostile: Summary = {
          ...base,
          reasons: [name],
          models: {
            [name]: { ...model, reasons: [field, name], fields: { [field]: { number: { n: 9, k: 9, kinds: {} } } } },
          },
        };
        const lines = renderAnnotations(hostile, NO_PLACES).split("\n");
        expect(lines.pop()).toBe("");
        expect(lines).toHaveLength(2);
        for (const line of lines) expect(line).toMatch(COMMAND);
      }),
      { numRuns: 40 },
    );
  });
});
