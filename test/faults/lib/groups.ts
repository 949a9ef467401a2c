/** What an administrator can do to a consumer group. */
import { withAdmin } from "../../support/kafka.ts";

/** Takes every member out of the group; those alive have to join again, the dead are not waited for. */
export async function evictAll(broker: string, group: string): Promise<void> {
  await withAdmin(broker, async (admin) => {
    const groups = await admin.describeGroups({ groups: [group] });
    const members = [...(groups.get(group)?.members.keys() ?? [])].map((memberId) => ({ memberId }));
    if (members.length > 0) await admin.removeMembersFromConsumerGroup({ groupId: group, members });
  });
}

/** Forgets the group and all that it has committed; it must have no member. */
export async function forgetGroup(broker: string, group: string): Promise<void> {
  await withAdmin(broker, (admin) => admin.deleteGroups({ groups: [group] }));
}

/** Sets the committed offset of each partition, without naming an object; the group must have no member. */
export async function moveOffsets(
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
