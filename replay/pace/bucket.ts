/**
 * A token bucket that makes who comes wait, and drops nothing. Kept as the time at which the bucket will be full
 * again, which is one number and loses nothing to rounding. In any window of w seconds at most burst + rate × w pass;
 * the burst is a tenth of a second's tokens, at least one.
 */
export interface Bucket {
  /** Milliseconds until there is a token; 0 when there is one now. */
  waitMs(now: number): number;
  take(now: number): void;
}

/** Tokens saved up at most. */
function burst(perSecond: number): number {
  return Math.max(perSecond / 10, 1);
}

/** Milliseconds in which so many are saved up. */
export function savedUpMs(perSecond: number): number {
  return (burst(perSecond) * 1_000) / perSecond;
}

export function createBucket(perSecond: number): Bucket {
  const intervalMs = 1_000 / perSecond;
  const toleranceMs = (burst(perSecond) - 1) * intervalMs;
  let fullAt = Number.NEGATIVE_INFINITY;
  return {
    waitMs: (now) => Math.max(0, fullAt - toleranceMs - now),
    take(now) {
      fullAt = Math.max(fullAt, now) + intervalMs;
    },
  };
}
