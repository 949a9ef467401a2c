/** Samples of the pairs of a group: the lowest by hash of the position, so that the union alone decides which. */
import type { Ranked } from "../accumulate/bottom.ts";
import { ANY, type GroupKey, NONE } from "../group-key.ts";

/** A finding of a sample, values cut. */
export interface Sampled extends Ranked {
  readonly id: string;
  /** JSON text of both sides; null when absent. */
  readonly legacy: string | null;
  readonly candidate: string | null;
  readonly delta: number | null;
  /** Other findings of the same pair. */
  readonly others: number;
}

/** What a sample holds at least, however many groups there are: as few as a group shows. */
export const SAMPLE_LEAST = 4;
/** Values that only look alike, and groups of several directions, tell less: a smaller sample does. */
const NARROW = 8;

/**
 * Items that a group keeps where a wide one keeps `keep`. A coarser group never keeps more than those it comes from: else
 * it would lack items that they had dropped.
 */
export function sampleLimit({ template, direction }: GroupKey, keep: number): number {
  return template === NONE && direction !== ANY ? keep : narrowLimit(keep);
}

export function narrowLimit(keep: number): number {
  return Math.min(keep, Math.max(SAMPLE_LEAST, Math.floor(keep / NARROW)));
}
