/**
 * Tries beyond the first, as a share of requests: when an endpoint fails more often than that, trying again only
 * adds to its load. Each request brings `share` of a further try, each further try takes one; what may be saved up is
 * bounded, so that a long healthy time does not pay for a storm. The first few are free: of ten requests two may
 * fail by chance.
 */
export interface RetryBudget {
  /** A request begins. */
  begin(): void;
  /** Takes a further try; false when there is none left. */
  take(): boolean;
}

const FREE = 10;
const SAVED_MAX = 100;

export function createRetryBudget(share: number): RetryBudget {
  let left = FREE;
  return {
    begin() {
      if (left < SAVED_MAX) left += share;
    },
    take() {
      if (left < 1) return false;
      left--;
      return true;
    },
  };
}
