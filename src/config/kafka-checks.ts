/** What the schema alone cannot say of a Kafka source, and of the queue. */
import { LIMITS } from "../limits.ts";
import { type Fault, show } from "./faults.ts";
import { at, type Check, isMap, list, type RawMap } from "./raw.ts";
import { parseDuration } from "./units.ts";

export const KAFKA_CHECKS: readonly Check[] = [brokerAddress, tlsPairs, eventSources, queueBrokers, sessionBounds];

const KAFKA = ["capture", "source", "kafka"];
const QUEUE = ["queue", "kafka"];

function brokerAddress(config: RawMap): Fault[] {
  return [KAFKA, QUEUE].flatMap((base) => addressesAt(config, base));
}

function addressesAt(config: RawMap, base: readonly string[]): Fault[] {
  // The list as a whole is the path: the environment may have given it.
  const path = [...base, "brokers"];
  return list(at(config, path)).flatMap((broker) => {
    if (typeof broker !== "string" || broker === "") return [];
    const port = /^[^:/\s]+:(\d{1,5})$/.exec(broker)?.[1];
    if (port !== undefined && Number(port) >= 1 && Number(port) <= 65_535) return [];
    const expected = "HOST:PORT, such as kafka-1.internal:9092; an IPv6 address needs a name";
    return [{ path, expected, received: show(broker) }];
  });
}

/** A certificate is of no use without its key, nor the other way round. */
function tlsPairs(config: RawMap): Fault[] {
  return [KAFKA, QUEUE].flatMap((base) => pairsAt(config, base));
}

function pairsAt(config: RawMap, base: readonly string[]): Fault[] {
  const path = [...base, "tls"];
  const tls = at(config, path);
  if (!isMap(tls)) return [];
  const lacks = (name: string, needed: string): Fault[] =>
    tls[name] === undefined || tls[needed] !== undefined
      ? []
      : [{ path: [...path, name], problem: `a ${name} without its ${needed}`, expected: `${needed} beside it` }];
  return [...lacks("cert", "key"), ...lacks("key", "cert"), ...lacks("passphrase", "key")];
}

function eventSources(config: RawMap): Fault[] {
  const map = at(config, ["capture", "map"]);
  if (!isMap(map) || at(config, [...KAFKA, "format"]) === "cloudevents") return [];
  return Object.entries(map).flatMap(([field, written]) => {
    const found = [written].flat().find((one) => typeof one === "string" && one.startsWith("ce:"));
    if (found === undefined) return [];
    const problem = "only a CloudEvent has attributes";
    const expected = "capture.source.kafka.format: cloudevents, or another source";
    return [{ path: ["capture", "map", field], problem, expected, received: show(found) }];
  });
}

/** Security belongs to brokers: without some of its own the queue is reached as the source is. */
function queueBrokers(config: RawMap): Fault[] {
  const queue = at(config, QUEUE);
  if (!isMap(queue) || queue.brokers !== undefined) return [];
  return ["tls", "sasl"].flatMap((name) =>
    queue[name] === undefined
      ? []
      : [{ path: [...QUEUE, name], problem: `${name} without brokers`, expected: "brokers beside it" }],
  );
}

function sessionBounds(config: RawMap): Fault[] {
  const path = [...QUEUE, "sessionTimeout"];
  const written = at(config, path);
  const ms = typeof written === "string" ? parseDuration(written) : undefined;
  if (ms === undefined || (ms >= LIMITS.workerSessionMinMs && ms <= LIMITS.workerSessionMaxMs)) return [];
  return [{ path, expected: "a duration from 6s to 5m", received: show(written) }];
}
