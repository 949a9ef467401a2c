/** Bottom-k samples by hash of the position: the same rows whatever the order of work. */
import { compareRank, type LimitMark } from "../../src/lake/selection.ts";

export interface Ranked {
  readonly rank: LimitMark;
  /** Decides between two items of one position. */
  readonly path: string;
}

/** Keeps the `limit` lowest ranks in `sample`, ascending; at most one item a position, that of the lower path. */
export function keepLowest<T extends Ranked>(sample: T[], item: T, limit: number): void {
  let at = sample.length;
  while (at > 0) {
    const other = sample[at - 1] as T;
    const order = compareRank(other.rank, item.rank);
    if (order === 0) {
      if (item.path < other.path) sample[at - 1] = item;
      return;
    }
    if (order < 0) break;
    at--;
  }
  if (at >= limit) return;
  sample.splice(at, 0, item);
  if (sample.length > limit) sample.pop();
}

/** Whether an item of this rank would stay: asked before the item is built. */
export function wouldKeep(sample: readonly Ranked[], rank: LimitMark, limit: number): boolean {
  const last = sample[sample.length - 1];
  return sample.length < limit || last === undefined || compareRank(rank, last.rank) <= 0;
}
