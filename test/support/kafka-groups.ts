/** What other tools do to a cluster while nobody looks: offsets set by hand, groups deleted, topics changed. */
import kafkajs from "kafkajs";
import { connectKafka, type KafkaListener } from "../../capture/kafka/kafka.ts";
import type { Logger } from "../../src/log.ts";
import { withAdmin } from "./kafka.ts";

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, progress() {}, flush: async () => {} };

/** As `kafka-consumer-groups --reset-offsets`, of partition 0: without metadata. The group has no member. */
export function setOffset(broker: string, group: string, topic: string, offset: bigint): Promise<void> {
  return setOffsets(broker, group, topic, [offset]);
}

/** The same for partitions 0, 1, … */
export async function setOffsets(
  broker: string,
  group: string,
  topic: string,
  offsets: readonly bigint[],
): Promise<void> {
  const partitionOffsets = offsets.map((offset, partition) => ({ partition, offset }));
  await withAdmin(broker, (admin) =>
    admin.alterConsumerGroupOffsets({ groupId: group, topics: [{ name: topic, partitionOffsets }] }),
  );
}

/** Takes every member out of the group; those alive have to join again, the dead are not waited for. */
export async function evictMembers(broker: string, group: string): Promise<void> {
  const members = (await membersOf(broker, group)).map((memberId) => ({ memberId }));
  if (members.length === 0) return;
  await withAdmin(broker, (admin) => admin.removeMembersFromConsumerGroup({ groupId: group, members }));
}

/** Asked by kafkajs: of a member that is joining, @platformatic/kafka throws where nobody can catch it. */
async function membersOf(broker: string, group: string): Promise<string[]> {
  const { Kafka, logLevel } = kafkajs;
  const admin = new Kafka({ clientId: "cutover-test", brokers: [broker], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const { groups } = await admin.describeGroups([group]);
    return groups.flatMap(({ members }) => members.map(({ memberId }) => memberId));
  } finally {
    await admin.disconnect();
  }
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
