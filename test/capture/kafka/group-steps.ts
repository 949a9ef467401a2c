/** What can happen between a group of three members, two partitions and a store. */
import fc from "fast-check";
import type { WrittenConfig } from "../../../src/config/schema.ts";
import type { Slot } from "../ranges/simulation.ts";

/** Of the next put: it fails before it is kept, or its answer is lost. */
export type Fault = "none" | "before" | "after";
const MEMBERS = 3;

export const slot = fc.constantFrom<Slot>("record", "record", "record", "record", "tombstone", "broken", "absent");
export const rotation = fc.constantFrom<WrittenConfig["capture"]>(
  { rotate: { records: 1 } },
  { rotate: { records: 4 } },
  { rotate: { bytes: 300 } },
  { rotate: { interval: "10s" } },
  { rotate: { records: 6, bytes: 500, interval: "10s" } },
  { memory: "20KB" },
);
const member = fc.nat({ max: MEMBERS - 1 });
export const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("fetch" as const), member, size: fc.integer({ min: 1, max: 9 }) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("deliver" as const), member }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("settle" as const), turns: fc.integer({ min: 1, max: 12 }) }) },
  // Whom the group tells; the others are zombies until they hear of it.
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("rebalance" as const),
      owners: fc.tuple(member, member),
      told: fc.array(member),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("tick" as const), member, ms: fc.integer({ min: 1, max: 20_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("flush" as const), member }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("kill" as const), member, capture: rotation }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("fault" as const),
      member,
      fault: fc.constantFrom<Fault>("before", "after"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lose commits" as const), member, lost: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("reset" as const),
      partition: fc.nat({ max: 1 }),
      offset: fc.integer({ min: -1, max: 50 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("retain" as const),
      partition: fc.nat({ max: 1 }),
      low: fc.nat({ max: 45 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("append" as const),
      partition: fc.nat({ max: 1 }),
      slots: fc.array(slot, { minLength: 1, maxLength: 8 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("compact" as const),
      partition: fc.nat({ max: 1 }),
      at: fc.array(fc.nat({ max: 45 }), { minLength: 1, maxLength: 12 }),
    }),
  },
);
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
