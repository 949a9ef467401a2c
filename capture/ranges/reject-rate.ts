/** Whether so many messages are rejected that the mapping must be wrong, early on and long after the start. */
import { LIMITS } from "../../src/limits.ts";

/**
 * Counts the latest messages, not all of them: a topic that goes bad after ten million good ones is seen as soon as
 * one that is bad from its first. Two counts of half the window each, so that nothing is kept per message.
 */
export class RejectWatch {
  readonly #allowed: number;
  #messages = 0;
  #rejected = 0;
  #messagesBefore = 0;
  #rejectedBefore = 0;

  /** `allowed`: the share of messages, `capture.maxRejectRate`. */
  constructor(allowed: number) {
    this.#allowed = allowed;
  }

  /** Messages in the window, and how many of them were rejected. */
  get messages(): number {
    return this.#messagesBefore + this.#messages;
  }

  get rejected(): number {
    return this.#rejectedBefore + this.#rejected;
  }

  /** Counts one message. True when the window holds more rejects than chance explains at the share allowed. */
  add(isRejected: boolean): boolean {
    if (this.#messages >= LIMITS.rejectRateWindow / 2) {
      this.#messagesBefore = this.#messages;
      this.#rejectedBefore = this.#rejected;
      this.#messages = 0;
      this.#rejected = 0;
    }
    this.#messages++;
    if (isRejected) this.#rejected++;
    return this.rejected > 0 && this.#isExceeded();
  }

  /** Four deviations above what is allowed: 2 of the first 100 are no evidence against a rate of 1 %. */
  #isExceeded(): boolean {
    if (this.messages < LIMITS.rejectRateMinMessages) return false;
    const expected = this.#allowed * this.messages;
    return this.rejected > expected + 4 * Math.sqrt(expected * (1 - this.#allowed));
  }
}
