/** The loop that the kafkajs peers share: a new group from the beginning, until RECORDS messages came. */
import { Kafka, type KafkaMessage, logLevel } from "kafkajs";

const MIB = 1024 * 1024;

export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

/** Hands every message to `take`, awaited; seconds from the first message to the end of the last `take`. */
export async function consumeAll(
  take: (message: KafkaMessage, partition: number) => Promise<void> | undefined,
  finish: () => Promise<void> = async () => {},
): Promise<{ seconds: number; records: number }> {
  const wanted = Number(setting("RECORDS"));
  const kafka = new Kafka({ brokers: [setting("BROKER")], clientId: "peer", logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({
    groupId: `peer-${process.pid}-${Date.now()}`,
    maxBytesPerPartition: 4 * MIB,
    maxBytes: 16 * MIB,
  });
  await consumer.connect();
  await consumer.subscribe({ topic: setting("TOPIC"), fromBeginning: true });
  let records = 0;
  let started: number | undefined;
  const done = Promise.withResolvers<void>();
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 1,
    eachBatch: async ({ batch, heartbeat }) => {
      started ??= performance.now();
      for (const message of batch.messages) {
        const taken = take(message, batch.partition);
        if (taken) await taken;
      }
      records += batch.messages.length;
      await heartbeat();
      if (records >= wanted) done.resolve();
    },
  });
  await done.promise;
  await finish();
  const seconds = (performance.now() - (started ?? performance.now())) / 1000;
  await consumer.disconnect();
  return { seconds, records };
}
