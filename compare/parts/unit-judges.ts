/** The threads of a worker that judge: as many units at once as compare takes threads, since their memory is one budget. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { LIMITS } from "../../src/limits.ts";
import type { LogFields } from "../../src/log.ts";
import { neighbour } from "../../src/neighbour.ts";
import { fromPlain } from "./errors.ts";
import { threadsWithin } from "./thread-count.ts";
import type { FromUnitThread, ToUnitThread, UnitThreadData, UnitToJudge } from "./unit-thread.ts";

export interface UnitJudges {
  /**
   * Judges a unit, and writes its diffs and its part, as what `asked` names says. False when `mayWrite` said no before a write.
   * Errors are those of the unit; when its thread has ended, a plain Error, but for the end that `close` makes: then false.
   */
  judge(asked: string, data: () => UnitThreadData, unit: UnitToJudge, mayWrite: () => boolean): Promise<boolean>;
  close(): Promise<void>;
}

export function createUnitJudges(onWarning: (message: string, fields?: LogFields) => void): UnitJudges {
  const limit = Math.max(1, Math.min(availableParallelism(), LIMITS.compareThreads, threadsWithin()));
  const idle: UnitThread[] = [];
  const all = new Set<UnitThread>();
  const waiting: (() => void)[] = [];
  let taken = 0;
  let closing = false;
  const end = async (thread: UnitThread): Promise<void> => {
    all.delete(thread);
    await thread.worker.terminate();
  };
  const threadFor = async (asked: string, data: () => UnitThreadData): Promise<UnitThread> => {
    const at = idle.findIndex((thread) => thread.asked === asked);
    const [known] = at === -1 ? [] : idle.splice(at, 1);
    if (known) return known;
    // Its memory goes before that of the next comes.
    const other = all.size >= limit ? idle.shift() : undefined;
    if (other) await end(other);
    const started = startThread(asked, data(), onWarning);
    all.add(started);
    return started;
  };
  return {
    async judge(asked, data, unit, mayWrite) {
      if (taken >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
      else taken++;
      try {
        const thread = await threadFor(asked, data);
        try {
          return await thread.judge(unit, mayWrite);
        } catch (error) {
          if (closing) return false;
          throw error;
        } finally {
          if (thread.ended) await end(thread);
          else idle.push(thread);
        }
      } finally {
        // The place is handed on, so that nobody who comes now takes it from who waits.
        const next = waiting.shift();
        if (next) next();
        else taken--;
      }
    },
    async close() {
      closing = true;
      await Promise.all([...all].map(end));
    },
  };
}

interface UnitThread {
  readonly worker: Worker;
  readonly asked: string;
  readonly ended: boolean;
  judge(unit: UnitToJudge, mayWrite: () => boolean): Promise<boolean>;
}

function startThread(
  asked: string,
  data: UnitThreadData,
  onWarning: (message: string, fields?: LogFields) => void,
): UnitThread {
  const worker = new Worker(neighbour(import.meta.url, "unit-thread"), { workerData: data });
  const say = (message: ToUnitThread): void => worker.postMessage(message);
  let ended = false;
  let may = (): boolean => false;
  let now: { resolve(done: boolean): void; reject(error: unknown): void } | undefined;
  const lost = (error: unknown): void => {
    ended = true;
    now?.reject(error);
  };
  worker.on("message", (message: FromUnitThread) => {
    if (message.kind === "may") say({ kind: "may", yes: may() });
    else if (message.kind === "warn") onWarning(message.message, message.fields);
    else if (message.kind === "error") now?.reject(fromPlain(message.error));
    else now?.resolve(message.kind === "done");
  });
  worker.on("error", lost);
  worker.on("exit", (code) => lost(new Error(`a thread of compare has ended with code ${code}`)));
  return {
    worker,
    asked,
    get ended() {
      return ended;
    },
    judge(unit, mayWrite) {
      may = mayWrite;
      return new Promise((resolve, reject) => {
        now = { resolve, reject };
        say({ kind: "unit", ...unit });
      });
    },
  };
}
