/** The units of a comparison over the threads of one process: this one takes a share, and so does each that it starts. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Config } from "../../src/config/schema.ts";
import { LIMITS } from "../../src/limits.ts";
import type { LogFields } from "../../src/log.ts";
import { RunTally } from "../accumulate/tally.ts";
import type { Problem } from "../summary.ts";
import type { Unit } from "../unit.ts";
import { decodeTally } from "./encoding.ts";
import { fromPlain } from "./errors.ts";
import { contextOf, type JudgeOrder, type JudgeTools, judgeShare, withoutFaults } from "./share.ts";
import type { FromThread, ThreadData, ToThread } from "./thread.ts";
import { createTurn, type Turn, takeFrom } from "./turn.ts";

export interface Judged {
  readonly tally: RunTally;
  readonly diffs: ReadonlySet<string>;
  /** In any order: the summary puts them in one. */
  readonly problems: readonly Problem[];
  readonly unreadable: number;
}

export interface ThreadsOptions extends JudgeTools {
  readonly order: JudgeOrder;
  readonly config: Config;
  readonly units: readonly Unit[];
  /** This one included. */
  readonly threads: number;
  /** Resident memory above which this process goes on with one thread; no bound by itself. */
  readonly restBytes?: number;
  readonly onUnit: (unit: Unit) => void;
  /** Called in any thread's name. */
  readonly onWarning: (message: string, fields?: LogFields) => void;
}

/**
 * How many threads a comparison takes when nobody says: two where there are two processors, since the memory of each is
 * part of one budget; one where the whole is done sooner than another has begun.
 */
export function threadsFor(units: readonly Unit[], asked?: number): number {
  const size = units.reduce((sum, unit) => sum + sizeOf(unit), 0);
  const wanted =
    asked ?? (size < LIMITS.compareInlineBytes ? 1 : Math.min(availableParallelism(), LIMITS.compareThreads));
  return Math.max(1, Math.min(wanted, units.length));
}

/** The first fault of any thread ends all, and is thrown once they have ended. */
export async function judgeOnThreads(options: ThreadsOptions): Promise<Judged> {
  const { order, units, threads, signal, onUnit } = options;
  const turn = createTurn(units.map(sizeOf));
  const tally = new RunTally();
  const diffs = new Set<string>();
  const problems: Problem[] = [];
  let unreadable = 0;
  const take = (share: Omit<Extract<FromThread, { kind: "share" }>, "kind" | "tally">, part: RunTally): void => {
    tally.merge(part);
    for (const key of share.diffs) diffs.add(key);
    problems.push(...share.problems);
    unreadable += share.unreadable;
  };
  const stopping = new AbortController();
  const stop = AbortSignal.any([signal, stopping.signal]);
  const others = Array.from({ length: threads - 1 }, async () => {
    const share = await runThread(options, turn, stop);
    take(share, decodeTally(share.tally, "a thread's share"));
  });
  const own = async (): Promise<void> => {
    const context = contextOf(order, { ...options, signal: stop });
    const share = await judgeShare(context, units, takeFrom(turn), (at) => onUnit(units[at] as Unit));
    take(share, share.tally);
  };
  let fault: { readonly error: unknown } | undefined;
  const failed = (error: unknown): void => {
    fault ??= { error };
    stopping.abort(error);
  };
  await Promise.all([own(), ...others].map((share) => share.catch(failed)));
  signal.throwIfAborted();
  if (fault) throw fault.error;
  return { tally, diffs, problems, unreadable };
}

/** Compressed bytes that are read for it. */
function sizeOf({ object, commits }: Unit): number {
  return object.bytes + commits.reduce((sum, { size }) => sum + size, 0);
}

function runThread(
  { order, config, store, units, restBytes = Number.POSITIVE_INFINITY, onUnit, onWarning }: ThreadsOptions,
  turn: Turn,
  stop: AbortSignal,
): Promise<Extract<FromThread, { kind: "share" }>> {
  // Built, this file and its neighbour end in .js.
  const file = new URL(`./start-thread${import.meta.url.slice(import.meta.url.lastIndexOf("."))}`, import.meta.url);
  const data: ThreadData = { order, config: withoutFaults(config), store: store.url, units, turn, restBytes };
  return new Promise((resolve, reject) => {
    const worker = new Worker(file, { workerData: data });
    let share: Extract<FromThread, { kind: "share" }> | undefined;
    const end = (): void => worker.postMessage("stop" satisfies ToThread);
    stop.addEventListener("abort", end, { once: true });
    if (stop.aborted) end();
    worker.on("message", (message: FromThread) => {
      if (message.kind === "unit") onUnit(units[message.unit] as Unit);
      else if (message.kind === "warn") onWarning(message.message, message.fields);
      else if (message.kind === "share") share = message;
      else reject(fromPlain(message.error));
    });
    worker.on("error", reject);
    worker.on("exit", (code) => {
      stop.removeEventListener("abort", end);
      // Not before: its heap is gone when the tally is unpacked.
      if (share && code === 0) resolve(share);
      else reject(new Error(`a thread of compare has ended with code ${code}`));
    });
  });
}
