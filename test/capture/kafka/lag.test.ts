import { expect, test } from "vitest";
import type { Owned } from "../../../capture/kafka/partitions.ts";
import { tellLag } from "../../../capture/kafka/stalls.ts";
import type { SourceContext } from "../../../capture/port.ts";
import { testClock } from "../../support/clock.ts";

test("a topic is as old as what was read last of the partition furthest behind, and of no age when nothing waits", () => {
  const clock = testClock();
  const told: [string, number, number][] = [];
  const watch = { lag: (...one: [string, number, number]) => void told.push(one) };
  const of = (topic: string, next: bigint, highWatermark: bigint, readTime: number | undefined): Owned =>
    ({ topic, sink: { next }, highWatermark, readTime, movedAt: clock.monotonic() }) as unknown as Owned;
  const now = clock.now();
  const owned = [
    of("a", 5n, 9n, now - 30_000),
    of("a", 5n, 6n, now - 90_000),
    of("a", 5n, 5n, now - 900_000),
    of("b", 7n, 7n, now - 900_000),
    of("never", 0n, 3n, undefined),
    of("ahead", 0n, 1n, now + 60_000),
  ];
  clock.advance(10_000);
  tellLag({ watch, clock } as unknown as SourceContext, owned);
  expect(told).toEqual([
    ["a", 5, 100],
    ["b", 0, 0],
    ["never", 3, 10],
    ["ahead", 1, 0],
  ]);
});
