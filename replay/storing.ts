/** The logs of all open units and the bytes they hold, and when one is stored before it is full or old. */
import { type Budget, createBudget } from "./pace/budget.ts";
import type { CommitLog } from "./results/commits.ts";

export interface Storing {
  /** Answers that are not stored, and room reserved for those on their way. */
  readonly unsaved: Budget;
  readonly logs: Set<CommitLog>;
  flush(log: CommitLog): void;
  /** Stores the largest log when answers take more than half of the budget, or are all that a waiting try waits for. */
  relieve(): void;
}

export function createStoring(limit: number, reserved: () => number, fail: (error: unknown) => void): Storing {
  const unsaved = createBudget(limit);
  const logs = new Set<CommitLog>();
  const flush = (log: CommitLog): void => void log.flush().then(relieve, fail);
  const relieve = (): void => {
    const onTheirWay = reserved();
    const answers = unsaved.used - onTheirWay;
    const blocked = unsaved.waiting && onTheirWay === 0;
    if (answers <= limit / 2 && !blocked) return;
    const largest = [...logs].reduce<CommitLog | undefined>((a, b) => (a && a.bytes >= b.bytes ? a : b), undefined);
    if (largest && largest.bytes > 0) flush(largest);
  };
  return { unsaved, logs, flush, relieve };
}
