/** Fills a new topic with the bench's messages, uncompressed, keyed k0, k1, …, spread evenly over partitions. */
import { createTopic, produce } from "../../test/support/kafka.ts";
import { messages } from "./content.ts";

/** Neighbours that share a partition, where there are enough: a broker is slow with batches of one message. */
const RUN_MESSAGES = 20;

export interface Content {
  readonly records: number;
  readonly partitions: number;
  readonly models: number;
}

/** Bytes of all message values. */
export async function fillTopic(
  broker: string,
  topic: string,
  { records, partitions, models }: Content,
  signal?: AbortSignal,
): Promise<number> {
  const run = Math.max(1, Math.min(RUN_MESSAGES, Math.floor(records / partitions)));
  let bytes = 0;
  function* content() {
    let index = 0;
    for (const { json } of messages(records, { models })) {
      signal?.throwIfAborted();
      bytes += json.length;
      yield { value: json, key: `k${index}`, partition: Math.floor(index / run) % partitions };
      index++;
    }
  }
  await createTopic(broker, topic, partitions);
  await produce(broker, topic, content());
  return bytes;
}
