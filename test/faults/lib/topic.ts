/** A topic with all that was sent to it written down by position: batches of every codec, transactions, aborted ones. */
import { type MessageToProduce, Producer } from "@platformatic/kafka";
import {
  type Compression,
  clientOptions,
  createTopic,
  deleteTopic,
  toProduce,
  withAdmin,
} from "../../support/kafka.ts";
import { type Expected, type Planned, plan } from "./content.ts";
import type { Dice } from "./dice.ts";

const CODECS: readonly Compression[] = ["none", "gzip", "snappy", "lz4", "zstd"];
const BATCH_MESSAGES = 400;
/** Of one filling: each takes a broker a good part of a second. */
const TRANSACTIONS_MAX = 4;
/** What a batch of large messages may take, all in one partition. */
const BATCH_BYTES = 64 * 1024 * 1024;
/** Latest offset, as ListOffsets names it. */
const LATEST = -1n;

type Sent = MessageToProduce<Buffer, Buffer, Buffer, Buffer>;

export class Topic {
  readonly name: string;
  readonly partitions: number;
  /** `partition/offset` → what must become of the message there. Other positions below `high` hold none. */
  readonly expected = new Map<string, Expected>();
  readonly #broker: string;
  readonly #random: Dice;
  #planned = 0;

  constructor(broker: string, name: string, partitions: number, random: Dice) {
    this.#broker = broker;
    this.name = name;
    this.partitions = partitions;
    this.#random = random;
  }

  async create(): Promise<void> {
    await createTopic(this.#broker, this.name, this.partitions, { "max.message.bytes": String(BATCH_BYTES) });
  }

  async remove(): Promise<void> {
    await deleteTopic(this.#broker, this.name);
  }

  /** Sends `count` messages in batches; with `transactions` some of them in transactions, some of those aborted. */
  async fill(count: number, transactions = false): Promise<void> {
    const random = this.#random;
    const planned = [...plan(random, count, this.partitions, this.#planned)];
    this.#planned += count;
    const options = { ...clientOptions(this.#broker), idempotent: true, acks: -1 };
    const plain = new Producer<Buffer, Buffer, Buffer, Buffer>(options);
    const transactional = transactions
      ? new Producer<Buffer, Buffer, Buffer, Buffer>({ ...options, transactionalId: `${this.name}-${this.#planned}` })
      : undefined;
    let left = TRANSACTIONS_MAX;
    try {
      for (let at = 0; at < planned.length; ) {
        const batch = planned.slice(at, at + random.int(1, BATCH_MESSAGES));
        at += batch.length;
        const compression = random.pick(CODECS);
        const messages = batch.map(({ message }) => toProduce(this.name, message));
        if (transactional && left > 0 && random.chance(0.5)) {
          left--;
          const isKept = random.chance(0.6);
          const offsets = await inTransaction(transactional, messages, compression, isKept);
          if (isKept) this.#note(batch, offsets);
        } else {
          this.#note(batch, (await plain.send({ messages, compression })).offsets ?? []);
        }
      }
    } finally {
      await Promise.all([plain.close(), transactional?.close()]);
    }
  }

  /** The position after the last, of each partition. */
  async high(): Promise<bigint[]> {
    return withAdmin(this.#broker, async (admin) => {
      const partitions = Array.from({ length: this.partitions }, (_, partitionIndex) => ({
        partitionIndex,
        timestamp: LATEST,
      }));
      const [found] = await admin.listOffsets({ topics: [{ name: this.name, partitions }] });
      const ends = new Map(found?.partitions.map(({ partitionIndex, offset }) => [partitionIndex, offset]));
      return Array.from({ length: this.partitions }, (_, partition) => ends.get(partition) ?? 0n);
    });
  }

  #note(batch: readonly Planned[], offsets: readonly { readonly partition: number; readonly offset: bigint }[]): void {
    const next = new Map(offsets.map(({ partition, offset }) => [partition, offset]));
    for (const { message, expected } of batch) {
      const offset = next.get(message.partition);
      if (offset === undefined || offset < 0n) throw new Error(`the broker did not say where it put ${this.name}`);
      this.expected.set(`${message.partition}/${offset}`, expected);
      next.set(message.partition, offset + 1n);
    }
  }
}

async function inTransaction(
  producer: Producer<Buffer, Buffer, Buffer, Buffer>,
  messages: Sent[],
  compression: Compression,
  isKept: boolean,
): Promise<readonly { readonly partition: number; readonly offset: bigint }[]> {
  const transaction = await producer.beginTransaction();
  const { offsets = [] } = await transaction.send({ messages, compression });
  await (isKept ? transaction.commit() : transaction.abort());
  return offsets;
}
