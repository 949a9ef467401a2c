/** One time limit for many exchanges, with one timer: each of 25,000 a second setting and clearing its own costs a core's twentieth. */

export interface Deadlines<T> {
  start(item: T): void;
  /** Forgets it; whether it was still running. */
  end(item: T): boolean;
}

/** `expire` is called once for an item that was not ended within `limitMs`. */
export function createDeadlines<T>(limitMs: number, expire: (item: T) => void): Deadlines<T> {
  // In order of their start, which with one limit is that of their ends.
  const running = new Map<T, number>();
  let timer: NodeJS.Timeout | undefined;

  const arm = (ms: number): void => {
    // Whoever waits for an answer holds its connection, which keeps the process alive.
    timer = setTimeout(look, ms).unref();
  };
  const look = (): void => {
    timer = undefined;
    const now = performance.now();
    for (const [item, startedAt] of running) {
      const left = startedAt + limitMs - now;
      if (left > 0) {
        arm(Math.ceil(left));
        return;
      }
      running.delete(item);
      expire(item);
    }
  };
  return {
    start(item) {
      running.set(item, performance.now());
      if (timer === undefined) arm(limitMs);
    },
    end: (item) => running.delete(item),
  };
}
