/** Units of work on a queue: a bucket of a run to a partition, so that one process at a time has all of an endpoint. */
import { z } from "zod";

const parts = {
  version: z.literal(1),
  run: z.string().min(1),
  /** Key of the capture object. */
  key: z.string().min(1),
  /** Partition of the topic. */
  bucket: z.int().min(0),
};
const orderSchema = z.discriminatedUnion("work", [
  /** The rows of a capture object that fall into a bucket are sent. */
  z.object({ ...parts, work: z.literal("replay") }),
  /** All answers to a capture object are judged; how, stands in a document of the store. */
  z.object({ ...parts, work: z.literal("compare"), asked: z.string().min(1) }),
]);
type WithoutVersion<T> = T extends unknown ? Omit<T, "version"> : never;
/** Asks for one unit. */
export type UnitOrder = WithoutVersion<z.infer<typeof orderSchema>>;

export function encodeOrder(order: UnitOrder): string {
  return JSON.stringify({ version: 1, ...order });
}

/** What was received, or undefined: a message of something else, or of a later version. */
export function decodeOrder(value: Uint8Array | null): UnitOrder | undefined {
  if (value === null) return undefined;
  try {
    const parsed = orderSchema.safeParse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(value)));
    if (!parsed.success) return undefined;
    const { version: _, ...order } = parsed.data;
    return order;
  } catch {
    return undefined;
  }
}

/** The side that asks for work. Errors: SOURCE_UNUSABLE. */
export interface UnitPublisher {
  /** Topic and brokers, for messages. */
  readonly name: string;
  /** Partitions of the topic; it is made with so many when it is not there. */
  ensure(partitions: number): Promise<number>;
  /** Resolves when all are durable on the brokers: for each partition that got one, the position after the last. */
  publish(orders: Iterable<UnitOrder>): Promise<Map<number, bigint>>;
  /** For each partition the position up to which all work is done. */
  done(): Promise<Map<number, bigint>>;
  /** How many workers are in the group. */
  workers(): Promise<number>;
  close(): Promise<void>;
}

export interface ReceivedOrder {
  readonly position: bigint;
  /** Undefined: not an order that this version knows. */
  readonly order: UnitOrder | undefined;
}

/** Called by the client; none may throw. */
export interface OrderListener {
  /** From now on exactly these partitions are this member's; nothing of them comes before `start`. */
  assigned(partitions: readonly number[], member: string): void;
  /** The group moves: what is held may be another's soon. `assigned` comes next, or `crashed`. */
  moving(): void;
  /** The broker has answered a heartbeat that was sent after the last call of `beat` or `assigned`. */
  beat(): void;
  /** In order of position, from where `start` said. */
  received(partition: number, orders: readonly ReceivedOrder[]): void;
  crashed(error: unknown): void;
}

/** The side that works. */
export interface UnitConsumer {
  readonly name: string;
  /** Joins the group; resolves once it has begun to. */
  run(listener: OrderListener): Promise<void>;
  /**
   * Begins with a partition, after `assigned`: at a position, or with the first that is not acknowledged. Rejects when
   * the brokers do not say which that is.
   */
  start(partition: number, at?: bigint): Promise<void>;
  pause(partition: number): void;
  resume(partition: number): void;
  /** All before `next` is done. Rejects when this member no longer has the partition: harmless, the work comes again. */
  acknowledge(partition: number, next: bigint): Promise<void>;
  /** Leaves the group, so that another need not wait for the end of the session. */
  close(): Promise<void>;
}
