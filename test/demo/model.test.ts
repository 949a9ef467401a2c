import { describe, expect, test } from "vitest";
import { BLOCK_AT, LEXICON, REVIEW_AT } from "../../demo/lexicon.ts";
import { type Defects, legacyModel, NO_DEFECTS, portedModel } from "../../demo/model.ts";
import { generateReviews } from "../../demo/reviews.ts";

const REVIEWS = generateReviews(6_000);
const LONG = `${"nice little thing ".repeat(30)}but damn`;

/** Reviews on which a port with these defects answers otherwise than legacy, beyond the last bits of a score. */
function differing(defects: Partial<Defects>): string[] {
  const port = portedModel({ ...NO_DEFECTS, ...defects });
  return REVIEWS.filter((text) => {
    const legacy = legacyModel(text);
    const candidate = port(text);
    const near = Math.abs(candidate.score - legacy.score) <= 1e-12;
    return !near || candidate.label !== legacy.label || candidate.reasons.join() !== legacy.reasons.join();
  });
}

describe("the demo's models", () => {
  test("the mended port answers as legacy does, but for the last bit of some scores", () => {
    expect(differing({})).toEqual([]);
    expect(REVIEWS.some((text) => portedModel(NO_DEFECTS)(text).score !== legacyModel(text).score)).toBe(true);
  });

  test.each([
    ["float32", 300],
    ["asciiTokenizer", 100],
    ["strictThreshold", 60],
    ["unorderedReasons", 100],
  ] as const)("the defect %s alone changes more than %i of 6,000 answers", (defect, least) => {
    expect(differing({ [defect]: true }).length).toBeGreaterThan(least);
  });

  test("a score exactly on the threshold is for review in legacy and ok in the port", () => {
    const text = "the designer is an idiot";
    expect(legacyModel(text)).toEqual({ label: "review", score: REVIEW_AT, reasons: ["INSULT"] });
    expect(portedModel({ ...NO_DEFECTS, strictThreshold: true })(text).label).toBe("ok");
  });

  test("a long review is scored in float32 by the port", () => {
    const score = portedModel({ ...NO_DEFECTS, float32: true })(LONG).score;
    expect(score).toBe(Math.fround(score));
    expect(score).not.toBe(legacyModel(LONG).score);
  });

  test("a word outside ASCII alone takes a review down in legacy, and passes the port", () => {
    const text = "quel crétin";
    expect(legacyModel(text).score).toBeGreaterThan(BLOCK_AT);
    expect(portedModel({ ...NO_DEFECTS, asciiTokenizer: true })(text)).toMatchObject({ label: "ok", reasons: [] });
  });

  test("decomposed accents are the same word", () => {
    expect(legacyModel("quel cre\u0301tin")).toEqual(legacyModel("quel crétin"));
  });

  test("every weight is a multiple of a quarter, so that sums are exact", () => {
    for (const { weight } of LEXICON.values()) expect(Number.isInteger(weight * 4)).toBe(true);
  });
});

describe("the generated reviews", () => {
  test("are the same for the same seed, and others for another", () => {
    expect(generateReviews(50)).toEqual(REVIEWS.slice(0, 50));
    expect(generateReviews(50, 1)).not.toEqual(REVIEWS.slice(0, 50));
  });
});
