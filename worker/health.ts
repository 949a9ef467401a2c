/** Whether a worker is alive, and whether it may work: from what its tenure and its timer say. Pure. */
import { LIMITS } from "../src/limits.ts";

/** Times are monotonic milliseconds. */
export interface WorkerState {
  readonly now: number;
  /** Last turn of the timer that everything hangs on. */
  readonly tickedAt: number;
  /** Since the group is known to have heard of this worker; infinity while it moves. */
  readonly silence: number;
  readonly buckets: number;
  readonly sessionMs: number;
  readonly stopping: boolean;
}

/** A broker that is away is no reason for a restart: the client goes on trying. */
export function whyNotAlive({ now, tickedAt, stopping }: WorkerState): string[] {
  if (stopping || now - tickedAt <= LIMITS.eventLoopMs) return [];
  return [`the event loop has not turned for ${Math.round((now - tickedAt) / 1000)} s`];
}

/** A worker without a bucket is ready: there may be more workers than buckets. */
export function whyNotReady(state: WorkerState): string[] {
  const reasons = whyNotAlive(state);
  if (state.stopping) return [...reasons, "stopping"];
  if (state.silence === Number.POSITIVE_INFINITY) reasons.push("the group has not given this worker its buckets yet");
  else if (state.silence > state.sessionMs)
    reasons.push(`no heartbeat was answered for ${Math.round(state.silence / 1000)} s: nothing is sent`);
  return reasons;
}
