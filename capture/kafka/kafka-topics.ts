/** Topics: that they are there, and the name of the log that one of them is. */
import type { KafkaSettings } from "../../src/config/schema.ts";
import { CutoverError } from "../../src/errors.ts";
import { sha256Hex } from "../../src/hash.ts";
import { sanitiseLogName } from "../../src/lake/keys.ts";
import type { KafkaClient } from "./kafka.ts";

/** SOURCE_UNUSABLE when a topic is not there. */
export async function checkTopics(client: KafkaClient, { topics, brokers }: KafkaSettings): Promise<void> {
  const known = await client.topics();
  const missing = topics.filter((topic) => !known.includes(topic));
  if (missing.length === 0) return;
  const visible = known.filter((topic) => !topic.startsWith("__"));
  throw new CutoverError("SOURCE_UNUSABLE", `there is no topic ${missing.join(", ")}`, {
    place: `capture.source.kafka.topics on ${brokers.join(", ")}`,
    expected: visible.length > 0 ? `one of ${visible.slice(0, 20).join(", ")}` : "a topic; this cluster has none",
    hint: "correct the name, or create the topic",
  });
}

/** The log of a topic: two clusters may have topics of one name. */
export function kafkaLog(topic: string, clusterId: string): string {
  // Kafka's own ids are a UUID in base64url; other systems' are any text, which is hashed.
  const hex = /^[A-Za-z0-9_-]{22}$/.test(clusterId)
    ? Buffer.from(clusterId, "base64url").toString("hex")
    : sha256Hex(clusterId);
  return `${sanitiseLogName(topic)}@${hex.slice(0, 8)}`;
}
