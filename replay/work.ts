/** One unit at work: its rows are fed to the limiter, sent, and put into its log of commits. */
import type { Clock } from "../src/clock.ts";
import type { Run } from "../src/lake/run.ts";
import type { InLayers } from "../src/lake/sequence.ts";
import { Scratch } from "../src/parquet/write.ts";
import type { ReplayedRecord } from "../src/record.ts";
import type { Store } from "../src/store/port.ts";
import { type FeedContext, feed } from "./feed.ts";
import type { Caps } from "./pace/caps.ts";
import type { Limiter } from "./pace/limiter.ts";
import type { Reading } from "./reading.ts";
import type { Call } from "./results/calls.ts";
import { type CommitLimits, type CommitLog, createCommitLog } from "./results/commits.ts";
import type { Stored } from "./results/stored.ts";
import type { TallyRow } from "./results/tally.ts";
import { type SendContext, type Sent, sendRequest } from "./send.ts";
import type { Storing } from "./storing.ts";
import type { Endpoint, TargetRequest } from "./targets/target.ts";
import { createTwins, isShareable, type Twins } from "./twins.ts";
import { openUnit, type SendRow, type UnitId } from "./unit.ts";

export interface WorkContext extends FeedContext, Storing {
  readonly store: Store;
  readonly clock: Clock;
  readonly run: Run;
  readonly stored: Stored;
  readonly layers?: InLayers | undefined;
  readonly call: Call;
  readonly limits: CommitLimits;
  readonly send: SendContext;
  readonly limiter: Limiter;
  readonly caps: Caps;
  readonly mayWrite?: TargetRequest["mayWrite"];
  /** With the latency of legacy's answer, where it was captured. */
  readonly onResult: (record: ReplayedRecord, legacyMs: number | null) => void;
  readonly onStored: (rows: readonly TallyRow[], ours: boolean) => void;
}

/** What units that come one after the other read into and encode in: new for each, it would be garbage of tens of megabytes. */
export interface WorkMemory {
  readonly reading: Reading;
  readonly scratch: Scratch;
}

export function createMemory(reading: Reading): WorkMemory {
  return { reading, scratch: new Scratch(COMMIT_BYTES) };
}

/** Most commits are smaller. */
const COMMIT_BYTES = 1024 * 1024;

export async function runUnit(context: WorkContext, id: UnitId, memory: WorkMemory): Promise<void> {
  const { store, clock, run, call, limits, unsaved, onStored, logs } = context;
  const stored = context.stored.units.get(id.name);
  const unit = await openUnit(store, run, id, stored, context.endpoints, memory.reading, context.layers);
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
    scratch: memory.scratch,
  });
  logs.add(log);
  const outstanding = createCount();
  const twins = context.dedupe ? createTwins() : undefined;
  const begin = (row: SendRow, endpoint: Endpoint, bytes: number): void => {
    outstanding.add();
    context.limiter.submit(endpoint.key, async (slot) => {
      let next: SendRow | undefined;
      try {
        const request = slot && requestOf(context, log, row, endpoint);
        const sent = slot && request && (await sendRequest(context.send, row, request, slot));
        const record = sent && taken(context, log, row, sent);
        if (twins && slot) next = settle(context, log, twins, row, record);
      } catch (error) {
        context.end.fail(error);
      }
      if (next) begin(next, endpoint, bytes);
      else release(context, endpoint, bytes);
      outstanding.done();
    });
  };
  try {
    await feed(context, unit, (row, endpoint, bytes) => {
      const met = twins?.meet(row) ?? "send";
      if (met === "send") return void begin(row, endpoint, bytes);
      release(context, endpoint, bytes);
      if (met === "wait" || log.has(row.offset)) return undefined;
      keep(context, log, met, null);
      // Shared answers come as fast as rows are read: they wait until there is room for any more.
      return context.unsaved.take(0);
    });
  } finally {
    await outstanding.none();
    await log.flush();
    logs.delete(log);
    unit.reader.close();
  }
}

function release({ inputs, lanes }: WorkContext, endpoint: Endpoint, bytes: number): void {
  inputs.free(bytes);
  lanes.free(endpoint.key, bytes);
}

/** `legacyMs`: what legacy took; null where an answer is shared, as there is nothing to hold it against. */
function keep(context: WorkContext, log: CommitLog, record: ReplayedRecord, legacyMs: number | null): void {
  context.onResult(record, legacyMs);
  if (log.add(record)) context.flush(log);
  else context.relieve();
}

/** Gives the answer to the row's twins, or names the one to be sent in its place. */
function settle(
  context: WorkContext,
  log: CommitLog,
  twins: Twins,
  row: SendRow,
  record: ReplayedRecord | undefined,
): SendRow | undefined {
  if (record && isShareable(record)) {
    for (const twin of twins.answered(row, record)) if (!log.has(twin.offset)) keep(context, log, twin, null);
    return undefined;
  }
  return context.end.reached() ? undefined : twins.failed(row);
}

/** The request of a row, counted; undefined when it is not to be sent any more. */
function requestOf(context: WorkContext, log: CommitLog, row: SendRow, endpoint: Endpoint): TargetRequest | undefined {
  const { call, caps, end } = context;
  if (end.reached() || log.has(row.offset) || context.health.parked(endpoint.key)) return undefined;
  if (!caps.mayStart()) {
    end.look();
    if (!end.reached()) throw new Error("caps refused a request without an ending");
    return undefined;
  }
  call.count(1);
  return {
    id: row.id,
    model: row.model,
    endpoint,
    body: row.input,
    contentType: row.inputType,
    // The form in which legacy answered; of an error it says nothing about answers.
    accept: row.status >= 200 && row.status < 300 ? row.outputType : "*/*",
    legacyStatus: row.status,
    mayWrite: context.mayWrite,
  };
}

/** What came of a request, put into the log. */
function taken(context: WorkContext, log: CommitLog, row: SendRow, sent: Sent): ReplayedRecord | undefined {
  const { call, caps, end } = context;
  if (sent.kind !== "result") {
    if (sent.tried) return undefined;
    call.count(-1);
    caps.giveBack();
    return undefined;
  }
  caps.note(sent.record);
  end.look();
  keep(context, log, sent.record, row.latencyMs);
  return sent.record;
}

/** How many are at work: one number for each unit instead of a promise for each request. */
function createCount(): { add(): void; done(): void; none(): Promise<void> } {
  let count = 0;
  let wake: (() => void) | undefined;
  return {
    add: () => void count++,
    done() {
      if (--count === 0) wake?.();
    },
    none: () =>
      new Promise((resolve) => {
        wake = resolve;
        if (count === 0) resolve();
      }),
  };
}
