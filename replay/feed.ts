/**
 * Reads row groups and submits their rows, going over the unit again and again: rows of an endpoint that has
 * enough queued are left for a later pass, so that a slow endpoint does not hold back the others.
 */
import type { Budget } from "./pace/budget.ts";
import type { End } from "./pace/end.ts";
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
  readonly end: End;
  /** Attributes are read too, as identical requests are looked for. */
  readonly dedupe?: boolean;
}

/** Has to free `bytes` of inputs and lanes when the row is done with. What it returns is waited for before the next row. */
export type Submit = (row: SendRow, endpoint: Endpoint, bytes: number) => Promise<void> | undefined;

export async function feed(context: FeedContext, unit: OpenUnit, submit: Submit): Promise<void> {
  const { lanes, health, end } = context;
  let left = unit.pending;
  while (left.length > 0 && !end.reached()) {
    const changed = lanes.changed();
    let progressed = false;
    for (const pending of left) {
      if (end.reached()) return;
      for (const endpoint of pending.endpoints.keys()) {
        if (health.parked(endpoint)) pending.endpoints.delete(endpoint);
      }
      if (![...pending.endpoints.keys()].some(lanes.hasRoom)) continue;
      const fed = await unit.reading.inTurn(() => feedRowGroup(context, unit, pending, submit));
      progressed = fed || progressed;
    }
    left = left.filter(({ endpoints }) => endpoints.size > 0);
    if (!progressed && left.length > 0) await changed;
  }
}

/** False when none of its rows fits. */
async function feedRowGroup(context: FeedContext, unit: OpenUnit, pending: Pending, submit: Submit): Promise<boolean> {
  const { end, endpoints, inputs, lanes } = context;
  const rows = await readRows(unit, pending, context.dedupe);
  let submitted = false;
  for (let i = 0; i < pending.todo.length; i++) {
    if (end.reached()) break;
    const endpoint = pending.todo[i] ? endpoints.get(rows.model(i)) : undefined;
    if (!endpoint || !pending.endpoints.has(endpoint.key)) continue;
    const bytes = rows.inputBytes(i) + ROW_OVERHEAD_BYTES;
    if (!lanes.fits(endpoint.key, bytes)) continue;
    const row = rows.at(i);
    if (!inputs.tryTake(bytes)) await inputs.take(bytes);
    pending.todo[i] = 0;
    const count = (pending.endpoints.get(endpoint.key) ?? 0) - 1;
    if (count > 0) pending.endpoints.set(endpoint.key, count);
    else pending.endpoints.delete(endpoint.key);
    lanes.take(endpoint.key, bytes);
    submitted = true;
    const wait = submit(row, endpoint, bytes);
    if (wait) await wait;
  }
  return submitted;
}

/** What a queued request costs beside its input. */
const ROW_OVERHEAD_BYTES = 1_024;
