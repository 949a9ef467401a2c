/** Bytes queued per endpoint, so that one endpoint cannot fill the budget. */
export interface Lanes {
  hasRoom(endpoint: string): boolean;
  /** Within the share, or the only one: one item larger than the share still passes. */
  fits(endpoint: string, bytes: number): boolean;
  take(endpoint: string, bytes: number): void;
  free(endpoint: string, bytes: number): void;
  /** Resolves when an endpoint has at least half of its share free again, or at `wake`. */
  changed(): Promise<void>;
  wake(): void;
}

export function createLanes(share: number): Lanes {
  const queued = new Map<string, number>();
  let waiting: (() => void)[] = [];
  const of = (endpoint: string): number => queued.get(endpoint) ?? 0;
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const resolve of woken) resolve();
  };
  return {
    hasRoom: (endpoint) => of(endpoint) < share,
    fits: (endpoint, bytes) => of(endpoint) === 0 || of(endpoint) + bytes <= share,
    take: (endpoint, bytes) => void queued.set(endpoint, of(endpoint) + bytes),
    free(endpoint, bytes) {
      const before = of(endpoint);
      queued.set(endpoint, before - bytes);
      if (before - bytes <= share / 2) wake();
    },
    changed: () => new Promise((resolve) => waiting.push(resolve)),
    wake,
  };
}
