/** What is done after each try: a table and a pure function. */
import type { ReplayOutcome } from "../../src/record.ts";
import type { Fate } from "../targets/target.ts";

/** Why an endpoint is parked: its requests are skipped, not failed, so that a later call sends them. */
export type SkipReason =
  | "endpoint_missing"
  | "endpoint_denied"
  | "endpoint_unreachable"
  /** It failed all the time, or was not ready all the time that one request may wait. */
  | "endpoint_failing"
  | "endpoint_not_ready";

interface Policy {
  /** What is stored when no try follows; null: nothing is stored. */
  readonly outcome: ReplayOutcome | null;
  /** Tries at most, the first included; `attempts` is the setting. */
  readonly tries: number | "attempts" | "time";
  /** Parks the endpoint at once. */
  readonly park?: SkipReason;
  /** A further try takes from the retry budget. */
  readonly budgeted?: true;
}

/**
 * Waiting is what `throttled` and `not_ready` ask for, so time bounds them (`maxWait`), not the number of tries.
 * The budget is for failures: waiting costs the endpoint nothing.
 * A timeout has cost its whole time already: one more try. `refused` never reached the endpoint, so it is no
 * result of the request: it waits until the endpoint answers or is parked (health.ts).
 */
export const RETRY_TABLE: Readonly<Record<Fate, Policy>> = {
  ok: { outcome: "ok", tries: 1 },
  model_error: { outcome: "model_error", tries: 1 },
  model_fault: { outcome: "model_error", tries: 3, budgeted: true },
  rejected_input: { outcome: "rejected_input", tries: 1 },
  throttled: { outcome: "throttled", tries: "time" },
  not_ready: { outcome: "not_ready", tries: "time" },
  unavailable: { outcome: "unavailable", tries: "attempts", budgeted: true },
  timeout: { outcome: "timeout", tries: 2, budgeted: true },
  connection: { outcome: "connection", tries: "attempts", budgeted: true },
  refused: { outcome: "connection", tries: "time" },
  too_large: { outcome: "too_large", tries: 1 },
  bad_response: { outcome: "bad_response", tries: "attempts", budgeted: true },
  missing: { outcome: null, tries: 1, park: "endpoint_missing" },
  denied: { outcome: null, tries: 1, park: "endpoint_denied" },
};

export interface RetrySettings {
  /** Tries of one request, the first included. */
  readonly attempts: number;
  /** Longest time that one request spends waiting between tries, in milliseconds. */
  readonly maxWait: number;
  /** Upper end of the wait before the second try, in milliseconds; doubles. */
  readonly backoff: number;
}

export interface History {
  /** Tries so far, this one included. */
  readonly attempts: number;
  /** Milliseconds waited between tries so far. */
  readonly waitedMs: number;
}

export type Step =
  | { readonly do: "store"; readonly outcome: ReplayOutcome }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "park"; readonly reason: SkipReason };

/** A refused request outlives the time after which health.ts parks a silent endpoint, whatever maxWait says. */
const REFUSED_WAIT_MS = 120_000;
/** Longest single wait, before jitter. */
const WAIT_CAP_MS = 20_000;

/**
 * Full jitter: uniform between 0 and the doubled backoff, so that clients throttled together do not come back
 * together; at least what Retry-After asks. A wait that would pass maxWait is cut to what is left of it.
 */
export function nextStep(
  fate: Fate,
  history: History,
  settings: RetrySettings,
  retryAfterMs: number | null,
  random: () => number,
): Step {
  const policy = RETRY_TABLE[fate];
  if (policy.park !== undefined) return { do: "park", reason: policy.park };
  const outcome = policy.outcome as ReplayOutcome;
  const maxWait = fate === "refused" ? Math.max(settings.maxWait, REFUSED_WAIT_MS) : settings.maxWait;
  const left = maxWait - history.waitedMs;
  if (history.attempts >= triesOf(policy, settings) || left <= 0) return { do: "store", outcome };
  const ceiling = Math.min(settings.backoff * 2 ** Math.min(history.attempts - 1, 30), WAIT_CAP_MS);
  // At least a millisecond, so that a wait bounded by time alone always comes to an end.
  const wait = Math.max(1, Math.ceil(random() * ceiling), retryAfterMs ?? 0);
  return { do: "wait", ms: Math.min(wait, left) };
}

/** The step when the endpoint's retry budget has nothing left for it: the outcome stays what it was. */
export function withinBudget(step: Step, fate: Fate, take: () => boolean): Step {
  const { budgeted, outcome } = RETRY_TABLE[fate];
  if (step.do !== "wait" || !budgeted || outcome === null || take()) return step;
  return { do: "store", outcome };
}

function triesOf(policy: Policy, settings: RetrySettings): number {
  if (policy.tries === "time") return Number.POSITIVE_INFINITY;
  return policy.tries === "attempts" ? settings.attempts : Math.min(policy.tries, settings.attempts);
}
