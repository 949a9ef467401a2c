/** What other tools do to a cluster while nobody looks: offsets set by hand, groups deleted, topics changed. */
import { Admin } from "@platformatic/kafka";
import { connectKafka, type KafkaListener } from "../../capture/kafka/kafka.ts";
import type { Logger } from "../../src/log.ts";

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, progress() {}, flush: async () => {} };

/** As `kafka-consumer-groups --reset-offsets`: without metadata. The group has no member. */
export async function setOffset(broker: string, group: string, topic: string, offset: bigint): Promise<void> {
  await withAdmin(broker, (admin) =>
    admin.alterConsumerGroupOffsets({
      groupId: group,
      topics: [{ name: topic, partitionOffsets: [{ partition: 0, offset }] }],
    }),
  );
}

export async function deleteGroup(broker: string, group: string): Promise<void> {
  await withAdmin(broker, (admin) => admin.deleteGroups({ groups: [group] }));
}

/** So that the topic then has `count`. */
export async function addPartitions(broker: string, topic: string, count: number): Promise<void> {
  await withAdmin(broker, async (admin) => {
    const { brokers, topics } = await admin.metadata({ topics: [topic], forceUpdate: true });
    const [node] = brokers.keys();
    const added = count - (topics.get(topic)?.partitionsCount ?? 0);
    const assignments = Array.from({ length: added }, () => ({ brokerIds: node === undefined ? [] : [node] }));
    await admin.createPartitions({ topics: [{ name: topic, count, assignments }] });
  });
}

/** Commits an offset of partition 0 with metadata, as a member of the group. */
export async function commitAs(
  broker: string,
  group: string,
  topic: string,
  offset: bigint,
  metadata: string,
): Promise<void> {
  const settings = { brokers: [broker], topics: [topic], group, clientId: "test" };
  const client = await connectKafka(settings, silent);
  const listener: KafkaListener = {
    assigned() {},
    batch: () => false,
    passed() {},
    room: () => undefined,
    beat() {},
    left() {},
    crashed() {},
  };
  try {
    await client.run(listener);
    await client.commit({ topic, partition: 0 }, offset - 1n, metadata);
  } finally {
    await client.close();
  }
}

/** What the group has committed of partition 0; undefined when nothing. */
export async function committedOf(broker: string, group: string, topic: string): Promise<bigint | undefined> {
  const client = await connectKafka({ brokers: [broker], topics: [topic], group, clientId: "test" }, silent);
  try {
    const offset = (await client.committed(topic)).get(0)?.offset;
    return offset === undefined || offset < 0n ? undefined : offset;
  } finally {
    await client.close();
  }
}

async function withAdmin<T>(broker: string, action: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin({ clientId: "cutover-test", bootstrapBrokers: [broker], timeout: 10_000 });
  try {
    return await action(admin);
  } finally {
    await admin.close();
  }
}
