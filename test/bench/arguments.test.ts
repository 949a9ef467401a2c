import { expect, test } from "vitest";
import { parseBenchArguments } from "../../bench/lib/arguments.ts";
import { type BenchOptions, choosePeers } from "../../bench/lib/stage.ts";

const full = { quick: false, rounds: 5, records: 1_000_000 };
const CASES: readonly (readonly [line: string, expected: object | string])[] = [
  ["capture", { stage: "capture", json: false, options: full }],
  ["replay --json", { stage: "replay", json: true, options: { ...full, records: 200_000 } }],
  ["compare --quick", { stage: "compare", json: false, options: { quick: true, rounds: 1, records: 5_000 } }],
  [
    "capture --quick --records 7 --rounds 2",
    { stage: "capture", json: false, options: { quick: true, rounds: 2, records: 7 } },
  ],
  [
    "capture --peers go-raw,pyarrow",
    { stage: "capture", json: false, options: { ...full, peers: ["go-raw", "pyarrow"] } },
  ],
  ["capture --only memory", { stage: "capture", json: false, options: { ...full, only: "memory" } }],
  ["capture --profile out", { stage: "capture", json: false, options: { ...full, profile: "out" } }],
  ["", "a stage is one of capture, replay, compare, not none"],
  ["gate", "a stage is one of capture, replay, compare, not gate"],
  ["capture replay", "one stage at a time, not also replay"],
  ["capture --rounds 0", "--rounds is a number from 1 on, not 0"],
  ["capture --records 1k", "--records is a number from 1 on, not 1k"],
  ["capture --only cpu", "--only is one of speed, memory, not cpu"],
];

test.each(CASES)("bench -- %s", (line, expected) => {
  expect(parseBenchArguments(line.split(" ").filter(Boolean))).toEqual(expected);
});

test("an unknown option is named", () => {
  expect(parseBenchArguments(["capture", "--fast"])).toMatch(/--fast/);
});

const options = (peers?: string[]): BenchOptions => ({
  ...full,
  ...(peers === undefined ? {} : { peers }),
  signal: new AbortController().signal,
  progress: () => {},
});

test("peers run in the bench's order, and an unknown one is named beside those there are", () => {
  expect(choosePeers(["a", "b", "c"], options())).toEqual(["a", "b", "c"]);
  expect(choosePeers(["a", "b", "c"], options(["c", "a"]))).toEqual(["a", "c"]);
  expect(() => choosePeers(["a", "b"], options(["b", "d"]))).toThrow("no peer d: there are a, b");
});
