/** The place of a request in the limiter. */
import type { EndpointPace } from "./endpoint.ts";
import type { Lane, Slot } from "./lane.ts";

/** Of the limiter, what a place needs. */
export interface Places {
  /** A try of the lane is off the wire. */
  left(lane: Lane, bytes: number): void;
  /** Looks whether anything may go now. */
  goOn(lane: Lane): void;
}

/** A place that knows whether it is held, so that it is given back once. */
export class Place implements Slot {
  readonly #limiter: Places;
  readonly #lane: Lane;
  /** Bytes reserved while it is on the wire. */
  #held: number | undefined;

  constructor(limiter: Places, lane: Lane, bytes: number) {
    this.#limiter = limiter;
    this.#lane = lane;
    this.#held = bytes;
  }

  get pace(): EndpointPace {
    return this.#lane.pace;
  }

  leave(): boolean {
    const bytes = this.#held;
    if (bytes === undefined) return false;
    this.#held = undefined;
    this.#limiter.left(this.#lane, bytes);
    return true;
  }

  enter(): Promise<void> {
    if (this.#lane.closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#lane.returning.push((bytes) => {
        this.#held = bytes;
        resolve();
      });
      this.#limiter.goOn(this.#lane);
    });
  }
}
