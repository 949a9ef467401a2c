/** What is asked of broker and ledger before a partition is read: asked again while a broker comes back. */
import { messageOf } from "../../src/errors.ts";
import type { CommitHint, FirstMessage, LogBounds, PartitionId, ResumePoint, SourceContext } from "../port.ts";
import type { KafkaClient, TopicPartition } from "./kafka.ts";
import { kafkaLog } from "./kafka-topics.ts";
import type { TopicWatch } from "./topic-watch.ts";

export interface LookupParts {
  readonly client: KafkaClient;
  readonly context: SourceContext;
  readonly watch: TopicWatch;
}

/** Together about as long as a broker takes to come back. */
const TRIES = 8;
const WAIT_MS = 2_000;
const NO_LOG: LogBounds = { low: 0n, high: 0n };

export class Lookups {
  readonly #parts: LookupParts;
  /** After this nothing is tried again. */
  stopped = false;

  constructor(parts: LookupParts) {
    this.#parts = parts;
  }

  idOf({ topic, partition }: TopicPartition): PartitionId {
    return { log: kafkaLog(topic, this.#parts.client.clusterId), partition };
  }

  /** The log as it is now; LEDGER_CONFLICT when the topic is another one than at the start. */
  async boundsOf({ topic, partition }: TopicPartition): Promise<LogBounds> {
    const { client, watch } = this.#parts;
    const found = await this.#persist(() => client.bounds(topic));
    await watch.confirm(topic);
    return found.get(partition) ?? NO_LOG;
  }

  /** Offsets committed to the group, and bounds, of all partitions of a topic. */
  topic(topic: string): Promise<[Map<number, CommitHint>, Map<number, LogBounds>]> {
    const { client } = this.#parts;
    return this.#persist(() => Promise.all([client.committed(topic), client.bounds(topic)]));
  }

  /** Where the ledger says that the partition goes on. */
  resume(item: TopicPartition, bounds: LogBounds, hint?: CommitHint): Promise<ResumePoint> {
    const { context, watch } = this.#parts;
    return context.ledger.resume(this.idOf(item), bounds, hint, {
      topicId: watch.idOf(item.topic),
      firstAt: (position) => this.#firstAt(item, position),
      confirm: () => watch.confirm(item.topic),
    });
  }

  /** Without an answer nothing is said about the log. */
  async #firstAt(item: TopicPartition, position: bigint): Promise<FirstMessage | undefined> {
    try {
      return await this.#parts.client.firstAt(item, position);
    } catch (error) {
      this.#parts.context.log.debug("first message not compared", { topic: item.topic, error: messageOf(error) });
      return undefined;
    }
  }

  async #persist<T>(action: () => Promise<T>): Promise<T> {
    const { clock, log, stop } = this.#parts.context;
    for (let tries = 1; ; tries++) {
      try {
        return await action();
      } catch (error) {
        if (tries >= TRIES || this.stopped) throw error;
        log.debug("look-up failed, tried again", { tries, error: messageOf(error) });
        await clock.sleep(WAIT_MS, stop);
      }
    }
  }
}
