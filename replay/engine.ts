/**
 * Moves a run: units are opened a few at a time, their rows read as far as the budget goes, sent as the limiter
 * allows, stored by commits. Memory is bounded by two budgets: a quarter of replayBufferBytes for inputs read ahead, and
 * half for answers not yet stored; while that one is used up nothing new is sent. The rest is for row groups being read.
 */
import { setMaxListeners } from "node:events";
import type { Clock } from "../src/clock.ts";
import type { Run } from "../src/lake/run.ts";
import type { ReplayedRecord } from "../src/record.ts";
import type { Store } from "../src/store/port.ts";
import { createBudget } from "./pace/budget.ts";
import { type Caps, type Ending, NO_CAPS } from "./pace/caps.ts";
import { createHealth, type Health, type Parked } from "./pace/health.ts";
import { createLanes } from "./pace/lanes.ts";
import { createLimiter, type Limiter, type Limits } from "./pace/limiter.ts";
import type { RetrySettings } from "./pace/retry.ts";
import type { Call } from "./results/calls.ts";
import type { CommitLimits, CommitLog } from "./results/commits.ts";
import type { Stored } from "./results/stored.ts";
import type { TallyRow } from "./results/tally.ts";
import type { Endpoint, Target } from "./targets/target.ts";
import type { UnitId } from "./unit.ts";
import { runUnit, type WorkContext } from "./work.ts";

export interface EngineLimits extends CommitLimits {
  readonly bufferBytes: number;
  readonly openUnits: number;
  /** Time after which an endpoint that refuses every connection is parked. */
  readonly silentMs: number;
}

export interface EngineOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: () => number;
  readonly run: Run;
  /** Units that are not complete. */
  readonly units: readonly UnitId[];
  readonly stored: Stored;
  readonly target: Target;
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly concurrency: Limits;
  readonly retry: RetrySettings;
  readonly limits: EngineLimits;
  readonly call: Call;
  /** Ends the call: nothing new is sent, what is in flight finishes and is stored. */
  readonly stop: AbortSignal;
  /** What ends the call before all is sent; nothing does by default. */
  readonly caps?: Caps;
  /** Asked right before each try; false ends the call as `stop` does. Of a worker: whether its bucket is still its own. */
  readonly mayTry?: () => boolean;
  readonly onResult: (record: ReplayedRecord) => void;
  readonly onStored: (rows: readonly TallyRow[], ours: boolean) => void;
  readonly onPark: (endpoint: string, parked: Parked) => void;
}

export interface Engine {
  /** Resolves when all is sent and stored, or stopped and stored; throws what the store throws. */
  run(): Promise<void>;
  /** Flushes what is old, and looks at the caps; to be called about once a second. */
  tick(): void;
  readonly health: Health;
  readonly limiter: Limiter;
  /** Why the call ended before all was sent; undefined when it did not, or was told to stop. */
  readonly ended: Ending | undefined;
}

export function createEngine(options: EngineOptions): Engine {
  const { limits, caps = NO_CAPS, mayTry = () => true } = options;
  const stopping = new AbortController();
  // Every request that waits between tries listens.
  setMaxListeners(0, stopping.signal);
  const stop = (): void => stopping.abort();
  if (options.stop.aborted) stop();
  else options.stop.addEventListener("abort", stop, { once: true });

  let fault: { readonly error: unknown } | undefined;
  let ended: Ending | undefined;
  const lanes = createLanes(options.endpoints.size > 1 ? limits.bufferBytes / 16 : limits.bufferBytes);
  stopping.signal.addEventListener("abort", lanes.wake, { once: true });
  const look = (): void => {
    ended ??= caps.ending();
    if (ended?.now) stopping.abort();
    else if (ended) lanes.wake();
  };
  const fail = (error: unknown): void => {
    fault ??= { error };
    stopping.abort();
  };
  const health = createHealth(limits.silentMs, options.onPark);
  const storing = createStoring(limits.bufferBytes, fail);
  const context: WorkContext = {
    ...options,
    ...storing,
    caps,
    health,
    lanes,
    look,
    fail,
    send: {
      ...options,
      health,
      stop: stopping.signal,
      mayTry() {
        if (!mayTry()) stopping.abort();
        return !stopping.signal.aborted;
      },
    },
    ending: () => stopping.signal.aborted || ended !== undefined,
    limiter: createLimiter(options.concurrency),
    inputs: createBudget(limits.bufferBytes / 4),
  };
  return {
    health,
    limiter: context.limiter,
    get ended() {
      return ended;
    },
    tick() {
      look();
      for (const log of storing.logs) if (log.isOld()) storing.flush(log);
    },
    async run() {
      const queue = options.units.values();
      const worker = async (): Promise<void> => {
        for (const id of queue) {
          if (context.ending()) return;
          await runUnit(context, id).catch(fail);
        }
      };
      await Promise.all(Array.from({ length: limits.openUnits }, worker));
      options.stop.removeEventListener("abort", stop);
      if (fault) throw fault.error;
    },
  };
}

/** The unsaved answers of all units, and when they are stored early. */
function createStoring(
  bufferBytes: number,
  fail: (error: unknown) => void,
): Pick<WorkContext, "unsaved" | "logs" | "flush" | "relieve"> {
  const unsaved = createBudget(bufferBytes / 2);
  const logs = new Set<CommitLog>();
  const flush = (log: CommitLog): void => void log.flush().then(relieve, fail);
  /** Above half of the budget the largest log is stored early. */
  const relieve = (): void => {
    if (unsaved.used <= bufferBytes / 4) return;
    const largest = [...logs].reduce<CommitLog | undefined>((a, b) => (a && a.bytes >= b.bytes ? a : b), undefined);
    if (largest && largest.bytes > 0) flush(largest);
  };
  return { unsaved, logs, flush, relieve };
}
