import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonDocument } from "../../../compare/json/node.ts";
import { parseJsonText } from "../../../compare/json/parse.ts";
import { palette } from "../../../compare/report/terminal.ts";
import { displayWidth } from "../../../compare/report/text.ts";
import { fill, wordPieces } from "../../../compare/show/ink.ts";
import { align, diffJson, longestCommon } from "../../../compare/show/json-diff.ts";
import { diffHex, diffLines, diffWords } from "../../../compare/show/text-diff.ts";

function documentOf(text: string): JsonDocument {
  const parsed = parseJsonText(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.document;
}

const diff = (legacy: string, candidate: string, maxRows = 100) =>
  diffJson(documentOf(legacy), documentOf(candidate), maxRows);
const brief = (legacy: string, candidate: string) =>
  diff(legacy, candidate).rows.map(({ mark, path, legacy, candidate, skipped }) =>
    mark === "skipped" ? `… ${skipped}` : `${mark} ${path} ${legacy} ${candidate}`,
  );

describe("two documents side by side", () => {
  test.each<[string, string, string, string[]]>([
    [
      "a changed leaf, with what stands beside it",
      '{"a":1,"b":2,"c":3}',
      '{"a":1,"b":5,"c":3}',
      ["equal $.a 1 1", "changed $.b 2 5", "equal $.c 3 3"],
    ],
    [
      "long equal parts as a count",
      '{"a":1,"b":2,"c":3,"d":4}',
      '{"a":1,"b":2,"c":3,"d":5}',
      ["… 2", "equal $.c 3 3", "changed $.d 4 5"],
    ],
    [
      "equal parts between two differences",
      "[1,2,3,4,5,6]",
      "[0,2,3,4,5,0]",
      ["changed $[0] 1 0", "equal $[1] 2 2", "… 2", "equal $[4] 5 5", "changed $[5] 6 0"],
    ],
    ["a member that only one side has", '{"a":1}', '{"b":{"c":2}}', ["removed $.a 1 null", 'added $.b null {"c":2}']],
    ["the same number, written otherwise", '{"a":1.0}', '{"a":1}', ["same $.a 1.0 1"]],
    [
      "a shorter list with what is alike side by side",
      '["a","b","c"]',
      '["b","c"]',
      ['removed $[0] "a" null', 'equal $[1] "b" "b"', "… 1"],
    ],
    ["values of different kinds whole", '{"a":[1]}', '{"a":{"b":1}}', ['changed $.a [1] {"b":1}']],
    ["nothing but equal", "[1,2,3]", "[1, 2, 3]", ["equal $[0] 1 1", "… 2"]],
  ])("%s", (_name, legacy, candidate, expected) => {
    expect(brief(legacy, candidate)).toEqual(expected);
  });

  test("every leaf is shown or counted, and those that differ are those of a plain walk", () => {
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom<unknown>(1, 2, "x", null),
        fc.tuple(tie("tree"), tie("tree")),
        fc.record({ a: tie("tree"), b: tie("tree") }),
      ),
    }));
    /** [equal leaves, differing places], of trees in which lists have one length and objects the same members. */
    const walk = (a: unknown, b: unknown, path: string): [number, string[]] => {
      if (JSON.stringify(a) === JSON.stringify(b)) return [1, []];
      const alike = Array.isArray(a) === Array.isArray(b) && [a, b].every((v) => typeof v === "object" && v !== null);
      if (!alike) return [0, [path]];
      const parts = Object.keys(a as object).map((key) =>
        walk((a as never)[key], (b as never)[key], Array.isArray(a) ? `${path}[${key}]` : `${path}.${key}`),
      );
      return [parts.reduce((sum, [n]) => sum + n, 0), parts.flatMap(([, places]) => places)];
    };
    fc.assert(
      fc.property(tree, tree, (a, b) => {
        const [equal, places] = walk(a, b, "$");
        const { rows, cut } = diff(JSON.stringify(a), JSON.stringify(b));
        const shown = rows.filter(({ mark }) => mark === "equal").length;
        const skipped = rows.reduce((sum, row) => sum + (row.skipped ?? 0), 0);
        expect([shown + skipped, cut]).toEqual([equal, 0]);
        expect(rows.filter(({ mark }) => mark === "changed").map(({ path }) => path)).toEqual(places);
      }),
    );
  });

  test("rows that differ are bounded, and the rest is counted", () => {
    const [legacy, candidate] = [0, 1].map((of) => JSON.stringify(Array.from({ length: 500 }, (_, i) => i * 2 + of)));
    const { rows, cut } = diff(legacy ?? "", candidate ?? "", 20);
    expect([rows.length, cut]).toEqual([20, 480]);
  });

  test("alignment takes every element of both once, in order", () => {
    const list = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 });
    fc.assert(
      fc.property(list, list, (a, b) => {
        const pairs = align(a, b);
        expect(pairs.flatMap(([i]) => i ?? [])).toEqual(a.map((_, i) => i));
        expect(pairs.flatMap(([, j]) => j ?? [])).toEqual(b.map((_, j) => j));
      }),
    );
  });

  test("a longest common subsequence is one, and as long as a search finds", () => {
    const list = fc.array(fc.constantFrom("a", "b"), { maxLength: 7 });
    const best = (a: string[], b: string[]): number => {
      if (a.length === 0 || b.length === 0) return 0;
      const [x, ...as] = a as [string, ...string[]];
      const [y, ...bs] = b as [string, ...string[]];
      return x === y ? 1 + best(as, bs) : Math.max(best(as, b), best(a, bs));
    };
    fc.assert(
      fc.property(list, list, (a, b) => {
        const pairs = longestCommon(a, b);
        expect(pairs.every(([i, j]) => a[i] === b[j])).toBe(true);
        expect(pairs.length).toBe(best(a, b));
      }),
    );
  });
});

describe("two texts side by side", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", " ", "1", ".", "é", "日", "👩", "\n"), maxLength: 60 });

  test("words: what both share and one side's own make up that side again", () => {
    fc.assert(
      fc.property(text, text, (legacy, candidate) => {
        const segments = diffWords(legacy, candidate);
        const side = (own: "old" | "new") =>
          segments
            .filter(({ kind }) => kind === "same" || kind === own)
            .map((one) => one.text)
            .join("");
        expect([side("old"), side("new")]).toEqual([legacy, candidate]);
      }),
    );
  });

  test.each([
    ["the quick fox", "the slow fox", "the [-quick-]{+slow+} fox"],
    ["score 0.8123", "score 0.7923", "score 0.[-8123-]{+7923+}"],
    ["", "new", "{+new+}"],
  ])("%j to %j", (legacy, candidate, expected) => {
    const pieces = wordPieces(legacy, candidate, palette(false), false);
    expect(pieces.map((one) => one.text).join("")).toBe(expected);
  });

  test("lines: those that differ with their numbers, the others counted", () => {
    expect(diffLines("a\nb\nc\nd", "a\nB\nc\nd\ne", 10)).toEqual({
      rows: [
        { mark: "skipped", legacyLine: null, candidateLine: null, legacy: null, candidate: null, skipped: 1 },
        { mark: "changed", legacyLine: 2, candidateLine: 2, legacy: "b", candidate: "B" },
        { mark: "skipped", legacyLine: null, candidateLine: null, legacy: null, candidate: null, skipped: 2 },
        { mark: "added", legacyLine: null, candidateLine: 5, legacy: null, candidate: "e" },
      ],
      cut: 0,
    });
  });

  test("bytes: rows of sixteen that differ, up to the limit", () => {
    const legacy = Uint8Array.from({ length: 40 }, (_, i) => i);
    const candidate = Uint8Array.from(legacy.subarray(0, 35));
    candidate[1] = 0xff;
    expect(diffHex(legacy, candidate, 1)).toEqual({
      rows: [
        {
          offset: 0,
          legacy: "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f",
          candidate: "00 ff 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f",
        },
      ],
      cut: 1,
    });
  });

  test("lines of pieces fit their width, and say when they are cut", () => {
    const piece = fc.record({
      text: fc.string({ unit: "grapheme", maxLength: 30 }),
      paint: fc.constant((same: string) => same),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), fc.integer({ min: 8, max: 20 }), (pieces, columns) => {
        const clean = pieces.map(({ text, paint }) => ({ text: text.replace(/\p{C}/gu, ""), paint }));
        const lines = fill(clean, columns, 3);
        expect(lines.length).toBeLessThanOrEqual(3);
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
        const whole = clean.map((one) => one.text).join("");
        const cut = lines.map((line) => line.replace(/^\\u003a/, ":")).join("");
        for (const line of lines.slice(1)) expect(line).not.toMatch(/^:/);
        expect(cut === whole || (cut.endsWith("…") && whole.startsWith(cut.slice(0, -1)))).toBe(true);
      }),
    );
  });
});
