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
import { type Budget, createBudget } from "./pace/budget.ts";
import { createHealth, type Health, type Parked } from "./pace/health.ts";
import { createLimiter, type Limiter, type Limits } from "./pace/limiter.ts";
import type { RetrySettings } from "./pace/retry.ts";
import type { Call } from "./results/calls.ts";
import { type CommitLimits, type CommitLog, createCommitLog } from "./results/commits.ts";
import type { Stored } from "./results/stored.ts";
import type { TallyRow } from "./results/tally.ts";
import { type SendContext, sendRequest } from "./send.ts";
import type { Endpoint, Target } from "./targets/target.ts";
import { type OpenUnit, openUnit, type Pending, readRows, type SendRow, type UnitId } from "./unit.ts";

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
  readonly onResult: (record: ReplayedRecord) => void;
  readonly onStored: (rows: readonly TallyRow[], ours: boolean) => void;
  readonly onPark: (endpoint: string, parked: Parked) => void;
}

export interface Engine {
  /** Resolves when all is sent and stored, or stopped and stored; throws what the store throws. */
  run(): Promise<void>;
  /** Flushes what is old; to be called about once a second. */
  tick(): void;
  readonly health: Health;
  readonly limiter: Limiter;
}

export function createEngine(options: EngineOptions): Engine {
  const { limits } = options;
  const stopping = new AbortController();
  // Every request that waits between tries listens.
  setMaxListeners(0, stopping.signal);
  const stop = (): void => stopping.abort();
  if (options.stop.aborted) stop();
  else options.stop.addEventListener("abort", stop, { once: true });

  const health = createHealth(limits.silentMs, options.onPark);
  const unsaved = createBudget(limits.bufferBytes / 2);
  const logs = new Set<CommitLog>();
  let fault: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    fault ??= { error };
    stopping.abort();
  };
  const flush = (log: CommitLog): void => void log.flush().then(relieve, fail);
  /** Above half of the budget the largest log is stored early. */
  const relieve = (): void => {
    if (unsaved.used <= limits.bufferBytes / 4) return;
    const largest = [...logs].reduce<CommitLog | undefined>((a, b) => (a && a.bytes >= b.bytes ? a : b), undefined);
    if (largest && largest.bytes > 0) flush(largest);
  };
  const context: UnitContext = {
    ...options,
    send: { ...options, health, stop: stopping.signal },
    stopping: stopping.signal,
    limiter: createLimiter(options.concurrency),
    inputs: createBudget(limits.bufferBytes / 4),
    lanes: createLanes(options.endpoints.size > 1 ? limits.bufferBytes / 16 : limits.bufferBytes),
    unsaved,
    logs,
    flush,
    relieve,
    fail,
  };
  stopping.signal.addEventListener("abort", context.lanes.wake, { once: true });
  return {
    health,
    limiter: context.limiter,
    tick() {
      for (const log of logs) if (log.isOld()) flush(log);
    },
    async run() {
      const queue = options.units.values();
      const worker = async (): Promise<void> => {
        for (const id of queue) {
          if (stopping.signal.aborted) return;
          await runUnit(context, id).catch(fail);
        }
      };
      await Promise.all(Array.from({ length: limits.openUnits }, worker));
      options.stop.removeEventListener("abort", stop);
      if (fault) throw fault.error;
    },
  };
}

interface UnitContext extends EngineOptions {
  readonly send: SendContext;
  readonly stopping: AbortSignal;
  readonly limiter: Limiter;
  readonly inputs: Budget;
  readonly lanes: Lanes;
  readonly unsaved: Budget;
  readonly logs: Set<CommitLog>;
  readonly flush: (log: CommitLog) => void;
  readonly relieve: () => void;
  readonly fail: (error: unknown) => void;
}

async function runUnit(context: UnitContext, id: UnitId): Promise<void> {
  const { store, clock, run, call, limits, unsaved, onStored, logs } = context;
  const stored = context.stored.units.get(id.name);
  const unit = await openUnit(store, run, id, stored, context.endpoints);
  const log = createCommitLog({
    store,
    clock,
    run: run.run,
    range: id.range,
    captures: id.pinned.key,
    bucket: id.bucket,
    nextN: stored?.nextN ?? 0,
    call,
    limits,
    unsaved,
    onStored,
  });
  logs.add(log);
  const outstanding = new Set<Promise<void>>();
  try {
    await feed(context, unit, (row, endpoint, bytes) => {
      const done = new Promise<void>((resolve) => {
        context.limiter.submit(endpoint.key, async (slot) => {
          try {
            await handle(context, log, row, endpoint, slot);
          } catch (error) {
            context.fail(error);
          } finally {
            context.inputs.free(bytes);
            context.lanes.free(endpoint.key, bytes);
            resolve();
          }
        });
      });
      outstanding.add(done);
      void done.then(() => outstanding.delete(done));
    });
  } finally {
    await Promise.all(outstanding);
    await log.flush();
    logs.delete(log);
  }
}

/** One request in its slot: sent, counted, put into the log. */
async function handle(
  context: UnitContext,
  log: CommitLog,
  row: SendRow,
  endpoint: Endpoint,
  slot: Parameters<Parameters<Limiter["submit"]>[1]>[0],
): Promise<void> {
  await context.unsaved.room();
  const { call, stopping } = context;
  if (stopping.aborted || log.has(row.offset)) return;
  const request = {
    id: row.id,
    model: row.model,
    endpoint,
    body: row.input,
    contentType: row.inputType,
    // The form in which legacy answered; of an error it says nothing about answers.
    accept: row.status >= 200 && row.status < 300 ? row.outputType : "*/*",
    legacyStatus: row.status,
  };
  call.count(1);
  const sent = await sendRequest(context.send, row, request, slot);
  if (sent.kind !== "result") {
    if (!sent.tried) call.count(-1);
    return;
  }
  context.onResult(sent.record);
  if (log.add(sent.record)) context.flush(log);
  else context.relieve();
}

/**
 * Reads row groups and submits their rows, going over the unit again and again: rows of an endpoint that has
 * enough queued are left for a later pass, so that a slow endpoint does not hold back the others.
 */
async function feed(
  context: UnitContext,
  unit: OpenUnit,
  submit: (row: SendRow, endpoint: Endpoint, bytes: number) => void,
): Promise<void> {
  const { stopping, lanes, send } = context;
  let left = unit.pending;
  while (left.length > 0 && !stopping.aborted) {
    const changed = lanes.changed();
    let progressed = false;
    for (const pending of left) {
      if (stopping.aborted) return;
      for (const endpoint of pending.endpoints.keys()) {
        if (send.health.parked(endpoint)) pending.endpoints.delete(endpoint);
      }
      if (![...pending.endpoints.keys()].some(lanes.hasRoom)) continue;
      progressed = true;
      await feedRowGroup(context, unit, pending, submit);
    }
    left = left.filter(({ endpoints }) => endpoints.size > 0);
    if (!progressed && left.length > 0) await changed;
  }
}

async function feedRowGroup(
  context: UnitContext,
  unit: OpenUnit,
  pending: Pending,
  submit: (row: SendRow, endpoint: Endpoint, bytes: number) => void,
): Promise<void> {
  const rows = await readRows(unit, pending);
  for (let i = 0; i < pending.todo.length; i++) {
    if (context.stopping.aborted) return;
    const endpoint = pending.todo[i] ? context.endpoints.get(rows.models[i] as string) : undefined;
    if (!endpoint || !pending.endpoints.has(endpoint.key) || !context.lanes.hasRoom(endpoint.key)) continue;
    const row = rows.at(i);
    const bytes = row.input.byteLength + ROW_OVERHEAD_BYTES;
    await context.inputs.take(bytes);
    pending.todo[i] = 0;
    const count = (pending.endpoints.get(endpoint.key) ?? 0) - 1;
    if (count > 0) pending.endpoints.set(endpoint.key, count);
    else pending.endpoints.delete(endpoint.key);
    context.lanes.take(endpoint.key, bytes);
    submit(row, endpoint, bytes);
  }
}

/** What a queued request costs beside its input. */
const ROW_OVERHEAD_BYTES = 1_024;

/** Bytes queued per endpoint, so that one endpoint cannot fill the budget. */
interface Lanes {
  hasRoom(endpoint: string): boolean;
  take(endpoint: string, bytes: number): void;
  free(endpoint: string, bytes: number): void;
  /** Resolves when an endpoint has at least half of its share free again, or at `wake`. */
  changed(): Promise<void>;
  wake(): void;
}

function createLanes(share: number): Lanes {
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
