/** `runs --watch`: how fast runs move and when they will be done, from what their calls write to the store. */
import { readCalls } from "../src/lake/calls.ts";
import { replaysPrefix } from "../src/lake/keys.ts";
import { listRuns, type Run, readRun, readSkips } from "../src/lake/run.ts";
import { LIMITS } from "../src/limits.ts";
import type { Session } from "../src/session.ts";
import { count, duration } from "./report/figures.ts";
import { visible } from "./report/text.ts";
import { rowsOf } from "./runs.ts";

export interface WatchTuning {
  readonly everyMs: number;
  /** Time without any movement after which a run is taken for killed. */
  readonly stillMs: number;
}

export const WATCH_TUNING: WatchTuning = { everyMs: 1_000, stillMs: LIMITS.watchStillMs };

/** One look at a run. */
export interface Look {
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly stored: number;
  readonly sent: number;
  readonly parked: number;
  /** All calls have said that they came to their end, or nothing is left to do. */
  readonly over: boolean;
}

/** Resolves when no run moves any more, or the session is told to stop. Progress goes to stderr: a line that overwrites itself on a terminal, lines elsewhere. */
export async function watchRuns(session: Session, { everyMs, stillMs }: WatchTuning = WATCH_TUNING): Promise<void> {
  const { clock, log, signal } = session;
  const watched = new Map<string, Watched>();
  for (const id of await listRuns(session.store)) watched.set(id, await openRun(session, id));
  for (;;) {
    const lines: string[] = [];
    for (const one of watched.values()) {
      const look = await one.look();
      if (look.over) continue;
      if (clock.monotonic() - one.movedAt < stillMs) lines.push(progressOf(one.run, one.looks));
    }
    if (lines.length === 0 || signal.aborted) break;
    log.progress(lines.join("  |  "));
    const go = await clock.sleep(everyMs, signal).then(
      () => true,
      () => false,
    );
    if (!go) break;
  }
  await log.flush();
}

interface Watched {
  readonly run: Run;
  /** The latest, over about LIMITS.watchWindowMs. */
  readonly looks: readonly Look[];
  readonly movedAt: number;
  look(): Promise<Look>;
}

async function openRun({ store, clock, signal }: Session, id: string): Promise<Watched> {
  const run = await readRun(store, id);
  const rows = new Map<string, number>();
  const looks: Look[] = [];
  let movedAt = clock.monotonic();
  return {
    run,
    looks,
    get movedAt() {
      return movedAt;
    },
    async look() {
      // A commit never changes: of each only its footer is read, once.
      for await (const info of store.list(replaysPrefix(id), { signal })) {
        if (!rows.has(info.key)) rows.set(info.key, await rowsOf(store, info, signal));
      }
      const calls = await readCalls(store, id);
      const working = calls.filter(({ ended }) => ended !== true);
      const stored = sum(rows.values());
      const skipped = sum(Object.values((await readSkips(store, id)).models).flatMap((by) => Object.values(by)));
      const look: Look = {
        at: clock.monotonic(),
        stored,
        sent: sum(calls.map(({ sent }) => sent)),
        parked: sum(working.map(({ parked }) => parked ?? 0)),
        over: working.length === 0 || stored >= run.planned || (stored + skipped >= run.planned && skipped > 0),
      };
      const last = looks.at(-1);
      if (last && (last.stored !== look.stored || last.sent !== look.sent)) movedAt = look.at;
      looks.push(look);
      while (looks.length > 2 && look.at - (looks[0] as Look).at > LIMITS.watchWindowMs) looks.shift();
      return look;
    },
  };
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Pure. The rate is that of requests sent, over the looks: what is stored comes in lumps. */
export function progressOf(
  { run, target, planned }: Pick<Run, "run" | "target" | "planned">,
  looks: readonly Look[],
): string {
  const [first, last] = [looks[0], looks.at(-1)];
  if (!first || !last) return visible(run);
  const seconds = (last.at - first.at) / 1000;
  const perSecond = seconds > 0 ? (last.sent - first.sent) / seconds : 0;
  const left = Math.max(0, planned - last.stored);
  return [
    `${visible(run)} → ${visible(target.name)}: ${count(last.stored)} of ${count(planned)} stored`,
    `${count(Math.round(perSecond))}/s`,
    perSecond > 0 ? `${duration((left / perSecond) * 1000)} left` : "",
    last.parked > 0 ? `${count(last.parked)} parked` : "",
  ]
    .filter((part) => part !== "")
    .join(" · ");
}
