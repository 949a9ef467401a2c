/**
 * Moves a run: units are opened a few at a time, their rows read as far as the budget goes, sent as the limiter
 * allows, stored by commits. Memory is bounded by two budgets: a quarter of replayBufferBytes for inputs read ahead, and
 * half for answers on their way (by what is expected of the endpoint) or not yet stored: a try for whose answer there is
 * no room waits. The rest is for row groups being read.
 */
import type { Clock } from "../src/clock.ts";
import type { Run } from "../src/lake/run.ts";
import type { InLayers } from "../src/lake/sequence.ts";
import { LIMITS } from "../src/limits.ts";
import type { ReplayedRecord } from "../src/record.ts";
import type { Store } from "../src/store/port.ts";
import { createAnswerSizes } from "./pace/answer-size.ts";
import { createBudget } from "./pace/budget.ts";
import { type Caps, type Ending, NO_CAPS } from "./pace/caps.ts";
import { createEnd } from "./pace/end.ts";
import { EndpointPace } from "./pace/endpoint.ts";
import { createHealth, type Health, type Parked } from "./pace/health.ts";
import { createLanes } from "./pace/lanes.ts";
import { createLimiter, type Limiter, type Limits, type Rate } from "./pace/limiter.ts";
import { createGuard } from "./pace/production.ts";
import type { RetrySettings } from "./pace/retry.ts";
import { createReading } from "./reading.ts";
import type { Call } from "./results/calls.ts";
import type { CommitLimits } from "./results/commits.ts";
import type { Stored } from "./results/stored.ts";
import type { TallyRow } from "./results/tally.ts";
import type { SendContext } from "./send.ts";
import { createStoring } from "./storing.ts";
import type { Endpoint, Target } from "./targets/target.ts";
import type { UnitId } from "./unit.ts";
import { createMemory, runUnit, type WorkContext } from "./work.ts";

export interface EngineLimits extends CommitLimits {
  readonly bufferBytes: number;
  readonly openUnits: number;
  /** Time after which an endpoint that refuses every connection is parked. */
  readonly silentMs: number;
  /** Time after which an endpoint that only fails is parked. */
  readonly brokenMs?: number;
}

export interface ConcurrencySettings extends Limits {
  readonly adaptive: boolean;
  /** Milliseconds over which the places of an endpoint grow from one to all. */
  readonly rampUp: number;
}

export interface EngineOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: () => number;
  readonly run: Run;
  /** Units that are not complete. */
  readonly units: readonly UnitId[];
  readonly stored: Stored;
  /** Of a sequential run: the records to send now; all that have no result when absent. */
  readonly layers?: InLayers | undefined;
  readonly target: Target;
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly concurrency: ConcurrencySettings;
  readonly rate?: Rate | undefined;
  /** Identical requests of a unit are sent once. */
  readonly dedupe?: boolean;
  /** Largest answer, in bytes. */
  readonly maxResponse: number;
  readonly retry: RetrySettings & {
    /** Share of requests that may be tried again after a failure. */
    readonly budget: number;
  };
  readonly limits: EngineLimits;
  readonly call: Call;
  /** Ends the call: nothing new is sent, what is in flight finishes and is stored. */
  readonly stop: AbortSignal;
  /** What ends the call before all is sent; nothing does by default. */
  readonly caps?: Caps;
  /** People depend on the target: the call ends when it suffers. */
  readonly production?: boolean;
  /** Asked right before each try; false ends the call as `stop` does. Of a worker: whether its bucket is still its own. */
  readonly mayTry?: () => boolean;
  /**
   * Asked once more at the last moment before the bytes of a try leave, by targets that can: a process may have been
   * stopped since, or waited for a connection. False: it is not sent, as if it had never begun.
   */
  readonly mayWrite?: () => boolean;
  readonly onResult: (record: ReplayedRecord, legacyMs: number | null) => void;
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
  /** Further tries that the retry budget did not allow: their outcome was stored as it was. */
  readonly overBudget: number;
}

export function createEngine(options: EngineOptions): Engine {
  const { limits, endpoints, caps = NO_CAPS, mayTry = () => true } = options;
  const inputBytes = limits.bufferBytes / 4;
  // All shares together are the budget: inputs of endpoints that wait never keep out those of the others.
  const lanes = createLanes(endpoints.size > 1 ? inputBytes / endpoints.size : limits.bufferBytes);
  const guard = options.production ? createGuard() : undefined;
  const end = createEnd(options.stop, guard ? [caps, guard] : [caps]);
  const storing = createStoring(limits.bufferBytes / 2, () => limiter.reserved, end.fail);
  const limiter = createLimiter({
    clock: options.clock,
    limits: options.concurrency,
    rate: options.rate,
    paceOf: pacing(options),
    memory: storing.unsaved,
    onBlocked: storing.relieve,
  });
  const health = createHealth(limits.silentMs, end.signal, (endpoint, parked) => {
    limiter.release(endpoint);
    options.onPark(endpoint, parked);
  });
  end.on((now) => {
    if (now) limiter.release();
    else limiter.drop();
    lanes.wake();
  });
  let overBudget = 0;
  const send: SendContext = {
    ...options,
    health,
    onTry:
      guard &&
      ((reply, { legacyStatus }, latencyMs, now) => {
        guard.note(reply, legacyStatus, latencyMs, now);
        end.look();
      }),
    mayTry() {
      if (!mayTry()) end.stop();
      return !end.signal.aborted;
    },
    onOverBudget() {
      overBudget++;
      return false;
    },
  };
  // Of several endpoints each needs rows ahead of its own; of one, more rows only grow old in memory.
  const rowsAhead = Math.max(LIMITS.replayRowsAhead, 2 * options.concurrency.total);
  const inputs = createBudget(inputBytes, endpoints.size > 1 ? undefined : rowsAhead);
  const context: WorkContext = { ...options, ...storing, caps, health, lanes, end, limiter, send, inputs };
  return {
    health,
    limiter,
    get ended() {
      return end.ended;
    },
    get overBudget() {
      return overBudget;
    },
    tick() {
      end.look();
      for (const log of storing.logs) if (log.isOld()) storing.flush(log);
    },
    run: () => runUnits(context, options.units.values(), limits.openUnits),
  };
}

/** A few units at a time, in turn. */
async function runUnits(context: WorkContext, units: Iterator<UnitId>, atOnce: number): Promise<void> {
  const { end, endpoints } = context;
  // Of several endpoints some rest while others work; of one, a single row group in memory keeps it busy.
  const shared = endpoints.size > 1 ? undefined : createReading();
  const worker = async (): Promise<void> => {
    const memory = createMemory(shared ?? createReading());
    for (let next = units.next(); !next.done && !end.reached(); next = units.next()) {
      await runUnit(context, next.value, memory).catch(end.fail);
    }
  };
  await Promise.all(Array.from({ length: shared ? Math.min(atOnce, 2) : atOnce }, worker));
  end.close();
}

/** Paces of endpoints that know the same of answers nobody has seen yet. */
function pacing({ concurrency, retry, limits, maxResponse }: EngineOptions): () => EndpointPace {
  const sizes = createAnswerSizes(maxResponse);
  const settings = {
    ...concurrency,
    retryBudget: retry.budget,
    brokenMs: limits.brokenMs ?? LIMITS.endpointBrokenMs,
  };
  return () => new EndpointPace(settings, sizes);
}
