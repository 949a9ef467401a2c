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
  /** In the order in which they came; each is given its bytes when it is woken. */
  const taking: { readonly bytes: number; readonly wake: () => void }[] = [];
  let watching: (() => void)[] = [];
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
      return taking.length + watching.length > 0;
    },
    // Who comes later does not pass those that wait.
    tryTake: (bytes) => taking.length === 0 && tryTake(bytes),
    take(bytes) {
      if (taking.length === 0 && tryTake(bytes)) return Promise.resolve();
      return new Promise((wake) => taking.push({ bytes, wake }));
    },
    add(bytes) {
      used += bytes;
    },
    free(bytes) {
      used -= bytes;
      held--;
      for (let first = taking[0]; first && tryTake(first.bytes); first = taking[0]) {
        taking.shift();
        first.wake();
      }
      if (watching.length === 0) return;
      const woken = watching;
      watching = [];
      for (const wake of woken) wake();
    },
    onceFreed: (wake) => void watching.push(wake),
  };
}
