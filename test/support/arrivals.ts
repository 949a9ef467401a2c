/** A machine that is busy hands requests over late, several at once. */
const SLACK_MS = 250;

/**
 * What arrives within any window beyond what a rate allows: the burst, a tenth of a second's, and what the rate brings
 * in the time. Never above zero where the rate holds. Arrivals in monotonic milliseconds, in order.
 */
export function excess(arrivals: readonly number[], perSecond: number): number {
  const burst = Math.max(1, perSecond / 10);
  let most = Number.NEGATIVE_INFINITY;
  for (const [i, from] of arrivals.entries()) {
    for (let j = i; j < arrivals.length; j++) {
      const spanMs = (arrivals[j] as number) - from + SLACK_MS;
      most = Math.max(most, j - i + 1 - burst - (perSecond * spanMs) / 1_000);
    }
  }
  return most;
}
