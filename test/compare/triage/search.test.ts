/** The search for slices on rows whose features are known: what it claims, what it leaves out, and that chance alone makes none. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Item } from "../../../compare/triage/inputs/item.ts";
import { bitsOf, setBit } from "../../../compare/triage/slices/bits.ts";
import { type FoundSlice, searchSlices } from "../../../compare/triage/slices/search.ts";
import { featureTable, SUPPORT } from "../../../compare/triage/slices/table.ts";
import { conditionOf } from "../../../compare/triage/slices/words.ts";
import { dice } from "./planted-records.ts";

/** A row by its words, `place=value`, or `place#bin` for a size. */
type Row = readonly string[];

function find(mismatches: readonly Row[], matches: readonly Row[], weight = 100): FoundSlice[] {
  const items = new Map<number, Item>();
  const codes = new Map<string, number>();
  const encode = (row: Row): Uint32Array =>
    Uint32Array.from(row, (word) => {
      const known = codes.get(word);
      if (known !== undefined) return known;
      codes.set(word, codes.size + 1);
      items.set(codes.size, { ...itemOf(word), code: codes.size });
      return codes.size;
    });
  const rows = { mismatches: mismatches.map(encode), matches: matches.map(encode), items };
  const table = featureTable(rows);
  const all = bitsOf(mismatches.length);
  for (const at of mismatches.keys()) setBit(all, at);
  return searchSlices({ ...table, mismatches: all, matchCount: matches.length, weight, searches: 1 });
}

function itemOf(word: string): Omit<Item, "code"> {
  const [place = "", value = ""] = word.split(/[=#]/);
  if (word.includes("#")) return { place, trait: "magnitude", value, bin: 1_200 + Number(value) };
  if (value === "string") return { place, trait: "type", value };
  return { place, trait: "value", value };
}

const times = (count: number, row: (at: number) => Row): Row[] => Array.from({ length: count }, (_, at) => row(at));
const told = (found: readonly FoundSlice[]): string[] =>
  found.map((slice) => `${slice.mismatches}/${slice.matches} ${conditionOf(slice.terms)}`);

/** Words that mean nothing, so that there is something to be wrong about. */
function chaff(random: () => number, places: number): Row {
  return Array.from({ length: places }, (_, at) => `$.c${at}=${Math.floor(random() * 4)}`);
}

describe("a slice", () => {
  test("is found with its counts and its lift", () => {
    const mismatches = times(213, (at) => ["$.currency=JPY", `$.n=${at % 3}`]);
    const matches = times(500, (at) => [at < 10 ? "$.currency=JPY" : "$.currency=USD", `$.n=${at % 3}`]);
    const found = find(mismatches, matches);
    expect(told(found)).toEqual(["213/10 $.currency = JPY"]);
    // 213 of 1,213 pairs inside differ, 213 of 50,213 of all.
    expect(found[0]?.lift).toBeCloseTo(213 / 1_213 / (213 / 50_213), 9);
  });

  test("of two conditions is told with both, and no third that says nothing", () => {
    const random = dice(3);
    const mismatches = times(200, () => ["$.a=x", "$.b=y", ...chaff(random, 20)]);
    const matches = times(500, (at) => [
      at % 5 === 0 ? "$.a=x" : "$.a=z",
      at % 7 === 0 && at % 5 !== 0 ? "$.b=y" : "$.b=z",
      ...chaff(random, 20),
    ]);
    expect(told(find(mismatches, matches))).toEqual(["200/0 $.a = x and $.b = y"]);
  });

  test("above a size is told as such, one between as the bin", () => {
    const sizes = (from: number) => (at: number) => [`$.n#${from + (at % 3)}`];
    const matches = times(600, (at) => [`$.n#${at % 7}`]);
    expect(told(find(times(120, sizes(7)), matches))).toEqual(["120/0 $.n ≥ 128"]);
    expect(
      told(
        find(
          times(120, () => ["$.n#7"]),
          [...matches, ["$.n#9"]],
        ),
      ),
    ).toEqual(["120/0 $.n in 7"]);
  });

  test("of any other value than a common one is told once, also where the others are many", () => {
    const mismatches = times(200, (at) =>
      ["$.lang type=string", `$.lang=l${at % 40}`].map((w) => w.replace(" type", "")),
    );
    const matches = times(500, () => ["$.lang=string", "$.lang=en"]);
    const typed = mismatches.map((row) => ["$.lang=string", ...row.slice(1)]);
    expect(told(find(typed, matches))).toEqual(["200/0 $.lang ≠ en"]);
  });

  test("by what is missing is found only among inputs that could be read", () => {
    const read = ["$=string"];
    const mismatches = times(100, () => read);
    const matches = times(300, (at) => (at < 10 ? read : [...read, "$.note=string"]));
    expect(told(find(mismatches, matches))).toEqual(["100/10 no $.note"]);
    // Inputs that nothing is known of are not ones without the member.
    expect(
      find(
        times(100, () => []),
        times(300, () => [...read, "$.note=string"]),
      ),
    ).toEqual([]);
  });

  test("that leaves many over is followed by one that explains those", () => {
    const mismatches = times(300, (at) => [at < 180 ? "$.a=x" : "$.a=w", at < 180 ? "$.b=w" : "$.b=y"]);
    const matches = times(500, (at) => [at % 20 === 0 ? "$.a=x" : "$.a=w", at % 20 === 1 ? "$.b=y" : "$.b=w"]);
    expect(
      told(find(mismatches, matches))
        .map((text) => text.replace(/^\S+ /, ""))
        .sort(),
    ).toEqual(["$.a = x", "$.b = y"]);
  });

  test("of fewer rows than the support, or not more often than among matches, is not told", () => {
    const matches = times(500, (at) => [at % 2 === 0 ? "$.a=x" : "$.a=z"]);
    expect(
      find(
        times(SUPPORT - 1, () => ["$.b=y"]),
        matches,
      ),
    ).toEqual([]);
    expect(
      find(
        times(400, (at) => [at % 4 < 3 ? "$.a=x" : "$.a=z"]),
        matches,
      ),
    ).toEqual([]);
    expect(
      find(
        times(400, () => ["$.a=x"]),
        [],
      ),
    ).toEqual([]);
  });

  test("among the same rows is the most readable one", () => {
    const mismatches = times(100, () => ["$.session.region.code=7", "$.region=eu"]);
    const matches = times(300, (at) => (at < 9 ? ["$.session.region.code=7", "$.region=eu"] : ["$.region=us"]));
    expect(told(find(mismatches, matches))).toEqual(["100/9 $.region = eu"]);
  });

  test("does not depend on the order of the rows", () => {
    const row = fc.array(fc.constantFrom("$.a=x", "$.a=z", "$.b=y", "$.n#1", "$.n#2", "$.n#3", "$=string"), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(fc.array(row, { minLength: 40, maxLength: 80 }), fc.array(row, { maxLength: 80 }), (one, other) => {
        const back = find([...one].reverse(), [...other].reverse());
        expect(told(back).sort()).toEqual(told(find(one, other)).sort());
      }),
      { numRuns: 40 },
    );
  });
});

test("of rows that chance alone parts nothing is told, in a thousand searches", () => {
  const random = dice(11);
  let claims = 0;
  for (let run = 0; run < 1_000; run++) {
    const row = (): Row => [...chaff(random, 6), `$.n#${Math.floor(random() * 6)}`, "$=string"];
    claims += find(times(60, row), times(120, row)).length;
  }
  expect(claims).toBe(0);
});
