/** One unit at work: its rows are fed to the limiter, sent, and put into its log of commits. */
import type { Clock } from "../src/clock.ts";
import type { Run } from "../src/lake/run.ts";
import type { ReplayedRecord } from "../src/record.ts";
import type { Store } from "../src/store/port.ts";
import { type FeedContext, feed } from "./feed.ts";
import type { Caps } from "./pace/caps.ts";
import type { Slot } from "./pace/lane.ts";
import type { Limiter } from "./pace/limiter.ts";
import type { Call } from "./results/calls.ts";
import { type CommitLimits, type CommitLog, createCommitLog } from "./results/commits.ts";
import type { Stored } from "./results/stored.ts";
import type { TallyRow } from "./results/tally.ts";
import { type SendContext, sendRequest } from "./send.ts";
import type { Storing } from "./storing.ts";
import type { Endpoint } from "./targets/target.ts";
import { openUnit, type SendRow, type UnitId } from "./unit.ts";

export interface WorkContext extends FeedContext, Storing {
  readonly store: Store;
  readonly clock: Clock;
  readonly run: Run;
  readonly stored: Stored;
  readonly call: Call;
  readonly limits: CommitLimits;
  readonly send: SendContext;
  readonly limiter: Limiter;
  readonly caps: Caps;
  /** With the latency of legacy's answer, where it was captured. */
  readonly onResult: (record: ReplayedRecord, legacyMs: number | null) => void;
  readonly onStored: (rows: readonly TallyRow[], ours: boolean) => void;
}

export async function runUnit(context: WorkContext, id: UnitId): Promise<void> {
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
  const outstanding = createCount();
  try {
    await feed(context, unit, (row, endpoint, bytes) => {
      outstanding.add();
      context.limiter.submit(endpoint.key, async (slot) => {
        try {
          if (slot) await handle(context, log, row, endpoint, slot);
        } catch (error) {
          context.end.fail(error);
        } finally {
          context.inputs.free(bytes);
          context.lanes.free(endpoint.key, bytes);
          outstanding.done();
        }
      });
    });
  } finally {
    await outstanding.none();
    await log.flush();
    logs.delete(log);
  }
}

/** One request in its slot: sent, counted, put into the log. */
async function handle(
  context: WorkContext,
  log: CommitLog,
  row: SendRow,
  endpoint: Endpoint,
  slot: Slot,
): Promise<void> {
  const { call, caps, end } = context;
  if (end.reached() || log.has(row.offset) || context.health.parked(endpoint.key)) return;
  if (!caps.mayStart()) {
    end.look();
    if (!end.reached()) throw new Error("caps refused a request without an ending");
    return;
  }
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
    if (sent.tried) return;
    call.count(-1);
    caps.giveBack();
    return;
  }
  caps.note(sent.record);
  end.look();
  context.onResult(sent.record, row.latencyMs);
  if (log.add(sent.record)) context.flush(log);
  else context.relieve();
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
