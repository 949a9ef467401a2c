/**
 * Where `--until end` ends: the ends of the partitions as they stood at the start. A consumer reads what is committed,
 * so the end is the last stable position: what an open transaction holds back is left to the next capture.
 */
import type { Logger } from "../../src/log.ts";
import type { LogBounds } from "../port.ts";
import type { KafkaClient } from "./kafka.ts";
import { nameOf, type Owned } from "./partitions.ts";

export class LogEnd {
  readonly #ends = new Map<string, LogBounds>();
  readonly #topics: readonly string[];

  constructor(topics: readonly string[]) {
    this.#topics = topics;
  }

  async read(client: Pick<KafkaClient, "bounds" | "written">, log: Logger): Promise<void> {
    for (const topic of this.#topics) {
      // Asked for first: what is written after it cannot look like a transaction.
      const written = await client.written(topic).catch(() => new Map<number, bigint>());
      for (const [partition, bounds] of await client.bounds(topic)) {
        this.#ends.set(nameOf({ topic, partition }), bounds);
        const last = written.get(partition) ?? 0n;
        if (last <= bounds.high) continue;
        log.warn("an open transaction holds back positions: they are captured by the next start after it has ended", {
          topic,
          partition,
          first: bounds.high,
          last: last - 1n,
        });
      }
    }
  }

  reached(owned: readonly Owned[]): boolean {
    return owned.every((item) => !this.isBefore(item));
  }

  /** A partition that was added since has no end to reach. */
  isBefore(item: Owned): boolean {
    return item.sink.next < (this.#ends.get(nameOf(item))?.high ?? 0n);
  }

  describe(owned: readonly Owned[]): string {
    const topics = this.#topics.join(", ");
    if (![...this.#ends.values()].some(({ high, low }) => high > low)) return `${topics} holds no message`;
    if (owned.length === 0) return `other members of the group hold all partitions of ${topics}`;
    return `reached the end of ${topics} (${owned.length} partitions)`;
  }
}
