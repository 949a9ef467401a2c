/** Time between heartbeats to the group: a member that is late too often, or too long, loses its partitions. */
import type { Clock } from "../../src/clock.ts";
import { LIMITS } from "../../src/limits.ts";
import type { Logger } from "../../src/log.ts";
import type { Metrics } from "../../src/metrics.ts";

/** Begins the warning; tests and operators look for it. */
export const HEARTBEAT_GAP = "heartbeat gap";

const HELD_UP = "this process was held up; give it more CPU or memory, or spread the partitions over more members";
const UNANSWERED = "the broker did not answer in time; look at the broker and at the way there";

export interface HeartbeatParts {
  readonly group: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export class HeartbeatWatch {
  readonly #parts: HeartbeatParts;
  /** Undefined while this process is no member: then none is due. */
  #beatAt: number | undefined;
  #tickedAt: number | undefined;
  #tickMs = Number.POSITIVE_INFINITY;
  #longest = 0;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
  }

  /** A membership has begun: joining is a sign of life itself. */
  joined(): void {
    this.#beatAt = this.#parts.clock.monotonic();
  }

  left(): void {
    this.#beatAt = undefined;
  }

  /** The broker has answered a heartbeat. */
  beat(): void {
    const now = this.#parts.clock.monotonic();
    // A thread that is held up is late with its ticks as well.
    const isHeldUp = this.#tickedAt !== undefined && now - this.#tickedAt > 2 * this.#tickMs;
    if (this.#beatAt !== undefined) this.#saw(this.#beatAt, now, isHeldUp ? HELD_UP : UNANSWERED);
    this.#beatAt = now;
  }

  /**
   * Sends the longest gap since the last call. A call that comes late tells of a thread that was held up, in which no
   * heartbeat could be sent either: after a long one there is none to measure by, for the member has been put out.
   */
  tick(everyMs: number): void {
    const now = this.#parts.clock.monotonic();
    if (this.#tickedAt !== undefined && this.#beatAt !== undefined && now - this.#tickedAt > 2 * everyMs)
      this.#saw(this.#tickedAt, now, HELD_UP);
    this.#tickedAt = now;
    this.#tickMs = everyMs;
    this.#parts.metrics.gauge("capture.heartbeat_gap_ms", Math.round(this.#longest));
    this.#longest = 0;
  }

  #saw(from: number, to: number, why: string): void {
    this.#longest = Math.max(this.#longest, to - from);
    // One stall shows as a late tick and as a late heartbeat.
    if (to - from <= LIMITS.heartbeatGapMs || from < this.#warnedAt) return;
    this.#warnedAt = to;
    const { log, group } = this.#parts;
    log.warn(
      `${HEARTBEAT_GAP} of ${((to - from) / 1000).toFixed(1)} s in the group ${group}: ${why}, before it loses its partitions`,
      { gapMs: Math.round(to - from) },
    );
  }
}
