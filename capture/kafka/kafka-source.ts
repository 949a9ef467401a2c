/**
 * Capture from Kafka: a member of a consumer group whose positions come from the ledger. Offsets committed to the
 * group are hints.
 */
import type { KafkaSettings } from "../../src/config/schema.ts";
import { CutoverError, messageOf } from "../../src/errors.ts";
import type { Message, Source, SourceContext, Until } from "../port.ts";
import { Ending } from "./ending.ts";
import { HeartbeatWatch } from "./heartbeat.ts";
import {
  connectKafka,
  type KafkaBatch,
  type KafkaClient,
  type KafkaListener,
  SESSION_TIMEOUT_MS,
  type TopicPartition,
} from "./kafka.ts";
import { checkTopics } from "./kafka-topics.ts";
import { LogEnd } from "./log-end.ts";
import { isFilled, type Owned, Partitions } from "./partitions.ts";
import { lookAtStalled, tellLag } from "./stalls.ts";
import { TopicWatch } from "./topic-watch.ts";

export function kafkaSource(written: KafkaSettings, until: Until, connect = connectKafka): Source {
  // Listed twice, a topic is still one.
  const settings = { ...written, topics: [...new Set(written.topics)] };
  return async (context) => {
    const client = await connect(settings, context.log);
    try {
      await checkTopics(client, settings);
      return await new GroupMember(client, settings, until, context).run();
    } finally {
      await client.close();
    }
  };
}

const TICK_MS = 500;
/** How long the end of a capture waits for offsets to be committed: they are hints. */
const COMMIT_WAIT_MS = 5_000;
const GROUP_WAIT = `a member that was killed holds it for up to ${SESSION_TIMEOUT_MS / 1000} s`;

class GroupMember implements KafkaListener {
  readonly #client: KafkaClient;
  readonly #settings: KafkaSettings;
  readonly #until: Until;
  readonly #context: SourceContext;
  readonly #end: LogEnd;
  readonly #watch: TopicWatch;
  readonly #heartbeats: HeartbeatWatch;
  readonly #partitions: Partitions;
  readonly #ending: Ending;
  #lastMessageAt = 0;
  #stopping = false;
  #finish: (reason: string) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(client: KafkaClient, settings: KafkaSettings, until: Until, context: SourceContext) {
    this.#client = client;
    this.#settings = settings;
    this.#until = until;
    this.#context = context;
    const { clock, log, metrics } = context;
    const { topics, group } = settings;
    this.#end = new LogEnd(topics);
    this.#watch = new TopicWatch({ client, topics, clock, log });
    this.#heartbeats = new HeartbeatWatch({ group, clock, log, metrics });
    this.#partitions = new Partitions({
      client,
      context,
      watch: this.#watch,
      onPlaced: () => {
        if (this.#partitions.ready) context.watch?.reading();
        this.#lastMessageAt = clock.monotonic();
        this.#ending.check();
      },
      onMoved: () => this.#ending.check(),
      onError: (error) => this.#fail(error),
    });
    const onEnd = (reason: string): void => this.#finish(reason);
    const parts = { until, end: this.#end, partitions: this.#partitions, sink: context.sink, onEnd };
    this.#ending = new Ending(parts, () => this.#quietMs());
  }

  async run(): Promise<string> {
    const { stop, clock, log } = this.#context;
    const ended = new Promise<string>((resolve, reject) => {
      this.#finish = resolve;
      this.#reject = reject;
    });
    ended.catch(() => {});
    const onStop = (): void => this.#reject(stop.reason);
    stop.addEventListener("abort", onStop, { once: true });
    const timer = setInterval(() => this.#tick(), TICK_MS);
    try {
      stop.throwIfAborted();
      // In this order: what is fetched later is held against the ids, what is written later is beyond the end.
      await this.#watch.start();
      if (this.#until.kind === "end") await this.#end.read(this.#client, log);
      this.#lastMessageAt = clock.monotonic();
      // Not waited for: joining may take as long as the group waits for a member that was killed, a stop does not.
      this.#client.run(this).catch((error: unknown) => this.crashed(error));
      return await ended;
    } finally {
      clearInterval(timer);
      stop.removeEventListener("abort", onStop);
      await this.#leave();
    }
  }

  assigned(partitions: readonly TopicPartition[]): void {
    this.#context.watch?.assigned(partitions.length);
    this.#heartbeats.joined();
    this.#partitions.assign(partitions);
  }

  left(): void {
    this.#context.watch?.left();
    this.#heartbeats.left();
    this.#partitions.ready = false;
    this.#lastMessageAt = this.#context.clock.monotonic();
  }

  beat(): void {
    this.#context.watch?.answered();
    this.#heartbeats.beat();
  }

  batch(batch: KafkaBatch): boolean {
    const owned = this.#partitions.get(batch);
    if (!owned || owned.looking) return false;
    const { sink, before } = owned;
    owned.highWatermark = batch.highWatermark;
    // What was fetched from any other position is not ours to take, wherever it came from.
    if (batch.fetchedOffset !== sink.next || batch.highWatermark < sink.next) {
      this.#partitions.look(owned);
      return false;
    }
    // No await in here: a partition that another writer has moved must not take the rest of this batch.
    let last: Message | undefined;
    for (const message of batch.messages) {
      if (before !== undefined && message.offset >= before) break;
      sink.accept(message);
      last = message;
    }
    if (last) owned.readTime = last.timestamp;
    const next = batch.lastOffset + 1n;
    sink.skipTo(before !== undefined && before < next ? before : next);
    this.#lastMessageAt = this.#context.clock.monotonic();
    this.#moved(owned);
    return true;
  }

  passed(partition: TopicPartition, position: bigint): void {
    const owned = this.#partitions.get(partition);
    if (!owned || owned.looking) return;
    if (position !== owned.sink.next) {
      this.#partitions.look(owned);
      return;
    }
    owned.sink.skipTo(position + 1n);
    this.#moved(owned);
  }

  #moved(owned: Owned): void {
    owned.movedAt = this.#context.clock.monotonic();
    if (isFilled(owned)) this.#partitions.reopen(owned);
    else this.#ending.check();
  }

  room(): Promise<void> | undefined {
    return this.#stopping ? undefined : this.#context.sink.room();
  }

  crashed(error: unknown): void {
    if (error instanceof CutoverError) {
      this.#reject(error);
      return;
    }
    const { group, brokers } = this.#settings;
    this.#reject(
      new CutoverError("SOURCE_UNAVAILABLE", "the Kafka consumer has stopped", {
        place: `group ${group} on ${brokers.join(", ")}`,
        received: messageOf(error),
        hint: "start the same command again: it goes on where the ledger ends",
        cause: error,
      }),
    );
  }

  /** The client's errors are faults of the broker or of the way there; any other that is not expected is a bug. */
  #fail(error: unknown): void {
    if (error instanceof Error && error.name.startsWith("KafkaJS")) this.crashed(error);
    else this.#reject(error);
  }

  #tick(): void {
    this.#heartbeats.tick(TICK_MS);
    this.#watch.tick().catch((error: unknown) => this.#fail(error));
    tellLag(this.#context, this.#partitions.all());
    const quietMs = this.#quietMs();
    if (!this.#partitions.ready) {
      const { group } = this.#settings;
      if (quietMs >= 3_000)
        this.#context.log.progress(`waiting for the group ${group}, ${Math.round(quietMs / 1000)} s: ${GROUP_WAIT}`);
      return;
    }
    lookAtStalled(this.#context, this.#partitions, this.#end);
    this.#ending.tick();
  }

  #quietMs(): number {
    return this.#context.clock.monotonic() - this.#lastMessageAt;
  }

  /** Makes durable what is held, while the group still sees a living member. */
  async #leave(): Promise<void> {
    const { clock, drain } = this.#context;
    this.#stopping = true;
    this.#partitions.stop();
    await drain();
    // The wait ends with the commits: a timer left behind would hold the process open.
    const waiting = new AbortController();
    const limit = clock.sleep(COMMIT_WAIT_MS, waiting.signal).catch(() => {});
    await Promise.race([this.#partitions.committed, limit]);
    waiting.abort();
  }
}
