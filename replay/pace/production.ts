/**
 * Watches over a target that people depend on, and ends the call when it suffers: more than 1 % of the tries of the
 * last minute failed, or the p99 of the last minute's answers is twice that of the first hundred. A failure that the
 * legacy system gave to the same input is the input's, not ours. Nothing new is sent then, and nothing again.
 */
import { createHistogram, type Histogram } from "../../src/histogram.ts";
import type { Fate, Reply } from "../targets/target.ts";
import type { Ending } from "./caps.ts";

export interface Guard {
  note(reply: Pick<Reply, "fate" | "status">, legacyStatus: number, latencyMs: number, now: number): void;
  ending(): Ending | undefined;
}

const SUFFERS: ReadonlySet<Fate> = new Set([
  "throttled",
  "not_ready",
  "unavailable",
  "timeout",
  "connection",
  "refused",
  "bad_response",
  "model_fault",
]);

const MINUTE_MS = 60_000;
const SLOT_MS = 5_000;
const ERROR_SHARE = 0.01;
/** One error is chance. */
const MIN_ERRORS = 2;
/** Answers of the beginning, and of a minute before its p99 is judged; a slow minute is as long as these take. */
const MIN_ANSWERS = 100;
const P99_FACTOR = 2;
/** A p99 that doubles from one millisecond to two says nothing. */
const P99_MIN_MS = 10;

/** What came within a few seconds. */
interface Slot {
  readonly from: number;
  readonly latency: Histogram;
  tries: number;
  errors: number;
}

export function createGuard(): Guard {
  const beginning = createHistogram();
  let slots: Slot[] = [];
  let ended: Ending | undefined;

  const slotAt = (now: number): Slot => {
    const last = slots.at(-1);
    if (last && now - last.from < SLOT_MS) return last;
    const slot = { from: now, latency: createHistogram(), tries: 0, errors: 0 };
    slots.push(slot);
    // Judged once a slot: what follows reads all of it.
    ended ??= slower(beginning, slots);
    slots = recent(slots, now);
    return slot;
  };
  return {
    note({ fate, status }, legacyStatus, latencyMs, now) {
      const slot = slotAt(now);
      slot.tries++;
      if (!SUFFERS.has(fate) || status === legacyStatus) {
        if (beginning.count < MIN_ANSWERS) beginning.add(latencyMs);
        else slot.latency.add(latencyMs);
        return;
      }
      slot.errors++;
      ended ??= failing(slots.filter(({ from }) => now - from < MINUTE_MS));
    },
    ending: () => ended,
  };
}

/** Of the last minute, or as far back as a hundred answers reach. */
function recent(slots: readonly Slot[], now: number): Slot[] {
  let answers = 0;
  let first = slots.length;
  while (first > 0) {
    const slot = slots[first - 1] as Slot;
    if (now - slot.from >= MINUTE_MS && answers >= MIN_ANSWERS) break;
    answers += slot.latency.count;
    first--;
  }
  return slots.slice(first);
}

function failing(slots: readonly Slot[]): Ending | undefined {
  const errors = slots.reduce((sum, slot) => sum + slot.errors, 0);
  const tries = slots.reduce((sum, slot) => sum + slot.tries, 0);
  if (errors < MIN_ERRORS || errors <= tries * ERROR_SHARE) return undefined;
  const share = ((100 * errors) / tries).toFixed(1);
  return {
    reason: "production_errors",
    detail: `${errors} of ${tries} tries of the last minute failed (${share} %, more than 1 %)`,
    now: true,
  };
}

function slower(beginning: Histogram, slots: readonly Slot[]): Ending | undefined {
  const latest = createHistogram();
  for (const { latency } of slots) latest.merge(latency);
  const before = beginning.quantile(0.99);
  const after = latest.quantile(0.99);
  if (latest.count < MIN_ANSWERS || before === null || after === null) return undefined;
  if (after <= before * P99_FACTOR || after <= before + P99_MIN_MS) return undefined;
  return {
    reason: "production_latency",
    detail: `p99 of the last minute is ${after.toFixed(0)} ms, more than twice the ${before.toFixed(0)} ms of the beginning`,
    now: true,
  };
}
