/** Explanations from groups and slices as they are: what is merged, what goes first, and how many there are. */
import { describe, expect, test } from "vitest";
import type { Group, Summary } from "../../../compare/summary.ts";
import { explain } from "../../../compare/triage/explain.ts";
import type { SharedSlice } from "../../../compare/triage/slices/subject.ts";
import type { Feature } from "../../../compare/triage/slices/table.ts";
import type { Signature, Slice } from "../../../compare/triage/types.ts";
import { LIMITS } from "../../../src/limits.ts";
import { summaryFixture } from "../report/summaries.ts";

const base = summaryFixture("fail");
const bits = new Uint32Array(1);

function group(fingerprint: string, count: number, more: Partial<Group> = {}): Group {
  const { signature: _, sliced: __, ...plain } = base.groups[0] as Group;
  return { ...plain, fingerprint, model: "m", count, cause: null, slice: null, ...more };
}

function summaryOf(...groups: Group[]): Summary {
  return { ...base, groups };
}

const currency: Feature = {
  place: "$.currency",
  trait: "value",
  sense: "is",
  value: '"JPY"',
  mismatches: bits,
  matches: bits,
};

function slice(mismatches: number, ofMismatches: number): Slice {
  const terms = [{ feature: "$.currency", value: '"JPY"' }];
  return { terms, mismatches, ofMismatches, matches: 10, ofMatches: 500, matchWeight: 100, lift: 41 };
}

function shared(whole: Slice, groups: readonly Group[]): SharedSlice {
  return { terms: [currency], slice: whole, groups: new Map(groups.map((one) => [one, whole])), whole: true };
}

const ratio = (holds: number, of: number): Signature => ({
  name: "constant_ratio",
  parameters: { ratio: 100 },
  holds,
  of,
});

const signed = (fingerprint: string, count: number, more: Partial<Group> = {}): Group =>
  group(fingerprint, count, { signature: ratio(count, count), cause: "candidate = legacy × 100", ...more });

describe("a slice", () => {
  test("and a signature of the same findings are one sentence", () => {
    const groups = [signed("2:a", 150), signed("2:b", 63)];
    const [only, ...others] = explain(summaryOf(...groups), [shared(slice(213, 213), groups)]);
    expect(only).toMatchObject({
      model: "m",
      text: 'candidate = legacy × 100 for all 213 pairs with $.currency = "JPY"',
      by: "slice",
      signature: { name: "constant_ratio" },
      groups: ["2:a", "2:b"],
      count: 213,
      share: 1,
    });
    expect(others).toEqual([]);
  });

  test("is told apart from a signature that only some of its findings have", () => {
    const groups = [signed("2:a", 100), group("2:b", 100)];
    const texts = explain(summaryOf(...groups), [shared(slice(198, 213), groups)]).map(({ text }) => text);
    expect(texts).toEqual([
      '198 of 213 mismatches have $.currency = "JPY": lift 41×',
      "candidate = legacy × 100 in 100 of 100 sampled pairs",
    ]);
  });
});

test("the same cause in several models is told once, with the model that has most of it", () => {
  const groups = ["a", "b", "c"].map((model, at) => signed(`2:${model}`, 100 + at, { model }));
  const [only, ...others] = explain(summaryOf(...groups, group("2:x", 303)), []);
  expect(only).toMatchObject({ model: null, by: "signature", count: 303, share: 0.5, groups: ["2:c", "2:b", "2:a"] });
  expect(only?.text).toBe("the same in 3 models; in c candidate = legacy × 100 in 102 of 102 sampled pairs");
  expect(others).toEqual([]);
});

test("what explains most findings goes first, and the order of the groups does not matter", () => {
  const small = signed("2:a", 50);
  const large = group("2:b", 500, { signature: { name: "sign_flip", parameters: {}, holds: 40, of: 80 }, cause: "x" });
  const half = group("2:c", 300, { signature: { name: "float32", parameters: {}, holds: 80, of: 80 }, cause: "x" });
  const found = explain(summaryOf(small, large, half), []).map(({ groups }) => groups);
  expect(found).toEqual([["2:c"], ["2:b"], ["2:a"]]);
  expect(explain(summaryOf(half, small, large), [])).toEqual(explain(summaryOf(small, large, half), []));
});

test("there are no more than the limit, those of most findings", () => {
  const many = Array.from({ length: LIMITS.explanations + 20 }, (_, at) =>
    group(`2:${at}`, at + 1, {
      signature: { name: "constant_offset", parameters: { offset: at + 1 }, holds: 9, of: 9 },
      cause: "x",
    }),
  );
  const found = explain(summaryOf(...many), []);
  expect(found.length).toBe(LIMITS.explanations);
  expect(found.map(({ count }) => count)).toEqual(
    Array.from({ length: LIMITS.explanations }, (_, at) => many.length - at),
  );
});

test("of nothing found there is nothing to tell", () => {
  expect(explain(summaryOf(group("2:a", 5)), [])).toEqual([]);
});
