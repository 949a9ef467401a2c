/** Bytes held at once. Who takes waits for room; who has bytes already (an answer that came) adds them. */
export interface Budget {
  readonly used: number;
  /** Somebody waits for bytes. */
  readonly waiting: boolean;
  /** Takes the bytes when they fit, or nothing else is held: one item larger than the budget still passes. */
  tryTake(bytes: number): boolean;
  /** Waits until `tryTake` does. */
  take(bytes: number): Promise<void>;
  add(bytes: number): void;
  free(bytes: number): void;
  /** Calls once, when bytes are freed. */
  onceFreed(wake: () => void): void;
}

/** `items` bounds also how many takes are held that were not freed. */
export function createBudget(limit: number, items = Number.POSITIVE_INFINITY): Budget {
  let used = 0;
  let held = 0;
  let waiting: (() => void)[] = [];
  const tryTake = (bytes: number): boolean => {
    if ((used > 0 && used + bytes > limit) || held >= items) return false;
    used += bytes;
    held++;
    return true;
  };
  return {
    get used() {
      return used;
    },
    get waiting() {
      return waiting.length > 0;
    },
    tryTake,
    async take(bytes) {
      while (!tryTake(bytes)) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    add(bytes) {
      used += bytes;
    },
    free(bytes) {
      used -= bytes;
      held--;
      if (waiting.length === 0) return;
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
    onceFreed: (wake) => void waiting.push(wake),
  };
}
