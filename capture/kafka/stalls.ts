/** Partitions beside what the broker holds: how far behind they are, and whether one of them stands still. */

import type { SourceContext } from "../port.ts";
import type { LogEnd } from "./log-end.ts";
import type { Owned, Partitions } from "./partitions.ts";

/** A partition that should bring something and does not is looked at after so long. */
const STALL_MS = 5_000;

/** Retention may have emptied the log under a consumer: then no fetch ever says so. */
export function lookAtStalled({ sink, clock }: SourceContext, partitions: Partitions, end: LogEnd): void {
  if (sink.room() !== undefined) return;
  const before = clock.monotonic() - STALL_MS;
  for (const owned of partitions.all()) {
    if (owned.looking || owned.movedAt > before) continue;
    if (owned.highWatermark > owned.sink.next || end.isBefore(owned)) partitions.look(owned);
  }
}

export function tellLag({ watch }: SourceContext, owned: readonly Owned[]): void {
  for (const [topic, items] of Map.groupBy(owned, (item) => item.topic)) {
    const behind = items.reduce(
      (sum, { highWatermark, sink }) => sum + Math.max(0, Number(highWatermark - sink.next)),
      0,
    );
    watch?.lag(topic, behind);
  }
}
