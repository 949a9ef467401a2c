/** Pairs of numbers of a group's sample, for the drawings of a report. Pure. */
import { LIMITS } from "../../src/limits.ts";
import type { Sampled } from "./samples.ts";
import { numberPair } from "./signatures/pairs.ts";

/** In order of the sample, so that the same groups give the same points; none where the group compares no numbers. */
export function pointsOf(sample: readonly Sampled[]): [legacy: number, candidate: number][] {
  return sample
    .flatMap((item): [number, number][] => {
      const pair = numberPair({ item, weight: 1 });
      return pair === null ? [] : [[pair.x, pair.y]];
    })
    .slice(0, LIMITS.pointsPerGroup);
}
