import { expect, test } from "vitest";
import { pointsOf } from "../../../compare/triage/points.ts";
import { LIMITS } from "../../../src/limits.ts";
import { groupsOf } from "./sampled-pairs.ts";

test("points are the pairs of a group's numbers, at most so many, the same each time", async () => {
  const pairs = Array.from({ length: 200 }, (_, i) => [`${i + 1}`, `${i + 1.25}`] as const);
  const groups = await groupsOf(pairs, [{ path: "$.v", type: "number", atol: 0.1, rtol: 0 }]);
  const points = groups.map(({ sample }) => pointsOf(sample));
  expect(Math.max(...points.map((of) => of.length))).toBe(LIMITS.pointsPerGroup);
  for (const [legacy, candidate] of points.flat()) expect(candidate - legacy).toBe(0.25);
  const again = await groupsOf(pairs, [{ path: "$.v", type: "number", atol: 0.1, rtol: 0 }]);
  expect(again.map(({ sample }) => pointsOf(sample))).toEqual(points);
});

test("texts, absent values and what is no number have no points", async () => {
  const groups = await groupsOf([
    ['"a"', '"b"'],
    ["true", "false"],
    ["null", "1"],
    ['"1"', "1"],
  ]);
  expect(groups.length).toBeGreaterThan(0);
  expect(groups.flatMap(({ sample }) => pointsOf(sample))).toEqual([]);
});
