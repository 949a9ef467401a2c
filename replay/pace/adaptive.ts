/**
 * How many tries an endpoint takes at once: found out, additive up and multiplicative down. It starts at one, grows
 * by one for each answer until the endpoint first objects, and afterwards by one for each round of answers. An endpoint
 * objects by throttling, by "unavailable", by a timeout, and by answers that take three times as long as they did, as long
 * as fewer tries make them quicker: where they do not, the time is not lost in the endpoint's queue (a busy machine of
 * our own), and asking less would only be slower. Pure over what it is told; stays within 1 and `most`.
 */
import type { Fate } from "../targets/target.ts";

export interface Adaptive {
  /** May be a fraction; its whole part is what may be on the wire. */
  readonly limit: number;
  note(fate: Fate, startedAt: number, now: number): void;
  /** Back to one, as when the endpoint was asleep. */
  restart(): void;
}

const OBJECTIONS: ReadonlySet<Fate> = new Set(["throttled", "unavailable", "timeout"]);
const ANSWERS: ReadonlySet<Fate> = new Set(["ok", "model_error", "model_fault", "rejected_input", "too_large"]);

const CUT = 0.5;
const SLOW_CUT = 0.8;
/** Answers in a window over which latency is averaged; a window is at least one round. */
const WINDOW_ANSWERS = 20;
/** Slow means: this many times the quickest window, and more than that longer in milliseconds: below, it is our own queue. */
const SLOW_FACTOR = 3;
const SLOW_MS = 100;
/** A cut has helped when it made answers quicker by this share. */
const HELPED = 0.9;
/** The quickest window is forgotten by this share a window, so that what stays slow becomes the measure. */
const FORGET = 1.01;

export function createAdaptive(most: number): Adaptive {
  let limit = 1;
  let doubling = true;
  /** Tries that began before the last cut say nothing about the limit since. */
  let cutAt = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let count = 0;
  let quickest = Number.POSITIVE_INFINITY;
  /** Mean of the window for which the limit was last cut, while it is still slow. */
  let slowMean = Number.POSITIVE_INFINITY;

  /** What is on the wire now was asked under the limit before. */
  const restartWindow = (now: number): void => {
    doubling = false;
    cutAt = now;
    sum = 0;
    count = 0;
  };
  const cut = (by: number, now: number): void => {
    limit = Math.max(1, limit * by);
    restartWindow(now);
  };
  /** At the end of a window: true when it was slow, and something was done about it. */
  const slow = (latencyMs: number, now: number): boolean => {
    sum += latencyMs;
    if (++count < Math.max(WINDOW_ANSWERS, Math.floor(limit))) return false;
    const mean = sum / count;
    sum = 0;
    count = 0;
    if (mean <= quickest * SLOW_FACTOR || mean <= quickest + SLOW_MS) {
      slowMean = Number.POSITIVE_INFINITY;
      quickest = Math.min(mean, quickest * FORGET);
      return false;
    }
    // While it doubled, the window was of several limits: look again at this one.
    if (doubling) restartWindow(now);
    else if (mean < slowMean * HELPED) {
      slowMean = mean;
      cut(SLOW_CUT, now);
    } else {
      quickest = mean;
      slowMean = Number.POSITIVE_INFINITY;
    }
    return true;
  };
  return {
    get limit() {
      return limit;
    },
    note(fate, startedAt, now) {
      if (startedAt < cutAt) return;
      if (OBJECTIONS.has(fate)) return cut(CUT, now);
      if (!ANSWERS.has(fate)) return;
      if (slow(now - startedAt, now)) return;
      if (limit < most) limit = Math.min(most, limit + (doubling ? 1 : 1 / limit));
    },
    restart() {
      limit = 1;
      doubling = true;
      sum = 0;
      count = 0;
    },
  };
}
