/**
 * Which endpoints are parked, and why. An endpoint that never could be reached is no result of any request: what
 * waits for it keeps waiting until it answers, or until it has been silent for `silentMs`, when it is parked and
 * its requests are skipped. Parking lasts for one call of replay; the next one tries again.
 */
import { setMaxListeners } from "node:events";
import type { Reply } from "../targets/target.ts";
import type { SkipReason } from "./retry.ts";

export interface Parked {
  readonly reason: SkipReason;
  readonly detail: string;
}

export interface Health {
  /** Notes one try; parks the endpoint when it was refused all the time for long enough. */
  note(endpoint: string, reply: Reply, now: number): void;
  park(endpoint: string, reason: SkipReason, detail: string): void;
  parked(endpoint: string): Parked | undefined;
  /** Aborts when the endpoint is parked or the call ends: what waits for its next try need not wait any longer. */
  signal(endpoint: string): AbortSignal;
  readonly all: ReadonlyMap<string, Parked>;
}

/** Fewer refusals are no evidence, however far apart. */
const MIN_REFUSALS = 5;

export function createHealth(
  silentMs: number,
  stop: AbortSignal,
  onPark: (endpoint: string, parked: Parked) => void,
): Health {
  const all = new Map<string, Parked>();
  const silent = new Map<string, { since: number; tries: number }>();
  const controllers = new Map<string, AbortController>();
  const controllerOf = (endpoint: string): AbortController => {
    let controller = controllers.get(endpoint);
    if (!controller) {
      controller = new AbortController();
      // Every request that waits between tries listens.
      setMaxListeners(0, controller.signal);
      if (stop.aborted) controller.abort();
      controllers.set(endpoint, controller);
    }
    return controller;
  };
  // One listener here, not one for each wait: signals joined by AbortSignal.any outlive the wait.
  stop.addEventListener("abort", () => {
    for (const controller of controllers.values()) controller.abort();
  });
  const park = (endpoint: string, reason: SkipReason, detail: string): void => {
    if (all.has(endpoint)) return;
    const parked = { reason, detail };
    all.set(endpoint, parked);
    controllerOf(endpoint).abort();
    onPark(endpoint, parked);
  };
  return {
    all,
    park,
    parked: (endpoint) => all.get(endpoint),
    signal: (endpoint) => controllerOf(endpoint).signal,
    note(endpoint, reply, now) {
      if (reply.fate !== "refused") {
        silent.delete(endpoint);
        return;
      }
      const streak = silent.get(endpoint) ?? { since: now, tries: 0 };
      streak.tries++;
      silent.set(endpoint, streak);
      if (streak.tries >= MIN_REFUSALS && now - streak.since >= silentMs) {
        park(endpoint, "endpoint_unreachable", `${reply.errorClass}: ${reply.errorDetail}`);
      }
    },
  };
}
