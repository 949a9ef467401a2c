/** When a capture from Kafka is over. */

import type { CaptureSink, Until } from "../port.ts";
import type { LogEnd } from "./log-end.ts";
import type { Partitions } from "./partitions.ts";

export interface EndingParts {
  readonly until: Until;
  readonly end: LogEnd;
  readonly partitions: Partitions;
  readonly sink: CaptureSink;
  readonly onEnd: (reason: string) => void;
}

export class Ending {
  readonly #parts: EndingParts;
  #concluding = false;
  #quietMs: () => number;

  /** `quietMs`: milliseconds since the last message, or the last change of places. */
  constructor(parts: EndingParts, quietMs: () => number) {
    this.#parts = parts;
    this.#quietMs = quietMs;
  }

  /** Whenever a position has moved. */
  check(): void {
    const { until, partitions, end } = this.#parts;
    if (until.kind !== "end" || !this.#isAtEnd()) return;
    partitions.pauseAll();
    this.#conclude(() => this.#isAtEnd(), end.describe(partitions.all()));
  }

  /** Now and then. */
  tick(): void {
    const { until, partitions } = this.#parts;
    if (until.kind !== "idle") return;
    const isOver = (): boolean => partitions.ready && this.#quietMs() >= until.ms;
    if (isOver()) this.#conclude(isOver, `no message for ${Math.round(until.ms / 1000)} s`);
  }

  #isAtEnd(): boolean {
    const { partitions, end } = this.#parts;
    const owned = partitions.all();
    return partitions.ready && !owned.some(({ looking }) => looking) && end.reached(owned);
  }

  /**
   * Ends if it is still over once all is durable, and nobody's place has changed meanwhile: another writer may have
   * held a part, and what follows it is read again, perhaps to the end already, but not durable yet.
   */
  #conclude(isOver: () => boolean, reason: string): void {
    if (this.#concluding) return;
    this.#concluding = true;
    const { sink, partitions, onEnd } = this.#parts;
    const { changes } = partitions;
    // Never rejects: a store that fails aborts the capture by itself.
    void sink.flush().then(() => {
      this.#concluding = false;
      if (!isOver()) return;
      if (partitions.changes === changes) onEnd(reason);
      else this.#conclude(isOver, reason);
    });
  }
}
