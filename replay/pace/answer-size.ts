/**
 * How large the next answer of an endpoint is expected to be, so that its bytes are reserved before it is asked for.
 * Of an endpoint that has not answered yet nothing is known: until any has, an answer is taken to be as large as it may be
 * (half of that after each try without an answer, as waiting for the largest would hold back everything), afterwards
 * twice the largest expectation so far.
 */
export interface AnswerSizes {
  /** Of an endpoint nothing is known of. */
  readonly unknown: number;
  /** Notes an answer, or null for a try without one; returns the new expectation of its endpoint. */
  learn(expected: number | undefined, bytes: number | null): number | undefined;
}

/** Headers and objects, however small the answer. */
export const ANSWER_MIN_BYTES = 4 * 1024;
const UNKNOWN_MIN_BYTES = 256 * 1024;
/** A smaller answer lowers the expectation by this share of the difference. */
const FORGET = 1 / 16;

export function createAnswerSizes(maxResponse: number): AnswerSizes {
  let unknown = maxResponse;
  let largest: number | undefined;
  return {
    get unknown() {
      return unknown;
    },
    learn(expected, bytes) {
      if (bytes === null) {
        if (largest === undefined) unknown = Math.min(unknown, Math.max(UNKNOWN_MIN_BYTES, unknown / 2));
        return expected;
      }
      const size = Math.max(bytes, ANSWER_MIN_BYTES);
      const next = expected === undefined || size > expected ? size : expected - (expected - size) * FORGET;
      if (largest === undefined || next > largest) {
        largest = next;
        unknown = Math.min(maxResponse, Math.max(UNKNOWN_MIN_BYTES, 2 * largest));
      }
      return next;
    },
  };
}
