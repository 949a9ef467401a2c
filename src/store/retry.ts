/** Tries again what failed in passing: exponential backoff with full jitter, bounded in tries and in waiting. */
import type { Clock } from "../clock.ts";
import { type CutoverError, isCutoverError } from "../errors.ts";

export interface RetryPolicy {
  /** Tries in all, the first included. */
  readonly attempts: number;
  /** Upper end of the first wait, in milliseconds; it doubles. */
  readonly baseMs: number;
  readonly maxMs: number;
  readonly clock: Pick<Clock, "sleep">;
  /** In [0, 1). */
  readonly random: () => number;
  /** Told of each try that failed and will be made again. */
  readonly onRetry?: (error: CutoverError, attempt: number) => void;
}

/** Calls until it succeeds, fails with an error that is not retryable, or tries are used up: then the last error. */
export async function withRetry<T>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  call: (attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await call(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      if (!isCutoverError(error) || !error.retryable || attempt >= policy.attempts) throw error;
      policy.onRetry?.(error, attempt);
    }
    const ceiling = Math.min(policy.maxMs, policy.baseMs * 2 ** (attempt - 1));
    await policy.clock.sleep(policy.random() * ceiling, signal);
  }
}
