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

export function tellLag({ watch, clock }: SourceContext, owned: readonly Owned[]): void {
  for (const [topic, items] of Map.groupBy(owned, (item) => item.topic)) {
    let messages = 0;
    let ms = 0;
    for (const { highWatermark, sink, readTime, movedAt } of items) {
      const behind = Number(highWatermark - sink.next);
      if (behind <= 0) continue;
      messages += behind;
      // Where nothing was read yet, it waits at least since its place was looked up.
      ms = Math.max(ms, readTime === undefined ? clock.monotonic() - movedAt : clock.now() - readTime);
    }
    watch?.lag(topic, messages, Math.round(ms / 1_000));
  }
}
