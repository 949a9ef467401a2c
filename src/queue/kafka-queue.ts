/** Units of work on a Kafka topic: the only file beside capture's client that knows kafkajs. */
import type { Admin, Consumer, EachBatchPayload, Kafka, KafkaConfig, SASLOptions } from "kafkajs";
import { CutoverError, messageOf } from "../errors.ts";
import { CONNECT_RETRIES, clientConfig, muteTimeoutWarnings } from "../kafka/connection.ts";
import { loadKafkajs } from "../kafka/kafkajs.ts";
import { explainRefusal } from "../kafka/security.ts";
import type { Logger } from "../log.ts";
import { decodeOrder, encodeOrder, type OrderListener, type UnitConsumer, type UnitPublisher } from "./port.ts";
import type { QueueConnection } from "./settings.ts";
import { type StickyAssigner, stickyAssigner } from "./sticky.ts";

const HEARTBEAT_MS = 1_000;
/** Longest wait of an idle fetch, and so of a heartbeat that is due. */
const FETCH_WAIT_MS = 500;
const CONSUMER_RETRIES = 5;
const PUBLISH_MESSAGES = 1_000;

/** Connects, for who asks for work; SOURCE_UNUSABLE when no broker answers. */
export async function connectPublisher(settings: QueueConnection, log: Logger): Promise<UnitPublisher> {
  const { kafka, restore } = await open(settings, log, CONNECT_RETRIES);
  const admin = kafka.admin();
  const producer = kafka.producer({ allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 });
  const { topic, group } = settings;
  try {
    await admin.connect();
    await producer.connect();
  } catch (cause) {
    restore();
    await Promise.allSettled([admin.disconnect(), producer.disconnect()]);
    throw await unusable(cause, settings);
  }
  return {
    name: nameOf(settings),
    ensure: (partitions) => ensureTopic(admin, settings, partitions),
    async publish(orders) {
      const ends = new Map<number, bigint>();
      let batch: { partition: number; value: string }[] = [];
      const send = async (): Promise<void> => {
        if (batch.length > 0) await producer.send({ topic, acks: -1, messages: batch });
        batch = [];
      };
      for (const order of orders) {
        ends.set(order.bucket, 0n);
        batch.push({ partition: order.bucket, value: encodeOrder(order) });
        if (batch.length >= PUBLISH_MESSAGES) await send();
      }
      await send();
      // What others publish at the same time may be counted in: their work is then waited for too.
      for (const { partition, high } of await admin.fetchTopicOffsets(topic))
        if (ends.has(partition)) ends.set(partition, BigInt(high));
      return ends;
    },
    async done() {
      const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      return new Map((found?.partitions ?? []).map(({ partition, offset }) => [partition, BigInt(offset)]));
    },
    async workers() {
      const { groups } = await admin.describeGroups([group]);
      return groups[0]?.members.length ?? 0;
    },
    async close() {
      await Promise.allSettled([producer.disconnect(), admin.disconnect()]);
      restore();
    },
  };
}

/** Connects, for who works; SOURCE_UNUSABLE when no broker answers or the topic is not there. */
export async function connectConsumer(settings: QueueConnection, log: Logger): Promise<UnitConsumer> {
  const { kafka, kafkajs, restore } = await open(settings, log, CONSUMER_RETRIES);
  const { topic, group, sessionTimeout } = settings;
  const state = { closed: false };
  const admin = kafka.admin();
  try {
    await admin.connect();
    await topicOf(admin, settings);
  } catch (cause) {
    restore();
    await admin.disconnect().catch(() => {});
    throw cause instanceof CutoverError ? cause : await unusable(cause, settings);
  }
  const sticky = stickyAssigner(topic, kafkajs);
  /** What kafkajs has fetched before the group moved may still come: it is let through where `start` has sought. */
  const delivered = new Set<number>();
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout,
    heartbeatInterval: HEARTBEAT_MS,
    partitionAssigners: [sticky.assigner],
    // Closed while it joins, it would start again and hold the process open.
    retry: { retries: CONSUMER_RETRIES, restartOnFailure: async () => !state.closed },
    maxWaitTimeInMs: FETCH_WAIT_MS,
    allowAutoTopicCreation: false,
  });
  return {
    name: nameOf(settings),
    async run(listener) {
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      const joined: StickyAssigner["holds"] = (partitions, member) => {
        delivered.clear();
        sticky.holds(partitions, member);
      };
      listen(consumer, settings, listener, joined);
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: (payload) => handOver(payload, listener, delivered),
      });
    },
    async start(partition, at) {
      const offset = at ?? (await firstLeft(admin, settings, partition));
      consumer.seek({ topic, partition, offset: String(offset) });
      delivered.add(partition);
      consumer.resume([{ topic, partitions: [partition] }]);
    },
    pause: (partition) => consumer.pause([{ topic, partitions: [partition] }]),
    resume: (partition) => consumer.resume([{ topic, partitions: [partition] }]),
    acknowledge: (partition, next) => consumer.commitOffsets([{ topic, partition, offset: String(next) }]),
    async close() {
      state.closed = true;
      await Promise.allSettled([consumer.disconnect(), admin.disconnect()]);
      restore();
    },
  };
}

async function open(
  settings: QueueConnection,
  log: Logger,
  retries: number,
): Promise<{ kafka: Kafka; kafkajs: unknown; restore: () => void }> {
  const config: KafkaConfig = await clientConfig<SASLOptions>(settings, log);
  const kafkajs = loadKafkajs() as typeof import("kafkajs");
  return { kafka: new kafkajs.Kafka({ ...config, retry: { retries } }), kafkajs, restore: muteTimeoutWarnings() };
}

function listen(
  consumer: Consumer,
  settings: QueueConnection,
  listener: OrderListener,
  joined: StickyAssigner["holds"],
): void {
  const { topic } = settings;
  const { GROUP_JOIN, HEARTBEAT, REBALANCING, CRASH } = consumer.events;
  consumer.on(GROUP_JOIN, ({ payload }) => {
    const partitions = payload.memberAssignment[topic] ?? [];
    if (partitions.length > 0) consumer.pause([{ topic, partitions }]);
    joined(partitions, payload.memberId);
    listener.assigned(partitions, payload.memberId);
  });
  // kafkajs sends one heartbeat at a time, so that one answered now was sent after the one before it was answered.
  consumer.on(HEARTBEAT, () => listener.beat());
  consumer.on(REBALANCING, () => listener.moving());
  consumer.on(CRASH, async ({ payload: { error, restart } }) => {
    listener.moving();
    if (!restart) listener.crashed((await explainRefusal(error, settings)) ?? error);
  });
}

/** Orders are small and few: they are kept by the listener, and work goes on beside the fetches. */
async function handOver(
  payload: EachBatchPayload,
  listener: OrderListener,
  delivered: ReadonlySet<number>,
): Promise<void> {
  const { batch } = payload;
  if (payload.isStale() || !payload.isRunning() || !delivered.has(batch.partition)) return;
  const last = batch.messages.at(-1);
  listener.received(
    batch.partition,
    batch.messages.map(({ offset, value }) => ({ position: BigInt(offset), order: decodeOrder(value) })),
  );
  if (last) payload.resolveOffset(last.offset);
  await payload.heartbeat();
}

/** Position of the first unit that is not acknowledged. */
async function firstLeft(admin: Admin, { topic, group }: QueueConnection, partition: number): Promise<bigint> {
  const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
  const done = BigInt(found?.partitions.find((one) => one.partition === partition)?.offset ?? -1);
  const { low = "0" } = (await admin.fetchTopicOffsets(topic)).find((one) => one.partition === partition) ?? {};
  // Retention may have passed by what is not done.
  return done > BigInt(low) ? done : BigInt(low);
}

async function ensureTopic(admin: Admin, settings: QueueConnection, partitions: number): Promise<number> {
  const { topic } = settings;
  const topics = await admin.listTopics();
  if (topics.includes(topic)) return (await admin.fetchTopicOffsets(topic)).length;
  try {
    // Replication as the brokers have it by default.
    await admin.createTopics({
      topics: [{ topic, numPartitions: partitions, replicationFactor: -1 }],
      waitForLeaders: true,
    });
  } catch (cause) {
    // Made by another meanwhile: then it is there.
    if ((await admin.listTopics()).includes(topic)) return (await admin.fetchTopicOffsets(topic)).length;
    throw new CutoverError("SOURCE_UNUSABLE", "the topic of units is not there and cannot be made", {
      place: `${settings.place === "queue.kafka" ? "" : `${settings.place}, `}queue.kafka.topic: ${topic}`,
      received: messageOf(cause),
      hint: "make it, with as many partitions as workers will ever share the work",
      cause,
    });
  }
  return partitions;
}

async function topicOf(admin: Admin, settings: QueueConnection): Promise<void> {
  const { topic } = settings;
  if ((await admin.listTopics()).includes(topic)) return;
  throw new CutoverError("SOURCE_UNUSABLE", "the topic of units is not there", {
    place: `queue.kafka.topic: ${topic}`,
    hint: "cutover replay --target NAME --queue kafka makes it, or make it with as many partitions as workers will ever share the work",
  });
}

async function unusable(cause: unknown, settings: QueueConnection): Promise<CutoverError> {
  return (
    (await explainRefusal(cause, settings)) ??
    new CutoverError("SOURCE_UNUSABLE", "no Kafka broker answers", {
      place: `${settings.place}.brokers: ${settings.brokers.join(", ")}`,
      received: messageOf(cause),
      hint: "start the broker or correct the addresses",
      cause,
    })
  );
}

function nameOf({ topic, brokers }: QueueConnection): string {
  return `topic ${topic} at ${brokers.join(", ")}`;
}
