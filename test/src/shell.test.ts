import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { carryFlags, flagWords, givenFlags, shellWord } from "../../src/shell.ts";

test("a word that a shell would read differently is quoted", () => {
  expect(["r0a1", "a/b@c", "a b", "it's", "$(x)", ""].map(shellWord)).toEqual([
    "r0a1",
    "a/b@c",
    "'a b'",
    "'it'\\''s'",
    "'$(x)'",
    "''",
  ]);
});

test("a shell reads every word back as it was", () => {
  const word = fc.string({ unit: "binary" }).filter((text) => text.isWellFormed() && !text.includes("\0"));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (words) => {
      const line = `for word in ${words.map(shellWord).join(" ")}; do printf '%s\\0' "$word"; done`;
      const read = execFileSync("sh", ["-c", line], { encoding: "utf8" });
      expect(read.split("\0").slice(0, -1)).toEqual(words);
    }),
    { numRuns: 50 },
  );
});

test("flags that were left out are no words, and a value that looks like a flag stands in its flag's own", () => {
  expect(flagWords(givenFlags())).toEqual([]);
  expect(flagWords(givenFlags({ config: undefined, store: "s3://b/p" }))).toEqual(["--store", "s3://b/p"]);
  expect(
    flagWords({ "--config": "a b.yaml", "--json": true, "--ids": "-", "--run": "--x", "--model": undefined }),
  ).toEqual(["--config", "a b.yaml", "--json", "--ids", "-", "--run=--x"]);
});

test.each([
  ["cutover compare --run r1 writes them again", "cutover --config 'a b.yaml' compare --run r1 writes them again"],
  [
    "cutover capture makes it; or remove it and run `cutover compare`",
    "cutover --config 'a b.yaml' capture makes it; or remove it and run `cutover --config 'a b.yaml' compare`",
  ],
  ["another version of cutover wrote it", "another version of cutover wrote it"],
  ["cutover comparer, cutover compare-all and precutover compare are no commands", null],
])("what is carried stands behind the program's name, in commands alone: %s", (hint, carried) => {
  expect(carryFlags(hint, { config: "a b.yaml" }, ["capture", "compare"])).toBe(carried ?? hint);
  expect(carryFlags(hint, {}, ["capture", "compare"])).toBe(hint);
});

test("a path with what a replacement would expand is carried as it is", () => {
  expect(carryFlags("cutover compare", { config: "$&$1.yaml" }, ["compare"])).toBe(
    "cutover --config '$&$1.yaml' compare",
  );
});
