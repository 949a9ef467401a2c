/**
 * The breaker of one endpoint. Twenty failing tries in a row, without anything that shows it alive between them,
 * open it: nothing is sent for a while, then a single try; an answer closes it, another failure opens it for twice
 * as long. An endpoint that has failed for `brokenMs` all along is broken, and is parked for the rest of the call: its
 * requests are skipped, as one failure measured says nothing of them. Pure over what it is told.
 */
import type { Fate } from "../targets/target.ts";

export interface Breaker {
  /** Before this time nothing is to be sent. */
  readonly opensAt: number;
  /** True from the first opening until an answer: one try at a time. */
  readonly tripped: boolean;
  /** True once it is broken. */
  note(fate: Fate, now: number): boolean;
}

/** A model's own 5xx is an answer, and `refused` has its own clock (health.ts). */
export const FAILING: ReadonlySet<Fate> = new Set(["unavailable", "timeout", "connection", "bad_response"]);

/** A full round of tries at the default concurrency. */
const TRIP_FAILURES = 20;
const MIN_PROBES = 3;
/** Shares of `brokenMs`: the first pause, and the longest. */
const FIRST_PAUSE = 1 / 60;
const LONGEST_PAUSE = 1 / 4;

export function createBreaker(brokenMs: number): Breaker {
  let failures = 0;
  let since = 0;
  let probes = 0;
  let opensAt = Number.NEGATIVE_INFINITY;
  let tripped = false;
  return {
    get opensAt() {
      return opensAt;
    },
    get tripped() {
      return tripped;
    },
    note(fate, now) {
      if (fate === "refused") return false;
      if (!FAILING.has(fate)) {
        failures = 0;
        probes = 0;
        tripped = false;
        opensAt = Number.NEGATIVE_INFINITY;
        return false;
      }
      if (failures++ === 0) since = now;
      if (failures < TRIP_FAILURES) return false;
      // What was on the wire when it tripped comes back while it is open: that was no probe.
      if (tripped && now < opensAt) return false;
      if (tripped) probes++;
      tripped = true;
      opensAt = now + brokenMs * Math.min(FIRST_PAUSE * 2 ** Math.min(probes, 30), LONGEST_PAUSE);
      return probes >= MIN_PROBES && now - since >= brokenMs;
    },
  };
}
