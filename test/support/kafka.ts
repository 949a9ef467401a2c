import { Admin, type MessageToProduce, Producer } from "@platformatic/kafka";

/** Generous, for a broker that serves many on a machine that has much to do. */
const TIMEOUT_MS = 60_000;
/** Of the question whether there is a broker, which is asked again and again. */
const PROBE_TIMEOUT_MS = 10_000;
/** Requests of a few megabytes keep the broker busy without holding a whole topic in memory. */
const BATCH_MESSAGES = 2_000;
const BATCH_BYTES = 4 * 1024 * 1024;

export interface Message {
  readonly value: Buffer | string | null;
  readonly key?: Buffer | string;
  readonly headers?: Readonly<Record<string, Buffer | string>>;
  /** UTC milliseconds; the time of sending when absent. */
  readonly timestamp?: number;
  /** Chosen by the key's hash, else in turn, when absent. */
  readonly partition?: number;
}

/** Creates a topic and waits until its partitions have a leader. `config` e.g. `{ "cleanup.policy": "compact" }`. */
export async function createTopic(
  broker: string,
  topic: string,
  partitions = 1,
  config: Readonly<Record<string, string>> = {},
): Promise<void> {
  await withAdmin(broker, async (admin) => {
    const configs = Object.entries(config).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ topics: [topic], partitions, replicas: 1, configs });
    const deadline = performance.now() + TIMEOUT_MS;
    for (;;) {
      const metadata = await admin.metadata({ topics: [topic], forceUpdate: true }).catch(() => undefined);
      const found = metadata?.topics.get(topic)?.partitions ?? [];
      if (found.length === partitions && found.every(({ leader }) => leader >= 0)) return;
      if (performance.now() > deadline) throw new Error(`topic ${topic} has no leaders after ${TIMEOUT_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
}

export async function deleteTopic(broker: string, topic: string): Promise<void> {
  await withAdmin(broker, (admin) => admin.deleteTopics({ topics: [topic] }));
}

/** Deletes records below `offset` of one partition, as retention would: the log then starts there. */
export async function deleteRecords(broker: string, topic: string, partition: number, offset: bigint): Promise<void> {
  await withAdmin(broker, async (admin) => {
    await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition, offset }] }] });
  });
}

export type Compression = "none" | "gzip" | "snappy" | "lz4" | "zstd";

/** Sends messages in order, in bounded batches, each acknowledged before the next; resolves with how many. */
export async function produce(
  broker: string,
  topic: string,
  messages: Iterable<Message> | AsyncIterable<Message>,
  compression: Compression = "none",
): Promise<number> {
  const settings = { ...clientOptions(broker), idempotent: true, acks: -1, compression };
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>(settings);
  try {
    let sent = 0;
    let batch: MessageToProduce<Buffer, Buffer, Buffer, Buffer>[] = [];
    let bytes = 0;
    const flush = async (): Promise<void> => {
      if (batch.length > 0) await producer.send({ messages: batch });
      sent += batch.length;
      batch = [];
      bytes = 0;
    };
    for await (const message of messages) {
      batch.push(toProduce(topic, message));
      bytes += message.value === null ? 0 : message.value.length;
      if (batch.length >= BATCH_MESSAGES || bytes >= BATCH_BYTES) await flush();
    }
    await flush();
    return sent;
  } finally {
    await producer.close();
  }
}

/** Resolves when the broker answers a metadata request, naming itself; rejects otherwise. */
export async function clusterIsUp(broker: string): Promise<void> {
  await withAdmin(
    broker,
    async (admin) => {
      const { brokers } = await admin.metadata({ forceUpdate: true });
      if (brokers.size === 0) throw new Error("the cluster has no broker yet");
    },
    PROBE_TIMEOUT_MS,
  );
}

/** Runs an action with an admin client of its own. */
export async function withAdmin<T>(
  broker: string,
  action: (admin: Admin) => Promise<T>,
  timeout: number = TIMEOUT_MS,
): Promise<T> {
  const admin = new Admin({ ...clientOptions(broker), timeout });
  try {
    return await action(admin);
  } finally {
    await admin.close();
  }
}

/** How test clients reach a broker. */
export function clientOptions(broker: string) {
  return { clientId: "cutover-test", bootstrapBrokers: [broker], timeout: TIMEOUT_MS, connectTimeout: 2_000 };
}

/** A message as the producer takes it. */
export function toProduce(topic: string, message: Message): MessageToProduce<Buffer, Buffer, Buffer, Buffer> {
  const headers = new Map(
    Object.entries(message.headers ?? {}).map(([name, value]) => [bytesOf(name), bytesOf(value)]),
  );
  return {
    topic,
    ...(message.key === undefined ? {} : { key: bytesOf(message.key) }),
    ...(message.value === null ? {} : { value: bytesOf(message.value) }),
    ...(headers.size === 0 ? {} : { headers }),
    ...(message.timestamp === undefined ? {} : { timestamp: BigInt(message.timestamp) }),
    ...(message.partition === undefined ? {} : { partition: message.partition }),
  };
}

function bytesOf(value: Buffer | string): Buffer {
  return typeof value === "string" ? Buffer.from(value, "utf8") : value;
}
