/** What a run's selection can prove about the traffic it was taken from. */
import type { SelectionQuery } from "../../src/lake/run.ts";

/** How the records were chosen, when that proves nothing about the others: such a run may fail, and never passes. */
export function narrowedBy({ ids, only }: SelectionQuery): string | null {
  if (ids !== null) return "by id";
  return only ? "by what became of them in another run" : null;
}

/** Whether the query leaves out captured requests of its window and models. */
export function isSampled(query: SelectionQuery): boolean {
  return query.sample !== null || query.limitPerModel !== null || narrowedBy(query) !== null;
}
