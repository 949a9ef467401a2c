/**
 * The programs of a command target: so many at once, of a model and in all. One is kept as long as its place is not
 * needed; the least recently used makes room. A program that dies is started again for the next request that needs
 * it, after a wait that doubles while none of its answers is sound.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { LIMITS } from "../../src/limits.ts";
import type { Program } from "./command-program.ts";

export interface Taken {
  readonly key: string;
  readonly program: Program;
  /** Number of the request in this program. */
  readonly n: number;
  /** Started for this request. */
  readonly cold: boolean;
}

export interface Pool {
  /** A program of this kind that nobody else uses; waits for a place. Rejects once the pool is closed. */
  take(key: string, run: readonly string[]): Promise<Taken>;
  /** Gives it back; `sound` when it gave the answer it was asked for. */
  give(taken: Taken, sound: boolean): void;
  /** Ends all programs and waits until they are no more. */
  close(): Promise<void>;
}

interface Entry {
  readonly key: string;
  program: Program | undefined;
  busy: boolean;
  asked: number;
}

export function createPool(total: number, start: (run: readonly string[]) => Program): Pool {
  /** Least recently used first. */
  const entries: Entry[] = [];
  const failures = new Map<string, number>();
  const closed = new AbortController();
  let waiting: (() => void)[] = [];
  const changed = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const resolve of woken) resolve();
  };
  const remove = (entry: Entry): void => {
    const at = entries.indexOf(entry);
    if (at >= 0) entries.splice(at, 1);
    wake();
  };
  const killAll = (): void => {
    for (const { program } of entries) program?.kill();
  };
  // Also when this process is ended by a second Ctrl-C: a program that does not mind its stdin would stay.
  process.once("exit", killAll);

  const launch = async (key: string, run: readonly string[]): Promise<Taken> => {
    const entry: Entry = { key, program: undefined, busy: true, asked: 0 };
    entries.push(entry);
    try {
      const failed = failures.get(key) ?? 0;
      if (failed > 0) await sleep(restartWait(failed), undefined, { signal: closed.signal });
    } catch (error) {
      remove(entry);
      throw error;
    }
    const program = start(run);
    entry.program = program;
    void program.ended.then(() => remove(entry));
    return { key, program, n: ++entry.asked, cold: true };
  };
  return {
    async take(key, run) {
      for (;;) {
        closed.signal.throwIfAborted();
        const idle = entries.findLast((entry) => entry.key === key && !entry.busy && !entry.program?.gone);
        if (idle?.program) {
          idle.busy = true;
          entries.push(...entries.splice(entries.indexOf(idle), 1));
          return { key, program: idle.program, n: ++idle.asked, cold: false };
        }
        if (entries.length < total) return launch(key, run);
        const oldest = entries.find((entry) => !entry.busy);
        if (oldest) {
          oldest.busy = true;
          await oldest.program?.end();
        } else await changed();
      }
    },
    give({ key, program }, sound) {
      if (sound) failures.delete(key);
      else failures.set(key, (failures.get(key) ?? 0) + 1);
      // One that is gone keeps its place until it is no more.
      const entry = entries.find((one) => one.program === program);
      if (entry) entry.busy = program.gone;
      wake();
    },
    async close() {
      closed.abort();
      await Promise.all(entries.map(({ program }) => program?.end()));
      process.removeListener("exit", killAll);
    },
  };
}

/** Milliseconds before the start after so many failures in a row. */
export function restartWait(failures: number): number {
  return Math.min(100 * 2 ** Math.min(failures - 1, 20), LIMITS.commandRestartMs);
}
