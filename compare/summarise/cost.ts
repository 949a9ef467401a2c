/** What the candidate's answers cost, from the price of its target. */
import type { ModelTally } from "../accumulate/tally.ts";

/** As `targets.<name>.price` says it. */
export interface Price {
  readonly perRequest: number;
  readonly gbSecond: number;
  readonly memoryGb: number;
}

const US_PER_SECOND = 1e6;

/** Of 1,000 calls like those answered; null without a price or an answer. */
export function costPer1000(counts: ModelTally, price: Price | undefined): number | null {
  const calls = counts.candidateLatency.count + counts.coldLatency.count;
  if (price === undefined || calls === 0) return null;
  const seconds = counts.candidateUs / US_PER_SECOND / calls;
  return 1000 * (price.perRequest + price.gbSecond * price.memoryGb * seconds);
}
