/** What a log lacks of what was expected: told to the user, or the end of the capture. */
import { CutoverError } from "../../src/errors.ts";
import type { Logger } from "../../src/log.ts";
import type { TopicPartition } from "./kafka.ts";

/** Positions [from, to) are gone; the caller records them as a gap. */
export function warnLost(log: Logger, { topic, partition }: TopicPartition, from: bigint, to: bigint): void {
  log.warn("retention deleted positions before they were captured", { topic, partition, first: from, last: to - 1n });
}

/** LEDGER_CONFLICT: a log that was read up to `next` ends at `high`. */
export function shrunk({ topic, partition }: TopicPartition, next: bigint, high: bigint): CutoverError {
  return new CutoverError("LEDGER_CONFLICT", `${topic} partition ${partition} ends before what was read of it`, {
    expected: `a log that goes on at ${next}`,
    received: `a log that ends at ${high}: the topic was deleted and created again, or has lost its end`,
    hint: "capture the new topic into another store (store: in cutover.yaml)",
  });
}
