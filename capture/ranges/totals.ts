/** The sums that every stage of capture prints: what was consumed is what became of it. */
import { type CaptureFooter, rangeLength } from "../../src/lake/footer.ts";

/** consumed = captured + rejected + sampledOut + tombstones + absent. `bytes`: written to the store. */
export interface Totals {
  consumed: number;
  captured: number;
  rejected: number;
  sampledOut: number;
  tombstones: number;
  absent: number;
  objects: number;
  bytes: number;
}

export function emptyTotals(): Totals {
  return { consumed: 0, captured: 0, rejected: 0, sampledOut: 0, tombstones: 0, absent: 0, objects: 0, bytes: 0 };
}

/** Adds the counts of one range; objects and bytes are the caller's. */
export function addFooter(totals: Totals, footer: CaptureFooter): void {
  totals.consumed += rangeLength(footer);
  totals.captured += footer.captured;
  totals.rejected += footer.rejected;
  totals.sampledOut += footer.sampledOut;
  totals.tombstones += footer.tombstones;
  totals.absent += footer.absent;
}
