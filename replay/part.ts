/** The part of a run that one process takes: some of its buckets, and their share of what is allowed in total. Pure. */
import type { TargetSettings } from "../src/config/schema.ts";
import { CutoverError } from "../src/errors.ts";
import type { Run } from "../src/lake/run.ts";
import type { Shard } from "./shard.ts";
import type { Endpoint } from "./targets/target.ts";
import { bucketOf } from "./unit.ts";

export interface Part {
  /** The run with the models of this part alone, and how many of their requests are planned. */
  readonly run: Run;
  /** Buckets of this part that hold an endpoint. */
  readonly buckets: ReadonlySet<number>;
  /** All buckets of the run that hold an endpoint, ascending: among them what is allowed in total is divided. */
  readonly all: readonly number[];
  /** Stands in the record of each call, so that a part counts only what its own calls have lost; null for a whole run. */
  readonly name: string | null;
}

export function partOfShard(run: Run, endpoints: ReadonlyMap<string, Endpoint>, shard: Shard | undefined): Part {
  if (shard === undefined || shard.count === 1) return partOf(run, endpoints, () => true, null);
  const owns = (bucket: number): boolean => bucket % shard.count === shard.index;
  return partOf(run, endpoints, owns, `${shard.index}/${shard.count}`);
}

export function partOf(
  run: Run,
  endpoints: ReadonlyMap<string, Endpoint>,
  owns: (bucket: number) => boolean,
  name: string | null,
): Part {
  const bucketOfModel = (model: string): number => bucketOf(endpoints.get(model) as Endpoint, run.buckets);
  const all = [...new Set(Object.keys(run.models).map(bucketOfModel))].sort((a, b) => a - b);
  const models = Object.fromEntries(Object.entries(run.models).filter(([model]) => owns(bucketOfModel(model))));
  const planned = Object.values(models).reduce((sum, n) => sum + n, 0);
  return { run: { ...run, models, planned }, buckets: new Set(all.filter(owns)), all, name };
}

/**
 * The settings with what is allowed in total divided evenly over the buckets of the run. What an endpoint allows is not
 * divided: all its requests are in one bucket. CONFIG when a bucket would get nothing.
 */
export function shareOf<T extends TargetSettings>(settings: T, target: string, part: Part): T {
  const { buckets, all } = part;
  if (buckets.size === all.length) return settings;
  checkShares(settings, target, part);
  const { concurrency, rate } = settings;
  return {
    ...settings,
    concurrency: { ...concurrency, total: shareOfTotal(concurrency.total, buckets, all) },
    rate: rate.total === undefined ? rate : { ...rate, total: (rate.total * buckets.size) / all.length },
  };
}

/** Before anything is asked of others. */
export function checkShares({ concurrency }: TargetSettings, target: string, { all }: Part): void {
  if (concurrency.total < all.length) {
    throw new CutoverError("CONFIG", "too few requests are allowed in total for so many buckets", {
      place: `targets.${target}.concurrency.total`,
      expected: `at least ${all.length}, one for each bucket`,
      received: `${concurrency.total}`,
      hint: "allow more in total, or pin the run anew in fewer buckets: --fresh --buckets N",
    });
  }
}

/** What is left of an uneven division goes to the first buckets, one each: the shares of all come to the total. */
export function shareOfTotal(total: number, buckets: ReadonlySet<number>, all: readonly number[]): number {
  const each = Math.floor(total / all.length);
  const rest = total % all.length;
  return all.reduce((sum, bucket, at) => (buckets.has(bucket) ? sum + each + (at < rest ? 1 : 0) : sum), 0);
}
