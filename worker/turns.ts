/** At most so many at once; the others wait in the order in which they came. */
export interface Turns {
  /** Resolves when it is one's turn, or at the abort: `give` is called after it in either case. */
  take(stop: AbortSignal): Promise<void>;
  give(): void;
  readonly taken: number;
}

export function createTurns(limit: number): Turns {
  const waiting: (() => void)[] = [];
  let taken = 0;
  const wait = (stop: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const go = (): void => {
        stop.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        waiting.splice(waiting.indexOf(go), 1);
        resolve();
      };
      waiting.push(go);
      stop.addEventListener("abort", leave, { once: true });
    });
  return {
    async take(stop) {
      if (taken >= limit && !stop.aborted) await wait(stop);
      taken++;
    },
    give() {
      taken--;
      if (taken < limit) waiting.shift()?.();
    },
    get taken() {
      return taken;
    },
  };
}
