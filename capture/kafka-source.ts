/**
 * Capture from Kafka: a member of a consumer group whose positions come from the ledger. Each (re)balance
 * starts an epoch: buffers of the epoch before are dropped, and every partition starts where its chain of
 * objects ends. Offsets committed to the group are hints.
 */
import type { KafkaSettings } from "../src/config/schema.ts";
import { CutoverError, isCutoverError, messageOf } from "../src/errors.ts";
import { sha256Hex } from "../src/hash.ts";
import { sanitiseLogName } from "../src/lake/keys.ts";
import { LIMITS } from "../src/limits.ts";
import {
  connectKafka,
  type KafkaBatch,
  type KafkaClient,
  type KafkaListener,
  SESSION_TIMEOUT_MS,
  type TopicPartition,
} from "./kafka.ts";
import { limiter } from "./limiter.ts";
import type { CommitHint, LogBounds, PartitionSink, Source, SourceContext, Until } from "./port.ts";

export function kafkaSource(settings: KafkaSettings, until: Until, connect = connectKafka): Source {
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

/** SOURCE_UNUSABLE when a topic is not there. */
export async function checkTopics(client: KafkaClient, { topics, brokers }: KafkaSettings): Promise<void> {
  const known = await client.topics();
  const missing = topics.filter((topic) => !known.includes(topic));
  if (missing.length === 0) return;
  const visible = known.filter((topic) => !topic.startsWith("__"));
  throw new CutoverError("SOURCE_UNUSABLE", `there is no topic ${missing.join(", ")}`, {
    place: `capture.source.kafka.topics on ${brokers.join(", ")}`,
    expected: visible.length > 0 ? `one of ${visible.slice(0, 20).join(", ")}` : "a topic; this cluster has none",
    hint: "correct the name, or create the topic",
  });
}

/** The log of a topic: two clusters may have topics of one name. */
export function kafkaLog(topic: string, clusterId: string): string {
  // Kafka's own ids are a UUID in base64url; other systems' are any text, which is hashed.
  const hex = /^[A-Za-z0-9_-]{22}$/.test(clusterId)
    ? Buffer.from(clusterId, "base64url").toString("hex")
    : sha256Hex(clusterId);
  return `${sanitiseLogName(topic)}@${hex.slice(0, 8)}`;
}

interface Owned extends TopicPartition {
  readonly sink: PartitionSink;
  /** A seek was asked for while batches fetched before it may still be on their way. */
  seeking: boolean;
  highWatermark: bigint;
}

class GroupMember implements KafkaListener {
  readonly #client: KafkaClient;
  readonly #settings: KafkaSettings;
  readonly #until: Until;
  readonly #context: SourceContext;
  readonly #owned = new Map<string, Owned>();
  #ends = new Map<string, LogBounds>();
  #epoch = 0;
  /** False while the positions of a new assignment are being looked up. */
  #ready = false;
  #stopping = false;
  #lastMessageAt = 0;
  #commits: Promise<void> = Promise.resolve();
  #finish: (reason: string) => void = () => {};
  #fail: (error: unknown) => void = () => {};

  constructor(client: KafkaClient, settings: KafkaSettings, until: Until, context: SourceContext) {
    this.#client = client;
    this.#settings = settings;
    this.#until = until;
    this.#context = context;
  }

  async run(): Promise<string> {
    const { stop, clock, drain } = this.#context;
    const ended = new Promise<string>((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    ended.catch(() => {});
    const onStop = (): void => this.#fail(stop.reason);
    stop.addEventListener("abort", onStop, { once: true });
    const timer = setInterval(() => this.#tick(), 500);
    try {
      stop.throwIfAborted();
      for (const topic of this.#settings.topics) {
        for (const [partition, bounds] of await this.#client.bounds(topic))
          this.#ends.set(nameOf({ topic, partition }), bounds);
      }
      this.#lastMessageAt = clock.monotonic();
      await this.#client.run(this);
      return await ended;
    } finally {
      clearInterval(timer);
      stop.removeEventListener("abort", onStop);
      this.#stopping = true;
      // Paused, the client goes on sending heartbeats while what is buffered becomes durable.
      this.#quietly("pause", () => this.#client.pause([...this.#owned.values()]));
      await drain();
      // The wait ends with the commits: a timer left behind would hold the process open.
      const waiting = new AbortController();
      const limit = clock.sleep(COMMIT_WAIT_MS, waiting.signal).catch(() => {});
      await Promise.race([this.#commits, limit]);
      waiting.abort();
    }
  }

  beat(): void {
    this.#context.watch?.answered();
  }

  left(): void {
    this.#context.watch?.left();
  }

  assigned(partitions: readonly TopicPartition[]): void {
    this.#context.watch?.assigned(partitions.length);
    const epoch = ++this.#epoch;
    this.#ready = false;
    const writing = [...this.#owned.values()].map(({ sink }) => {
      sink.close();
      return sink.settled;
    });
    this.#owned.clear();
    if (this.#stopping) return;
    this.#context.log.debug("assigned", { epoch, partitions: partitions.map(nameOf).join(" ") });
    this.#start(epoch, partitions, writing).catch((error: unknown) => {
      if (epoch === this.#epoch) this.#fail(error);
    });
  }

  batch(batch: KafkaBatch): boolean {
    const owned = this.#owned.get(nameOf(batch));
    if (!owned || this.#stopping) return false;
    const { sink } = owned;
    owned.highWatermark = batch.highWatermark;
    if (batch.fetchedOffset > sink.next || batch.highWatermark < sink.next) {
      this.#explainJump(owned).catch((error: unknown) => this.#fail(error));
      return false;
    }
    owned.seeking = false;
    // No await in here: a partition that another writer has moved must not take the rest of this batch.
    for (const message of batch.messages) sink.accept(message);
    sink.skipTo(batch.lastOffset + 1n);
    this.#lastMessageAt = this.#context.clock.monotonic();
    this.#checkEnd();
    return true;
  }

  passed(partition: TopicPartition, first: bigint | null, last: bigint): void {
    const owned = this.#owned.get(nameOf(partition));
    if (!owned || this.#stopping) return;
    const mayBeOld = owned.seeking && (first === null || first > owned.sink.next);
    owned.seeking = false;
    // Ignored, it shows as a jump at the next fetch, which then starts again at the right position.
    if (mayBeOld) return;
    owned.sink.skipTo(last + 1n);
    this.#checkEnd();
  }

  room(): Promise<void> | undefined {
    return this.#stopping ? undefined : this.#context.sink.room();
  }

  crashed(error: unknown): void {
    if (isCutoverError(error)) {
      this.#fail(error);
      return;
    }
    this.#fail(
      new CutoverError("SOURCE_UNAVAILABLE", "the Kafka consumer has stopped", {
        place: `group ${this.#settings.group} on ${this.#settings.brokers.join(", ")}`,
        received: messageOf(error),
        hint: "start the same command again: it goes on where the ledger ends",
        cause: error,
      }),
    );
  }

  /** Looks up where each partition starts, then lets it be fetched. */
  async #start(epoch: number, partitions: readonly TopicPartition[], writing: readonly Promise<void>[]): Promise<void> {
    await Promise.all(writing);
    const limit = limiter(LIMITS.footerReads);
    for (const [topic, items] of Map.groupBy(partitions, ({ topic }) => topic)) {
      const [hints, bounds] = await Promise.all([this.#client.committed(topic), this.#client.bounds(topic)]);
      await Promise.all(
        items.map((item) =>
          limit(() => this.#open(epoch, item, bounds.get(item.partition), hints.get(item.partition))),
        ),
      );
    }
    if (epoch !== this.#epoch) return;
    this.#ready = true;
    this.#context.watch?.reading();
    this.#lastMessageAt = this.#context.clock.monotonic();
    this.#checkEnd();
  }

  async #open(
    epoch: number,
    item: TopicPartition,
    bounds: LogBounds | undefined,
    hint: CommitHint | undefined,
  ): Promise<void> {
    const { ledger, sink: recorder, log } = this.#context;
    if (epoch !== this.#epoch || !bounds) return;
    const id = { log: kafkaLog(item.topic, this.#client.clusterId), partition: item.partition };
    const from = await ledger.resume(id, bounds, hint);
    if (epoch !== this.#epoch || this.#stopping) return;
    if (from.readableFrom > from.next) warnLost(log, item, from.next, from.readableFrom);
    const current = (): boolean => epoch === this.#epoch;
    const sink = recorder.open(id, from, {
      durable: async (last, key) => {
        if (current()) this.#commit(item, last, key);
      },
      moved: (next) => {
        const owned = this.#owned.get(nameOf(item));
        if (!current() || !owned) return;
        owned.seeking = true;
        this.#quietly("seek", () => this.#client.seek(item, next));
      },
    });
    this.#owned.set(nameOf(item), { ...item, sink, seeking: false, highWatermark: bounds.high });
    this.#client.seek(item, sink.next);
    this.#client.resume([item]);
  }

  /**
   * A fetch that did not start where it should: after OFFSET_OUT_OF_RANGE kafkajs goes to the earliest
   * position. What retention deleted is recorded as a gap; anything else is read again from where we are.
   */
  async #explainJump(owned: Owned): Promise<void> {
    const { sink } = owned;
    const epoch = this.#epoch;
    this.#client.pause([owned]);
    const bounds = (await this.#client.bounds(owned.topic)).get(owned.partition);
    if (epoch !== this.#epoch || !bounds || this.#stopping) return;
    if (bounds.high < sink.next) throw shrunk(owned, bounds);
    if (bounds.low > sink.next) {
      warnLost(this.#context.log, owned, sink.next, bounds.low);
      sink.skipTo(bounds.low, "retention");
    }
    this.#client.seek(owned, sink.next);
    this.#client.resume([owned]);
  }

  /** In order, one after the other; a commit that fails costs the next start a listing, nothing else. */
  #commit(item: TopicPartition, last: bigint, key: string): void {
    this.#commits = this.#commits
      .then(() => this.#client.commit(item, last, key))
      .catch((error: unknown) => this.#context.log.debug("offset not committed", { error: messageOf(error) }));
  }

  #checkEnd(): void {
    if (this.#until.kind !== "end" || !this.#ready) return;
    for (const [name, { sink }] of this.#owned) if (sink.next < (this.#ends.get(name)?.high ?? 0n)) return;
    const messages = [...this.#ends.values()].some(({ high, low }) => high > low);
    const topics = this.#settings.topics.join(", ");
    this.#finish(
      messages ? `reached the end of ${topics} (${this.#owned.size} partitions)` : `${topics} holds no message`,
    );
  }

  #tick(): void {
    const { clock, log, watch } = this.#context;
    for (const [topic, items] of Map.groupBy(this.#owned.values(), (owned) => owned.topic)) {
      const behind = items.reduce(
        (sum, { highWatermark, sink }) => sum + Math.max(0, Number(highWatermark - sink.next)),
        0,
      );
      watch?.lag(topic, behind);
    }
    if (!this.#ready) {
      const waited = Math.round((clock.monotonic() - this.#lastMessageAt) / 1000);
      if (waited >= 3) log.progress(`waiting for the group ${this.#settings.group}, ${waited} s: ${GROUP_WAIT}`);
      return;
    }
    if (this.#until.kind !== "idle") return;
    if (clock.monotonic() - this.#lastMessageAt < this.#until.ms) return;
    this.#finish(`no message for ${Math.round(this.#until.ms / 1000)} s`);
  }

  /** Between a crash and its restart kafkajs has no group to act on; the next assignment does it anew. */
  #quietly(what: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#context.log.debug(`kafka ${what} not possible`, { error: messageOf(error) });
    }
  }
}

/** How long the end of a capture waits for offsets to be committed: they are hints. */
const COMMIT_WAIT_MS = 5_000;

const GROUP_WAIT = `a member that was killed holds it for up to ${SESSION_TIMEOUT_MS / 1000} s`;

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

function warnLost(log: SourceContext["log"], { topic, partition }: TopicPartition, from: bigint, to: bigint): void {
  log.warn("retention deleted positions before they were captured", { topic, partition, first: from, last: to - 1n });
}

function shrunk({ topic, partition, sink }: Owned, { high }: LogBounds): CutoverError {
  return new CutoverError("LEDGER_CONFLICT", `${topic} partition ${partition} ends before what was read of it`, {
    expected: `a log that goes on at ${sink.next}`,
    received: `a log that ends at ${high}: the topic was deleted and created again, or has lost its end`,
    hint: "capture the new topic into another store (store: in cutover.yaml)",
  });
}
