/**
 * What has to be asked of a broker and kafkajs has no call for: topic ids, the message at a position, and where a
 * log ends when open transactions are counted. Asked through kafkajs's own cluster, so with the same security. The
 * version is pinned exactly; should its inside have changed, or the broker be too old, nothing is known, never wrong.
 */

import type { FirstMessage } from "../port.ts";
import { messageSha } from "../ranges/range.ts";
import type { FetchedBatch } from "./kafka-decoder.ts";
import { abortedBatches, messagesOf } from "./record-batch.ts";
import { METADATA_KEY, METADATA_VERSION, readTopicIds, type TopicIds, topicIdsRequest } from "./wire.ts";

export interface KafkaScout {
  /** Empty when the broker has no topic ids. */
  topicIds(topics: readonly string[]): Promise<TopicIds>;
  /** First message at or after a position, as far as the record batch that holds the position reaches. */
  firstAt(topic: string, partition: number, position: bigint): Promise<FirstMessage | undefined>;
  /** Positions after the last one written, those of open transactions included, by partition. */
  written(topic: string): Promise<Map<number, bigint>>;
  close(): Promise<void>;
}

const CREATE_CLUSTER = "private:Kafka:createCluster";
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;
const PEEK_WAIT_MS = 100;

/** What is used of kafkajs's Cluster and Broker. */
interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findTopicPartitionMetadata(topic: string): { readonly partitionId: number; readonly leader: number }[];
  findBroker(node: { readonly nodeId: number }): Promise<Broker>;
  getNodeIds(): readonly number[];
  fetchTopicsOffset(
    topics: readonly { topic: string; fromBeginning: boolean; partitions: readonly { partition: number }[] }[],
  ): Promise<{ readonly partitions: readonly { readonly partition: number; readonly offset: string }[] }[]>;
}

interface Broker {
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>>;
  readonly connectionPool: { send(request: unknown): Promise<unknown> };
  fetch(request: unknown): Promise<{
    readonly responses: readonly {
      readonly partitions: readonly {
        readonly messages: readonly Partial<FetchedBatch>[];
        readonly abortedTransactions?: readonly { producerId: string; firstOffset: string }[] | null;
      }[];
    }[];
  }>;
}

/** `kafka` is an instance of kafkajs's Kafka. */
export function createScout(kafka: object): KafkaScout {
  const symbol = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === CREATE_CLUSTER);
  if (!symbol) throw new Error("this is not the kafkajs that cutover is made for");
  const create = (kafka as Record<symbol, (options: object) => Cluster>)[symbol] as (options: object) => Cluster;
  const cluster = create({ allowAutoTopicCreation: false, isolationLevel: READ_UNCOMMITTED, metadataMaxAge: 30_000 });
  return {
    topicIds: (topics) => topicIds(cluster, topics),
    firstAt: (topic, partition, position) => firstAt(cluster, topic, partition, position),
    written: (topic) => written(cluster, topic),
    close: () => cluster.disconnect(),
  };
}

async function topicIds(cluster: Cluster, topics: readonly string[]): Promise<TopicIds> {
  await cluster.connect();
  await cluster.refreshMetadataIfNecessary();
  const [nodeId] = cluster.getNodeIds();
  if (nodeId === undefined) return new Map();
  const broker = await cluster.findBroker({ nodeId });
  if ((broker.versions[METADATA_KEY]?.maxVersion ?? 0) < METADATA_VERSION) return new Map();
  const body = topicIdsRequest(topics);
  const request = {
    apiKey: METADATA_KEY,
    apiVersion: METADATA_VERSION,
    apiName: "Metadata",
    // kafkajs takes nothing but its Encoder, which it tells by `buf`.
    encode: async () => ({ buf: body, buffer: body }),
  };
  const response = { decode: async (payload: Buffer) => readTopicIds(payload), parse: async (ids: TopicIds) => ids };
  return (await broker.connectionPool.send({ request, response })) as TopicIds;
}

async function firstAt(
  cluster: Cluster,
  topic: string,
  partition: number,
  position: bigint,
): Promise<FirstMessage | undefined> {
  await cluster.connect();
  await cluster.addTargetTopic(topic);
  await cluster.refreshMetadataIfNecessary();
  const place = cluster.findTopicPartitionMetadata(topic).find(({ partitionId }) => partitionId === partition);
  if (!place) return undefined;
  const broker = await cluster.findBroker({ nodeId: place.leader });
  // One byte is the least that can be asked for: the broker then sends one record batch, whatever its size.
  const partitions = [{ partition, fetchOffset: String(position), maxBytes: 1 }];
  const { responses } = await broker.fetch({
    maxWaitTime: PEEK_WAIT_MS,
    minBytes: 1,
    maxBytes: 1,
    isolationLevel: READ_COMMITTED,
    topics: [{ topic, partitions }],
  });
  const found = responses[0]?.partitions[0];
  const batches = (found?.messages ?? []).flatMap(({ batch }) => (batch ? [batch] : []));
  const aborted = (found?.abortedTransactions ?? []).map(({ producerId, firstOffset }) => ({
    producerId: BigInt(producerId),
    firstOffset: BigInt(firstOffset),
  }));
  const left = abortedBatches(batches, aborted);
  for (const batch of batches) {
    if (batch.fault !== undefined) return undefined;
    if (left.has(batch)) continue;
    for (const message of messagesOf(batch, position)) return { offset: message.offset, sha: messageSha(message) };
  }
  return undefined;
}

async function written(cluster: Cluster, topic: string): Promise<Map<number, bigint>> {
  await cluster.connect();
  await cluster.addTargetTopic(topic);
  await cluster.refreshMetadataIfNecessary();
  const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => ({ partition: partitionId }));
  const [found] = await cluster.fetchTopicsOffset([{ topic, fromBeginning: false, partitions }]);
  return new Map((found?.partitions ?? []).map(({ partition, offset }) => [partition, BigInt(offset)]));
}
