import { readFileSync } from "node:fs";
import { XmlDocument, type XmlElement, XsdValidator } from "libxml2-wasm";
import { describe, expect, test } from "vitest";
import { renderJunit } from "../../../compare/ci/junit.ts";
import type { ModelSummary, Summary } from "../../../compare/summary.ts";
import { fleet, SUMMARY_NAMES, summaryFixture } from "../report/summaries.ts";

const schema = XsdValidator.fromDoc(
  XmlDocument.fromBuffer(readFileSync(new URL("../../../fixtures/ci/junit.xsd", import.meta.url))),
);

/** Parsed by libxml2 and valid by the schema. */
function parsed(summary: Summary): XmlDocument {
  const document = XmlDocument.fromString(renderJunit(summary));
  schema.validate(document);
  return document;
}

const find = (document: XmlDocument, xpath: string) => document.find(xpath) as XmlElement[];
const attribute = (element: XmlElement, name: string) => element.attr(name)?.value;

describe.each(SUMMARY_NAMES)("the summary %s", (name) => {
  const summary = summaryFixture(name);

  test("is valid, with a suite a model, and its own counts", () => {
    const document = parsed(summary);
    const names = find(document, "/testsuites/testsuite").map((suite) => attribute(suite, "name"));
    expect(names).toHaveLength(Object.keys(summary.models).length + 1);
    for (const kind of ["failure", "error"]) {
      const found = find(document, `//${kind}`).length;
      expect(attribute(document.root, kind === "failure" ? "failures" : "errors")).toBe(String(found));
    }
    expect(attribute(document.root, "tests")).toBe(String(find(document, "//testcase").length));
  });

  test("is green exactly when the verdict is", () => {
    const bad = find(parsed(summary), "//failure|//error").length;
    if (summary.verdict === "pass") expect(bad).toBe(0);
    if (summary.verdict === "fail" || summary.verdict === "error") expect(bad).toBeGreaterThan(0);
  });
});

test("figures are properties of the suite, and a failing field is a failure of its case", () => {
  const document = parsed(summaryFixture("fail"));
  const property = (name: string) =>
    attribute(
      find(document, `//testsuite[@name="moderation/en"]//property[@name="${name}"]`)[0] as XmlElement,
      "value",
    );
  expect([property("n"), property("k"), property("limit"), property("verdict")]).toEqual([
    "4200",
    "693",
    "0.001",
    "fail",
  ]);
  const [failure] = find(document, '//testcase[@classname="moderation/en"][@name="$.score · number"]/failure');
  expect(attribute(failure as XmlElement, "message")).toMatch(/612 of 4,200 pairs differ/);
});

test("too little evidence and a path without a rule are skipped, never passed", () => {
  const summary = summaryFixture("inconclusive");
  const [name, model] = Object.entries(summary.models).find(([, { verdict }]) => verdict === "inconclusive") as [
    string,
    ModelSummary,
  ];
  const models = { [name]: { ...model, uncovered: ["$.new"] } };
  const document = parsed({ ...summary, models });
  const skipped = find(document, `//testsuite[@name="${name}"]/testcase[skipped]`).map((one) => attribute(one, "name"));
  expect(skipped).toEqual(expect.arrayContaining(["gate", "$.new · no rule"]));
});

test("values that are hostile to XML stay text", () => {
  const hostile = '</failure><failure message="x">]]>&amp;<!--\u0000\u001b[31m\ud800\ufffe"\'';
  const base = summaryFixture("fail");
  const model = { ...(base.models["moderation/en"] as ModelSummary), reasons: [hostile], uncovered: [hostile] };
  const document = parsed({ ...base, reasons: [hostile], models: { [hostile]: model } });
  const [failure] = find(document, "//testsuite[2]/testcase[1]/failure");
  expect((failure as XmlElement).content).toBe('</failure><failure message="x">]]>&amp;<!--[31m\ufffd"\'');
  expect(find(document, "//comment()")).toEqual([]);
});

test("400 models are one file", () => {
  expect(find(parsed(fleet(400, 3)), "/testsuites/testsuite")).toHaveLength(401);
});
