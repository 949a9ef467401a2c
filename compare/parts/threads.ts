/** The units of a comparison over the threads of one process: this one takes a share, and so does each of its crew. */
import type { Config } from "../../src/config/schema.ts";
import { createTurn, takeFrom } from "../../src/turn.ts";
import { RunTally } from "../accumulate/tally.ts";
import type { Problem } from "../summary.ts";
import type { Unit } from "../unit.ts";
import type { Crew, JudgeHandlers } from "./crew.ts";
import { decodeTally } from "./encoding.ts";
import { contextOf, type JudgeOrder, type JudgeTools, judgeShare, withoutFaults } from "./share.ts";
import type { ThreadData, ThreadShare } from "./thread.ts";

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
  readonly crew: Crew;
  /** Resident memory above which this process goes on with one thread; no bound by itself. */
  readonly restBytes?: number;
  readonly onUnit: (unit: Unit) => void;
  /** Called in any thread's name. */
  readonly onWarning: JudgeHandlers["onWarning"];
}

/** The first fault of any thread ends all, and is thrown once they have ended. */
export async function judgeOnThreads(options: ThreadsOptions): Promise<Judged> {
  const { order, units, crew, signal, onUnit, onWarning } = options;
  const turn = createTurn(units.map(sizeOf));
  const tally = new RunTally();
  const diffs = new Set<string>();
  const problems: Problem[] = [];
  let unreadable = 0;
  const take = (share: Omit<ThreadShare, "tally" | "stays">, parts: Iterable<RunTally>): void => {
    for (const part of parts) tally.merge(part);
    for (const key of share.diffs) diffs.add(key);
    problems.push(...share.problems);
    unreadable += share.unreadable;
  };
  const stopping = new AbortController();
  const stop = AbortSignal.any([signal, stopping.signal]);
  const done = (at: number): void => onUnit(units[at] as Unit);
  const others = crew.judge(threadData(options, turn), { onUnit: done, onWarning, signal: stop });
  const own = async (): Promise<void> => {
    const context = contextOf(order, { ...options, signal: stop });
    const share = await judgeShare(context, units, takeFrom(turn), done);
    take(share, [share.tally]);
  };
  let fault: { readonly error: unknown } | undefined;
  const failed = (error: unknown): void => {
    fault ??= { error };
    stopping.abort(error);
  };
  const taken = others.map(async (other) => {
    const share = await other;
    take(share, decoded(share.tally));
  });
  await Promise.all([own(), ...taken].map((share) => share.catch(failed)));
  signal.throwIfAborted();
  if (fault) throw fault.error;
  return { tally, diffs, problems, unreadable };
}

/** One after the other, as they are merged. */
function* decoded(pieces: ThreadShare["tally"]): Iterable<RunTally> {
  for (const piece of pieces) yield decodeTally(piece, "a thread's share");
}

/** Compressed bytes that are read for it. */
function sizeOf({ object, commits }: Unit): number {
  return object.bytes + commits.reduce((sum, { size }) => sum + size, 0);
}

function threadData(
  { order, config, store, units, restBytes = Number.POSITIVE_INFINITY }: ThreadsOptions,
  turn: ThreadData["turn"],
): ThreadData {
  return { order, config: withoutFaults(config), store: store.url, units, turn, restBytes };
}
