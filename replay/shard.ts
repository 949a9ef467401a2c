/** `--shard i/n`: which part of a run a process of an array job takes. Pure. */
import { CutoverError } from "../src/errors.ts";
import type { Run } from "../src/lake/run.ts";
import { LIMITS } from "../src/limits.ts";

/** Takes the buckets b with b mod `count` = `index`. */
export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Array schedulers, by what they tell their processes. Kubernetes tells only the index: the manifest adds the other. */
const SCHEDULERS = [
  { index: "JOB_COMPLETION_INDEX", count: "JOB_COMPLETIONS" },
  { index: "AWS_BATCH_JOB_ARRAY_INDEX", count: "AWS_BATCH_JOB_ARRAY_SIZE" },
] as const;

const EXPECTED = "I/N with 0 ≤ I < N, such as 0/4; or auto/N, the index then comes from the array scheduler";

/** The flag wins; without it the variables of an array scheduler; undefined when there is neither. USAGE when they make no sense. */
export function shardOf(flag: string | undefined, env: Env): Shard | undefined {
  const scheduler = SCHEDULERS.find(({ index }) => (env[index] ?? "") !== "");
  if (flag !== undefined) {
    const match = /^(auto|\d{1,4})\/(\d{1,4})$/.exec(flag);
    if (!match) throw unreadable("--shard", flag);
    if (match[1] !== "auto") return checked("--shard", flag, match[1], match[2]);
    if (!scheduler) {
      throw new CutoverError("USAGE", "--shard auto/N outside of an array job", {
        expected: SCHEDULERS.map(({ index }) => index).join(" or "),
        received: "neither is set",
        hint: "say the index: --shard 0/4",
      });
    }
    return checked(scheduler.index, `${env[scheduler.index]} of ${match[2]}`, env[scheduler.index], match[2]);
  }
  if (!scheduler) return undefined;
  const { index, count } = scheduler;
  // Each process of the array would else send the whole run, with the whole of the limits.
  if ((env[count] ?? "") === "") {
    throw new CutoverError("USAGE", `${index} is set, but not of how many`, {
      place: count,
      expected: "the number of shards",
      hint: `set ${count}, or say --shard auto/N; --shard 0/1 sends the whole run`,
    });
  }
  return checked(index, `${env[index]} of ${env[count]}`, env[index], env[count]);
}

function checked(place: string, received: string, index: string | undefined, count: string | undefined): Shard {
  const whole = /^\d{1,4}$/;
  const shard = { index: Number(index), count: Number(count) };
  if (!whole.test(index ?? "") || !whole.test(count ?? "") || shard.index >= shard.count)
    throw unreadable(place, received);
  if (shard.count > LIMITS.runBuckets) {
    throw new CutoverError("USAGE", "too many shards", {
      place,
      expected: `at most ${LIMITS.runBuckets}`,
      received,
    });
  }
  return shard;
}

function unreadable(place: string, received: string): CutoverError {
  return new CutoverError("USAGE", "not a shard", { place, expected: EXPECTED, received });
}

/** `--buckets`; undefined when it is not given. */
export function parseBuckets(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= LIMITS.runBuckets) return Number(text);
  throw new CutoverError("USAGE", "--buckets is not a number of buckets", {
    expected: `1 to ${LIMITS.runBuckets}`,
    received: text,
  });
}

/**
 * How many buckets a new run gets. As many as shards: more would divide no better, since buckets ≡ i mod n of a hash mod
 * a multiple of n are the hash mod n again, and each bucket reads every capture object once.
 */
export function bucketsFor(buckets: number | undefined, shard: Shard | undefined): number {
  return buckets ?? shard?.count ?? 1;
}

/** RUN_INVALID when the buckets that a run was pinned with are not those that are asked for now. */
export function checkBuckets(run: Run, buckets: number | undefined, shard: Shard | undefined): void {
  if (buckets !== undefined && buckets !== run.buckets) {
    throw new CutoverError("RUN_INVALID", `run ${run.run} was pinned with another number of buckets`, {
      expected: `${run.buckets}`,
      received: `${buckets}`,
      hint: "leave --buckets out, or pin anew with --fresh",
    });
  }
  if (shard !== undefined && shard.count > 1 && run.buckets === 1) {
    throw new CutoverError("RUN_INVALID", `run ${run.run} was pinned with one bucket, so it cannot be divided`, {
      expected: "more than one bucket",
      received: `--shard ${shard.index}/${shard.count}`,
      hint: `pin it anew in buckets: the same command with --fresh --buckets ${shard.count}, once and without --shard it also sends all`,
    });
  }
}
