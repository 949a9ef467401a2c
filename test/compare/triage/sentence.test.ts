import { expect, test } from "vitest";
import { causeOf } from "../../../compare/triage/signatures/sentence.ts";
import type { Signature } from "../../../compare/triage/types.ts";

const signature = (name: Signature["name"], parameters: Signature["parameters"] = {}): Signature => ({
  name,
  parameters,
  holds: 212,
  of: 213,
});

test.each<[Signature, string]>([
  [signature("constant_ratio", { ratio: 100 }), "candidate = legacy × 100 in 212 of 213 sampled pairs"],
  [signature("constant_ratio", { ratio: 0.001 }), "candidate = legacy / 1000 in 212 of 213 sampled pairs"],
  [signature("constant_ratio", { ratio: -1.8 }), "candidate = legacy × −1.8 in 212 of 213 sampled pairs"],
  [signature("constant_offset", { offset: -0.05 }), "candidate = legacy − 0.05 in 212 of 213 sampled pairs"],
  [
    signature("off_by_one", { offset: 1 }),
    "candidate = legacy + 1 in 212 of 213 sampled pairs: an index that counts from elsewhere",
  ],
  [
    signature("rounded", { decimals: 2, side: "candidate", rounding: "half-even" }),
    "candidate = legacy rounded to 2 decimals (half-even) in 212 of 213 sampled pairs",
  ],
  [
    signature("rounded", { decimals: 1, side: "legacy", rounding: "down" }),
    "legacy = candidate cut to 1 decimal in 212 of 213 sampled pairs",
  ],
  [
    signature("rounded", { digits: 5, side: "candidate" }),
    "candidate = legacy rounded to 5 digits in 212 of 213 sampled pairs",
  ],
  [
    signature("float32", { side: "candidate" }),
    "candidate = legacy rounded to float32 in 212 of 213 sampled pairs: a rule of type number with `width: 32` compares what both can hold",
  ],
  [signature("sign_flip"), "candidate = −legacy in 212 of 213 sampled pairs"],
  [signature("complement"), "candidate = 1 − legacy in 212 of 213 sampled pairs: the probability of the other class"],
  [
    signature("logit", { from: "probability" }),
    "candidate = ln(legacy / (1 − legacy)) in 212 of 213 sampled pairs: the logit where legacy gives a probability",
  ],
  [
    signature("logit", { from: "logit" }),
    "candidate = 1 / (1 + exp(−legacy)) in 212 of 213 sampled pairs: a probability where legacy gives its logit",
  ],
  [
    signature("permuted_labels", { labels: 2, mapping: "a→b, b→a" }),
    "labels stand for one another, a→b, b→a, in 212 of 213 sampled pairs",
  ],
  [signature("clipped", { upper: 1 }), "candidate = legacy, but at most 1, in 212 of 213 sampled pairs"],
  [signature("clipped", { lower: 0 }), "candidate = legacy, but at least 0, in 212 of 213 sampled pairs"],
  [signature("clipped", { lower: 0, upper: 1 }), "candidate = legacy, but from 0 to 1, in 212 of 213 sampled pairs"],
  [signature("constant_default", { value: 0.5 }), "candidate is 0.5 whatever legacy says in 212 of 213 sampled pairs"],
  [
    signature("hour_shift", { hours: -1 }),
    "candidate = legacy − 1 hour in 212 of 213 sampled pairs: another time zone",
  ],
  [
    signature("hour_shift", { hours: "1 or 2" }),
    "candidate = legacy + 1 or 2 hours in 212 of 213 sampled pairs: another time zone",
  ],
  [signature("permutation"), "the same elements in another order in 212 of 213 sampled pairs"],
])("%j", (found, sentence) => {
  expect(causeOf(found)).toBe(sentence);
});
