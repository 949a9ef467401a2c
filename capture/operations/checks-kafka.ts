/** What `doctor` asks of Kafka. It joins no group: a check must not take partitions from a capture that runs. */
import type { KafkaSettings } from "../../src/config/schema.ts";
import { CutoverError, messageOf } from "../../src/errors.ts";
import type { Logger } from "../../src/log.ts";
import type { Check } from "../../src/session.ts";
import { connectKafka, type KafkaClient } from "../kafka/kafka.ts";
import { checkTopics } from "../kafka/kafka-topics.ts";
import type { CommitHint, LogBounds } from "../port.ts";
import { formatCount } from "../render.ts";

export function kafkaChecks(kafka: KafkaSettings, log: Logger): Check[] {
  const ask = <T>(work: (client: KafkaClient) => Promise<T>) => withClient(kafka, log, work);
  return [
    ...kafka.brokers.map((broker) => brokerCheck(broker, kafka, log)),
    {
      name: `kafka topics ${kafka.topics.join(", ")}`,
      run: () =>
        ask(async (client) => {
          await checkTopics(client, kafka);
          const texts = kafka.topics.map(async (topic) => describeTopic(topic, await client.bounds(topic)));
          return (await Promise.all(texts)).join("; ");
        }),
    },
    {
      name: `kafka group ${kafka.group}`,
      run: () =>
        ask(async (client) => {
          await checkTopics(client, kafka);
          const { state, members } = await client.group();
          const lags = kafka.topics.map(async (topic) =>
            behind(await client.bounds(topic), await client.committed(topic)),
          );
          return describeGroup(state, members, await Promise.all(lags));
        }),
    },
  ];
}

/** Each by itself: a client is content with the first that answers, until that one is gone. */
function brokerCheck(broker: string, kafka: KafkaSettings, log: Logger): Check {
  return {
    name: `kafka broker ${broker}`,
    run: () =>
      withClient({ ...kafka, brokers: [broker] }, log, async ({ clusterId }) => `answers for cluster ${clusterId}`),
  };
}

function describeTopic(topic: string, bounds: ReadonlyMap<number, LogBounds>): string {
  if (bounds.size === 0)
    throw new CutoverError("SOURCE_UNUSABLE", `${topic} has no partition that can be seen`, {
      hint: "the topic may be being created or deleted; ask again",
    });
  const messages = [...bounds.values()].reduce((sum, { low, high }) => sum + Number(high - low), 0);
  const partitions = bounds.size === 1 ? "1 partition" : `${formatCount(bounds.size)} partitions`;
  return `${topic}: ${partitions}, ${formatCount(messages)} messages`;
}

interface Behind {
  readonly messages: number;
  /** Partitions without a committed offset. */
  readonly fresh: number;
}

/** How far the group is behind the end; where it never committed, everything that the log holds counts. */
export function behind(bounds: ReadonlyMap<number, LogBounds>, hints: ReadonlyMap<number, CommitHint>): Behind {
  let messages = 0;
  let fresh = 0;
  for (const [partition, { low, high }] of bounds) {
    const offset = hints.get(partition)?.offset ?? -1n;
    if (offset < 0n) fresh++;
    const from = offset > low ? offset : low;
    if (high > from) messages += Number(high - from);
  }
  return { messages, fresh };
}

function describeGroup(state: string, members: readonly string[], lags: readonly Behind[]): string {
  const messages = lags.reduce((sum, lag) => sum + lag.messages, 0);
  const fresh = lags.reduce((sum, lag) => sum + lag.fresh, 0);
  const who = members.length === 0 ? "no member" : `${formatCount(members.length)} members: ${listed(members)}`;
  const commits = fresh === 0 ? "" : `, ${formatCount(fresh)} partitions without a committed offset`;
  return (
    `${state === "" ? "not there yet" : state}, ${who}; ${formatCount(messages)} messages behind${commits}; ` +
    "it may be described; whether it may be read and committed to shows when a capture joins it"
  );
}

const MEMBERS_LISTED = 5;

function listed(members: readonly string[]): string {
  const more = members.length - MEMBERS_LISTED;
  return `${members.slice(0, MEMBERS_LISTED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

async function withClient<T>(kafka: KafkaSettings, log: Logger, work: (client: KafkaClient) => Promise<T>): Promise<T> {
  const client = await connectKafka(kafka, log);
  try {
    return await work(client);
  } catch (error) {
    throw explained(error, kafka);
  } finally {
    await client.close();
  }
}

/** Kafka's refusals, with what would grant them. */
function explained(cause: unknown, { group, clientId, topics }: KafkaSettings): unknown {
  const type = cause instanceof Error && "type" in cause ? String(cause.type) : "";
  if (!type.endsWith("_AUTHORIZATION_FAILED")) return cause;
  const hint = `grant the principal of ${clientId} Read and Describe on the topics ${topics.join(", ")} and on the group ${group}`;
  return new CutoverError("SOURCE_UNUSABLE", "Kafka refuses it", { received: messageOf(cause), hint, cause });
}
