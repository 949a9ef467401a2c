/**
 * Who of the group takes which partition: evenly, and each keeps what it has. A partition that moves rests for a session
 * and a request's time-out, so moving all of them whenever a worker comes or goes would stand still a whole run.
 */
import type { loadKafkajs } from "../kafka/kafkajs.ts";

/** What of kafkajs is used here; its types stand in kafka-queue.ts. */
interface AssignerProtocol {
  readonly MemberMetadata: {
    encode(metadata: { version: number; topics: string[]; userData: Buffer }): Buffer;
    decode(buffer: Buffer): { userData: Buffer } | null;
  };
  readonly MemberAssignment: {
    encode(assignment: { version: number; assignment: Record<string, number[]>; userData: Buffer }): Buffer;
  };
}

interface Cluster {
  findTopicPartitionMetadata(topic: string): { readonly partitionId: number }[];
}

interface Group {
  readonly members: { readonly memberId: string; readonly memberMetadata: Buffer }[];
}

const NAME = "CutoverSticky";
const VERSION = 1;
const NOTHING = Buffer.alloc(0);

export interface StickyAssigner {
  assigner(config: { readonly cluster: unknown }): {
    readonly name: string;
    readonly version: number;
    assign(group: Group): Promise<{ memberId: string; memberAssignment: Buffer }[]>;
    protocol(subscription: { readonly topics: string[] }): { name: string; metadata: Buffer };
  };
  /** Notes what this member was given; it claims that again. */
  holds(partitions: readonly number[], member: string): void;
}

export function stickyAssigner(topic: string, kafkajs: ReturnType<typeof loadKafkajs>): StickyAssigner {
  const { MemberMetadata, MemberAssignment } = (kafkajs as { AssignerProtocol: AssignerProtocol }).AssignerProtocol;
  let claim: Claim = { member: "", partitions: [] };
  return {
    assigner: ({ cluster }) => ({
      name: NAME,
      version: VERSION,
      async assign({ members }) {
        const there = (cluster as Cluster).findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
        const claims = new Map(
          members.map(({ memberId, memberMetadata }) => {
            return [memberId, claimed(memberId, MemberMetadata.decode(memberMetadata)?.userData ?? NOTHING)];
          }),
        );
        return [...divide(claims, there)].map(([memberId, partitions]) => ({
          memberId,
          memberAssignment: MemberAssignment.encode({
            version: VERSION,
            assignment: { [topic]: partitions },
            userData: NOTHING,
          }),
        }));
      },
      protocol: ({ topics }) => ({
        name: NAME,
        metadata: MemberMetadata.encode({ version: VERSION, topics, userData: Buffer.from(JSON.stringify(claim)) }),
      }),
    }),
    holds(partitions, member) {
      claim = { member, partitions: [...partitions] };
    },
  };
}

interface Claim {
  readonly member: string;
  readonly partitions: readonly number[];
}

/** What a member that was put out of the group had before is another's now: it comes back under another name. */
function claimed(member: string, userData: Buffer): readonly number[] {
  try {
    const claim = JSON.parse(userData.toString()) as Claim;
    return claim.member === member && Array.isArray(claim.partitions) ? claim.partitions : [];
  } catch {
    return [];
  }
}

/** Every partition to exactly one member, numbers differing by one at most, as few moved as that allows. */
export function divide(
  claims: ReadonlyMap<string, readonly number[]>,
  partitions: readonly number[],
): Map<string, number[]> {
  const free = new Set(partitions);
  const kept = new Map<string, number[]>();
  for (const member of [...claims.keys()].sort()) {
    const own = [...new Set(claims.get(member))].filter((partition) => free.delete(partition));
    kept.set(
      member,
      own.sort((a, b) => a - b),
    );
  }
  const each = Math.floor(partitions.length / claims.size);
  const rest = partitions.length % claims.size;
  // Who has most keeps the one more that does not divide.
  const order = [...kept].sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1));
  const quota = (at: number): number => each + (at < rest ? 1 : 0);
  for (const [at, [, own]] of order.entries()) for (const partition of own.splice(quota(at))) free.add(partition);
  const left = [...free].sort((a, b) => a - b);
  for (const [at, [, own]] of order.entries()) own.push(...left.splice(0, quota(at) - own.length));
  return kept;
}
