/** One endpoint in the limiter: what waits for it, what is at work, and when it may go on. */
import { type Bucket, createBucket } from "./bucket.ts";
import type { EndpointPace } from "./endpoint.ts";
import { Queue } from "./queue.ts";

/** The place of one request. Between `leave` and `enter` it is not on the wire. */
export interface Slot {
  readonly pace: EndpointPace;
  /** False when it had left already. */
  leave(): boolean;
  /** Resolves when the next try may go, or at once when the lane is closed: look before you send. */
  enter(): Promise<void>;
}

/** Never rejects: what it finds wrong it keeps or tells elsewhere. It starts on the wire; without a slot it is dropped. */
export type Job = (slot: Slot | undefined) => Promise<void>;

export class Lane {
  /** Requests that have not begun, and those that come back from a wait between tries. */
  readonly jobs = new Queue<Job>();
  readonly returning = new Queue<(bytes: number | undefined) => void>();
  /** Requests that have begun and are not done. */
  atWork = 0;
  /** Tries on the wire. */
  onWire = 0;
  /** It stands in the ring, or waits for a time. */
  lined = false;
  /** Nothing is sent any more: the endpoint is parked, or the call ends. */
  closed = false;
  readonly pace: EndpointPace;
  readonly #perEndpoint: number;
  readonly #bucket: Bucket | undefined;

  constructor(pace: EndpointPace, perEndpoint: number, perSecond: number | undefined) {
    this.pace = pace;
    this.#perEndpoint = perEndpoint;
    this.#bucket = perSecond === undefined ? undefined : createBucket(perSecond);
  }

  /** What may go next as to places: those that come back first, as they hold a place already. */
  next(now: number): "returning" | "job" | undefined {
    if (this.returning.size === 0 && this.jobs.size === 0) return undefined;
    const limit = Math.min(this.pace.limit(now), this.#perEndpoint);
    if (this.returning.size > 0) return this.onWire < limit ? "returning" : undefined;
    return this.atWork < limit ? "job" : undefined;
  }

  /** Milliseconds until its rate and its breaker let one more go. */
  waitMs(now: number): number {
    return Math.max(this.#bucket?.waitMs(now) ?? 0, this.pace.opensAt - now, 0);
  }

  takeToken(now: number): void {
    this.#bucket?.take(now);
  }
}
