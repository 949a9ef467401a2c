/** The N lowest rows of each model by hash of the position, in one pass: a bounded heap a model, the worst on top. */
import { CutoverError } from "../../errors.ts";
import { LIMITS } from "../../limits.ts";
import type { RangeId } from "../keys.ts";
import { compareRank, type LimitMark } from "../selection.ts";

interface Kept {
  readonly rank: LimitMark;
  /** Which capture object the row stands in. */
  readonly object: number;
}

export interface Lowest {
  /** `hash` is that of the position; `object` says in which capture object it stands. The order of adding does not matter. */
  add(model: string, hash: number, range: RangeId, offset: bigint, object: number): void;
  /** Kept rows per model and per object, and a mark for each model of which rows were left out. */
  result(): { models: Map<string, number>; objects: Map<number, number>; limits: Record<string, LimitMark> };
}

export function createLowest(limit: number): Lowest {
  const heaps = new Map<string, Kept[]>();
  const overflowed = new Set<string>();
  let kept = 0;
  return {
    add(model, hash, { log, partition }, offset, object) {
      let heap = heaps.get(model);
      if (!heap) {
        heap = [];
        heaps.set(model, heap);
      }
      const top = heap[0];
      if (heap.length < limit) {
        if (++kept > LIMITS.planLimitRows) throw tooMany(limit);
        heap.push({ rank: { hash, log, partition, offset: offset.toString() }, object });
        rise(heap);
        return;
      }
      overflowed.add(model);
      if (!top || hash > top.rank.hash) return;
      const rank = { hash, log, partition, offset: offset.toString() };
      if (compareRank(rank, top.rank) > 0) return;
      heap[0] = { rank, object };
      sink(heap);
    },
    result() {
      const models = new Map<string, number>();
      const objects = new Map<number, number>();
      const limits: Record<string, LimitMark> = {};
      for (const [model, heap] of heaps) {
        models.set(model, heap.length);
        for (const { object } of heap) objects.set(object, (objects.get(object) ?? 0) + 1);
        if (overflowed.has(model) && heap[0]) limits[model] = heap[0].rank;
      }
      return { models, objects, limits };
    },
  };
}

function rise(heap: Kept[]): void {
  let at = heap.length - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!swapIfWorse(heap, parent, at)) return;
    at = parent;
  }
}

function sink(heap: Kept[]): void {
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    if (left >= heap.length) return;
    const right = left + 1;
    const worse = right < heap.length && isWorse(heap, right, left) ? right : left;
    if (!swapIfWorse(heap, at, worse)) return;
    at = worse;
  }
}

function isWorse(heap: readonly Kept[], a: number, b: number): boolean {
  return compareRank((heap[a] as Kept).rank, (heap[b] as Kept).rank) > 0;
}

function swapIfWorse(heap: Kept[], parent: number, child: number): boolean {
  if (!isWorse(heap, child, parent)) return false;
  [heap[parent], heap[child]] = [heap[child] as Kept, heap[parent] as Kept];
  return true;
}

function tooMany(limit: number): CutoverError {
  return new CutoverError("USAGE", "--limit keeps too many records", {
    expected: `at most ${LIMITS.planLimitRows} over all models`,
    received: `--limit ${limit}`,
    hint: "use --sample SHARE, or fewer models",
  });
}
