/** Bytes held at once. Who takes waits for room; who has bytes already (an answer that came) adds them. */
export interface Budget {
  readonly used: number;
  /** Waits until the bytes fit, or nothing else is held: one item larger than the budget still passes. */
  take(bytes: number): Promise<void>;
  add(bytes: number): void;
  free(bytes: number): void;
  /** Resolves while the budget is not used up. */
  room(): Promise<void>;
}

export function createBudget(limit: number): Budget {
  let used = 0;
  let waiting: (() => void)[] = [];
  const changed = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
  return {
    get used() {
      return used;
    },
    async take(bytes) {
      while (used > 0 && used + bytes > limit) await changed();
      used += bytes;
    },
    add(bytes) {
      used += bytes;
    },
    free(bytes) {
      used -= bytes;
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
    async room() {
      while (used >= limit) await changed();
    },
  };
}
