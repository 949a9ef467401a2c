/** A clock on which waiting takes no time: it moves on to the next sleeper once nothing else is to be done. */
import type { Clock } from "../../src/clock.ts";

export interface SimulatedClock extends Clock {
  /** Runs until `done`; throws when nobody sleeps any more and it is not. */
  runUntil(done: () => boolean): Promise<void>;
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

export function simulatedClock(): SimulatedClock {
  let now = 0;
  const sleepers = new Set<Sleeper>();
  return {
    now: () => now,
    monotonic: () => now,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const sleeper = { at: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener(
          "abort",
          () => {
            sleepers.delete(sleeper);
            reject(signal.reason);
          },
          { once: true },
        );
      });
    },
    async runUntil(done) {
      for (;;) {
        // All promises that are ready run before the next macrotask.
        await new Promise((resolve) => setImmediate(resolve));
        if (done()) return;
        let next: Sleeper | undefined;
        for (const sleeper of sleepers) if (!next || sleeper.at < next.at) next = sleeper;
        if (!next) throw new Error("everything waits, and for nothing");
        sleepers.delete(next);
        now = next.at;
        next.wake();
      }
    },
  };
}
