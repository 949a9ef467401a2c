/**
 * Reads row groups and submits their rows, going over the unit again and again: rows of an endpoint that has
 * enough queued are left for a later pass, so that a slow endpoint does not hold back the others.
 */
import type { Budget } from "./pace/budget.ts";
import type { Health } from "./pace/health.ts";
import type { Lanes } from "./pace/lanes.ts";
import type { Endpoint } from "./targets/target.ts";
import { type OpenUnit, type Pending, readRows, type SendRow } from "./unit.ts";

export interface FeedContext {
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly health: Health;
  readonly lanes: Lanes;
  /** Bytes of inputs read ahead. */
  readonly inputs: Budget;
  /** True once nothing new is to be sent. */
  readonly ending: () => boolean;
}

/** Has to free `bytes` of inputs and lanes when the row is done with. */
export type Submit = (row: SendRow, endpoint: Endpoint, bytes: number) => void;

export async function feed(context: FeedContext, unit: OpenUnit, submit: Submit): Promise<void> {
  const { lanes, health, ending } = context;
  let left = unit.pending;
  while (left.length > 0 && !ending()) {
    const changed = lanes.changed();
    let progressed = false;
    for (const pending of left) {
      if (ending()) return;
      for (const endpoint of pending.endpoints.keys()) {
        if (health.parked(endpoint)) pending.endpoints.delete(endpoint);
      }
      if (![...pending.endpoints.keys()].some(lanes.hasRoom)) continue;
      progressed = true;
      await feedRowGroup(context, unit, pending, submit);
    }
    left = left.filter(({ endpoints }) => endpoints.size > 0);
    if (!progressed && left.length > 0) await changed;
  }
}

async function feedRowGroup(context: FeedContext, unit: OpenUnit, pending: Pending, submit: Submit): Promise<void> {
  const rows = await readRows(unit, pending);
  for (let i = 0; i < pending.todo.length; i++) {
    if (context.ending()) return;
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
