/** A producer whose messages to partition 0 belong to transactions. */
import { Producer } from "@platformatic/kafka";

export interface Transactions {
  begin(): Promise<void>;
  send(...values: readonly string[]): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
  close(): Promise<void>;
}

/** `key` is given to every message. */
export function transactions(broker: string, topic: string, id: string, key = "k"): Transactions {
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
    clientId: "cutover-test",
    bootstrapBrokers: [broker],
    timeout: 10_000,
    idempotent: true,
    transactionalId: id,
    acks: -1,
  });
  type Transaction = Awaited<ReturnType<typeof producer.beginTransaction>>;
  let open: Transaction | undefined;
  const current = (): Transaction => {
    if (!open) throw new Error("no transaction has begun");
    return open;
  };
  return {
    async begin() {
      open = await producer.beginTransaction();
    },
    async send(...values) {
      const messages = values.map((value) => ({
        topic,
        partition: 0,
        key: Buffer.from(key, "latin1"),
        value: Buffer.from(value),
      }));
      await current().send({ messages });
    },
    commit: () => current().commit(),
    abort: () => current().abort(),
    close: () => producer.close(),
  };
}
