/** One wake-up at the earliest of the times asked for: a timer for the limiter, not one for each request. */
import type { Clock } from "../../src/clock.ts";

export interface Alarm {
  at(time: number): void;
  cancel(): void;
}

export function createAlarm(clock: Clock, wake: () => void): Alarm {
  let due = Number.POSITIVE_INFINITY;
  let timer = new AbortController();
  return {
    at(time) {
      if (time >= due) return;
      timer.abort();
      timer = new AbortController();
      due = time;
      // Timers count whole milliseconds, and one that fires early is set again.
      clock.sleep(Math.max(1, Math.ceil(time - clock.monotonic())), timer.signal).then(
        () => {
          if (due !== time) return;
          due = Number.POSITIVE_INFINITY;
          wake();
        },
        () => {},
      );
    },
    cancel() {
      due = Number.POSITIVE_INFINITY;
      timer.abort();
    },
  };
}
