/** Bounds the lines of one kind: a storm of the same warning is written a few times, then summed. */
import type { Clock } from "./clock.ts";
import { LIMITS } from "./limits.ts";

export interface Held<Kind> {
  readonly kind: Kind;
  readonly message: string;
  readonly count: number;
}

export interface StormGuard<Kind> {
  /** Whether the line may be written; otherwise it is counted. Lines that differ in digits alone are of one kind. */
  admits(kind: Kind, message: string): boolean;
  /** Takes what was counted in windows that are over, or in all of them. */
  take(all: boolean): Held<Kind>[];
}

export function createStormGuard<Kind>(clock: Pick<Clock, "monotonic">): StormGuard<Kind> {
  const windows = new Map<string, { kind: Kind; message: string; since: number; written: number; held: number }>();
  return {
    admits(kind, message) {
      const key = `${kind} ${message.replace(/\d+/g, "0")}`;
      const now = clock.monotonic();
      const open = windows.get(key);
      if (open && now - open.since < LIMITS.logWindowMs) {
        if (open.written >= LIMITS.logBurst) open.held++;
        else open.written++;
        return open.held === 0;
      }
      // The oldest window goes; one that counts has been taken by then, for every line takes what is over.
      if (windows.size >= LIMITS.logKinds) windows.delete(windows.keys().next().value as string);
      windows.delete(key);
      windows.set(key, { kind, message, since: now, written: 1, held: 0 });
      return true;
    },
    take(all) {
      const now = clock.monotonic();
      const found: Held<Kind>[] = [];
      for (const [key, { kind, message, since, held }] of windows) {
        // In order of their beginning.
        if (!all && now - since < LIMITS.logWindowMs) break;
        windows.delete(key);
        if (held > 0) found.push({ kind, message, count: held });
      }
      return found;
    },
  };
}
