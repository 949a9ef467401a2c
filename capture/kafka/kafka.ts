/** The Kafka client: the only file that knows kafkajs. What it calls back is in terms of positions and messages. */
import type { Batch, EachBatchPayload, IHeaders, KafkaConfig, KafkaMessage, SASLOptions } from "kafkajs";
import type { KafkaSettings } from "../../src/config/schema.ts";
import { CutoverError, messageOf } from "../../src/errors.ts";
import { CONNECT_RETRIES, clientConfig, muteTimeoutWarnings } from "../../src/kafka/connection.ts";
import { explainRefusal } from "../../src/kafka/security.ts";
import type { Logger } from "../../src/log.ts";
import type { CommitHint, FirstMessage, Header, LogBounds, Message } from "../port.ts";
import { decompress } from "./codecs.ts";
import { type FetchedBatch, handled, loadKafkajs } from "./kafka-decoder.ts";
import { createScout, type KafkaScout } from "./kafka-scout.ts";
import { messagesOf } from "./record-batch.ts";
import type { TopicIds } from "./wire.ts";

/** What is said about the source; `format` says how messages are read. */
export type ConnectionSettings = Omit<KafkaSettings, "format">;

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface KafkaBatch extends TopicPartition {
  /** Where the fetch started. */
  readonly fetchedOffset: bigint;
  /** Last position that the fetch covers, control records included. */
  readonly lastOffset: bigint;
  readonly highWatermark: bigint;
  /** In order of position; control records and aborted transactions left out. One object, filled anew for each. */
  readonly messages: Iterable<Message>;
}

/** Called by the client. All but `room` are synchronous and may not throw. */
export interface KafkaListener {
  /** The group has (re)balanced: from now on exactly these partitions are this member's, all of them paused. */
  assigned(partitions: readonly TopicPartition[]): void;
  /** Returns whether the batch was taken; one that was not is fetched again, unless `seek` says otherwise. */
  batch(batch: KafkaBatch): boolean;
  /** A fetch held nothing at or after the position where it started, so no message stands there: older formats only. */
  passed(partition: TopicPartition, position: bigint): void;
  /** Awaited, with heartbeats, before the next batch. */
  room(): Promise<void> | undefined;
  /** The broker has answered a heartbeat. */
  beat(): void;
  /** The client has left the group, and will join it again by itself. */
  left(): void;
  crashed(error: unknown): void;
}

export interface KafkaClient {
  readonly clusterId: string;
  topics(): Promise<readonly string[]>;
  bounds(topic: string): Promise<Map<number, LogBounds>>;
  committed(topic: string): Promise<Map<number, CommitHint>>;
  /** Ends with the positions of open transactions, which `bounds` leaves out. */
  written(topic: string): Promise<Map<number, bigint>>;
  topicIds(topics: readonly string[]): Promise<TopicIds>;
  firstAt(partition: TopicPartition, position: bigint): Promise<FirstMessage | undefined>;
  /** State of the group, empty when there is none, and who is in it. */
  group(): Promise<{ readonly state: string; readonly members: readonly string[] }>;
  /** Joins the group. Resolves once joined or crashed. */
  run(listener: KafkaListener): Promise<void>;
  seek(partition: TopicPartition, offset: bigint): void;
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** Commits the offset after `last`, naming the object that ends there. */
  commit(partition: TopicPartition, last: bigint, key: string): Promise<void>;
  close(): Promise<void>;
}

/** Longest wait of an idle fetch: how late a resumed partition is noticed. */
const FETCH_WAIT_MS = 500;
/**
 * How long the group waits for a member that was killed. A third of kafkajs's default: a rebalance costs a
 * re-reading of what was buffered, a restart after a crash waits this long before its first message.
 */
export const SESSION_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 1_000;
/** How late partitions that were added to a topic are noticed. */
const METADATA_AGE_MS = 30_000;
const CONSUMER_RETRIES = 5;
const PARTITION_FETCH_BYTES = 1024 * 1024;
const ROOM_HEARTBEAT_MS = 500;
/** Largest time a Date can hold; brokers let producers send any 64-bit number. */
const TIME_MAX_MS = 8.64e15;
const NO_HEADERS: readonly Header[] = [];

/** Connects and asks who the cluster is; SOURCE_UNUSABLE when no broker answers. */
export async function connectKafka(settings: ConnectionSettings, log: Logger): Promise<KafkaClient> {
  const config: KafkaConfig = await clientConfig<SASLOptions>(settings, log);
  const { Kafka } = loadKafkajs(decompress) as typeof import("kafkajs");
  const restoreWarnings = muteTimeoutWarnings();
  const admin = new Kafka({ ...config, retry: { retries: CONNECT_RETRIES } }).admin();
  try {
    await admin.connect();
    const { clusterId } = await admin.describeCluster();
    const scout = createScout(new Kafka({ ...config, retry: { retries: CONNECT_RETRIES } }));
    const state = { closed: false };
    const consumer = new Kafka(config).consumer({
      groupId: settings.group,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      metadataMaxAge: METADATA_AGE_MS,
      // Closed while it joins, it would start again and hold the process open.
      retry: { retries: CONSUMER_RETRIES, restartOnFailure: async () => !state.closed },
      maxWaitTimeInMs: FETCH_WAIT_MS,
      maxBytesPerPartition: PARTITION_FETCH_BYTES,
      allowAutoTopicCreation: false,
    });
    return clientOf({ admin, consumer, scout, settings, clusterId, restoreWarnings, state });
  } catch (cause) {
    restoreWarnings();
    await admin.disconnect().catch(() => {});
    const refusal = await explainRefusal(cause, settings);
    if (refusal) throw refusal;
    throw new CutoverError("SOURCE_UNUSABLE", "no Kafka broker answers", {
      place: `capture.source.kafka.brokers: ${settings.brokers.join(", ")}`,
      received: messageOf(cause),
      hint: "start the broker or correct the addresses; cutover doctor tries them",
      cause,
    });
  }
}

interface ClientParts {
  readonly admin: import("kafkajs").Admin;
  readonly consumer: import("kafkajs").Consumer;
  readonly scout: KafkaScout;
  readonly state: { closed: boolean };
  readonly settings: ConnectionSettings;
  readonly clusterId: string;
  readonly restoreWarnings: () => void;
}

function clientOf({ admin, consumer, scout, settings, clusterId, restoreWarnings, state }: ClientParts): KafkaClient {
  const grouped = (partitions: readonly TopicPartition[]) =>
    [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, items]) => ({
      topic,
      partitions: items.map(({ partition }) => partition),
    }));
  return {
    clusterId,
    topics: () => admin.listTopics(),
    async bounds(topic) {
      const offsets = await admin.fetchTopicOffsets(topic);
      return new Map(offsets.map(({ partition, low, high }) => [partition, { low: BigInt(low), high: BigInt(high) }]));
    },
    async committed(topic) {
      const [found] = await admin.fetchOffsets({ groupId: settings.group, topics: [topic] });
      return new Map(
        (found?.partitions ?? []).map((p) => [p.partition, { offset: BigInt(p.offset), metadata: p.metadata ?? "" }]),
      );
    },
    written: (topic) => scout.written(topic),
    topicIds: (topics) => scout.topicIds(topics),
    firstAt: ({ topic, partition }, position) => scout.firstAt(topic, partition, position),
    async group() {
      const { groups } = await admin.describeGroups([settings.group]);
      const { state, members } = groups[0] ?? { state: "Dead", members: [] };
      return {
        state: state === "Dead" ? "" : state,
        members: members.map(({ clientId, clientHost }) => `${clientId} at ${clientHost.replace(/^\//, "")}`),
      };
    },
    async run(listener) {
      await consumer.connect();
      await consumer.subscribe({ topics: [...settings.topics], fromBeginning: true });
      listen(consumer, settings, listener);
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: (payload) => handle(payload, listener),
      });
    },
    seek: ({ topic, partition }, offset) => consumer.seek({ topic, partition, offset: String(offset) }),
    pause: (partitions) => consumer.pause(grouped(partitions)),
    resume: (partitions) => consumer.resume(grouped(partitions)),
    commit: ({ topic, partition }, last, key) =>
      consumer.commitOffsets([{ topic, partition, offset: String(last + 1n), metadata: key }]),
    async close() {
      state.closed = true;
      await Promise.allSettled([consumer.disconnect(), admin.disconnect(), scout.close()]);
      restoreWarnings();
    },
  };
}

function listen(consumer: import("kafkajs").Consumer, settings: ConnectionSettings, listener: KafkaListener): void {
  const { GROUP_JOIN, HEARTBEAT, CRASH, END_BATCH_PROCESS } = consumer.events;
  consumer.on(GROUP_JOIN, ({ payload }) => {
    const partitions = Object.entries(payload.memberAssignment).flatMap(([topic, numbers]) =>
      numbers.map((partition) => ({ topic, partition })),
    );
    // Nothing is fetched before the ledger has said from where: kafkajs does not wait for a listener.
    if (partitions.length > 0) {
      consumer.pause(partitions.map(({ topic, partition }) => ({ topic, partitions: [partition] })));
    }
    listener.assigned(partitions);
  });
  consumer.on(HEARTBEAT, () => listener.beat());
  consumer.on(CRASH, async ({ payload: { error, restart } }) => {
    if (restart) listener.left();
    else listener.crashed((await explainRefusal(error, settings)) ?? error);
  });
  // `eachBatch` is not called for a fetch whose messages all lie before its start; the start then stands for the last.
  consumer.on(END_BATCH_PROCESS, ({ payload: { topic, partition, batchSize, lastOffset } }) => {
    if (batchSize === 0) listener.passed({ topic, partition }, BigInt(lastOffset));
  });
}

async function handle(payload: EachBatchPayload, listener: KafkaListener): Promise<void> {
  // fetchedOffset is a public property of kafkajs's Batch that its types leave out.
  const batch = payload.batch as Batch & { readonly fetchedOffset: string };
  if (payload.isStale() || !payload.isRunning()) return;
  const last = batch.messages.at(-1);
  const fetchedOffset = BigInt(batch.fetchedOffset);
  try {
    const taken = listener.batch({
      topic: batch.topic,
      partition: batch.partition,
      fetchedOffset,
      lastOffset: BigInt(batch.lastOffset()),
      highWatermark: BigInt(batch.highWatermark),
      messages: fetchedMessages(batch, fetchedOffset),
    });
    if (taken && last) payload.resolveOffset(last.offset);
    handled(batch.messages as unknown as readonly FetchedBatch[]);
  } catch (error) {
    if (!(error instanceof CutoverError)) throw error;
    listener.crashed(error);
    return;
  }
  await payload.heartbeat();
  for (let room = listener.room(); room !== undefined; room = listener.room()) {
    let timer: NodeJS.Timeout | undefined;
    const beat = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ROOM_HEARTBEAT_MS);
    });
    await Promise.race([room, beat]);
    clearTimeout(timer);
    await payload.heartbeat();
  }
}

/** SOURCE_CORRUPT at the first batch that is damaged; what came before it has been given. */
function* fetchedMessages({ topic, partition, messages }: Batch, from: bigint): Generator<Message> {
  for (const item of messages as unknown as readonly (FetchedBatch | KafkaMessage)[]) {
    if (!("batch" in item)) {
      yield messageOfOlderFormat(item);
      continue;
    }
    const { batch, aborted } = item;
    if (batch.fault !== undefined) throw corrupt(topic, partition, batch.firstOffset, batch.fault);
    if (aborted) continue;
    try {
      yield* messagesOf(batch, from);
    } catch (error) {
      throw corrupt(topic, partition, batch.firstOffset, messageOf(error));
    }
  }
}

function corrupt(topic: string, partition: number, offset: bigint, fault: string): CutoverError {
  return new CutoverError("SOURCE_CORRUPT", "a record batch is damaged", {
    place: `${topic}/${partition}/${offset}`,
    received: fault,
    hint: "read the partition from another replica, or restore it; nothing of the batch was captured",
  });
}

function messageOfOlderFormat({ offset, timestamp, key, value, headers }: KafkaMessage): Message {
  return {
    offset: BigInt(offset),
    timestamp: Math.min(TIME_MAX_MS, Math.max(-TIME_MAX_MS, Number(timestamp))),
    key,
    value,
    valueBytes: value?.length ?? 0,
    headers: headersOf(headers),
  };
}

function headersOf(headers: IHeaders | undefined): readonly Header[] {
  if (headers === undefined) return NO_HEADERS;
  const list: Header[] = [];
  for (const [name, value] of Object.entries(headers)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined) list.push([name, typeof item === "string" ? Buffer.from(item) : item]);
    }
  }
  return list.length === 0 ? NO_HEADERS : list;
}
