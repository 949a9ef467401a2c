/** How the queue is reached: by its own settings, or as the source of captures is. */
import type { Config } from "../config/schema.ts";
import { CutoverError } from "../errors.ts";
import type { KafkaConnection } from "../kafka/security.ts";

export interface QueueConnection extends KafkaConnection {
  readonly place: string;
  readonly topic: string;
  readonly group: string;
  /** Milliseconds. */
  readonly sessionTimeout: number;
}

/** CONFIG when no brokers are known, or what they ask for is not here. */
export function queueConnection({ queue, capture, queueFault, sourceFault }: Config): QueueConnection {
  const { brokers, clientId, tls, sasl, topic, group, sessionTimeout } = queue.kafka;
  if (brokers) {
    if (queueFault) throw queueFault;
    return { brokers, clientId, tls, sasl, topic, group, sessionTimeout, place: "queue.kafka" };
  }
  const source = capture.source?.kafka;
  if (!source) {
    throw new CutoverError("CONFIG", "no Kafka brokers are known for the queue", {
      place: "queue.kafka.brokers",
      expected: "brokers there, or a Kafka source of captures, whose connection is then used",
      received: "neither",
      hint: "queue: { kafka: { brokers: [HOST:PORT] } }",
    });
  }
  if (sourceFault) throw sourceFault;
  const connection = { brokers: source.brokers, clientId, tls: source.tls, sasl: source.sasl };
  return { ...connection, topic, group, sessionTimeout, place: "capture.source.kafka" };
}
