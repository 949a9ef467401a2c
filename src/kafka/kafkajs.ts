/**
 * kafkajs with what is wrong in it for every use mended. Its framing copies each response together twice, and takes what
 * a broken connection left of one for the beginning of the next connection's first: see socket.ts. Its heartbeats stop
 * when the wall clock steps back. The version is pinned exactly.
 */
import { createRequire } from "node:module";
import { type BrokerConnection, takeResponses } from "./socket.ts";

const CONNECTION = "kafkajs/src/network/connection.js";
const CONSUMER_GROUP = "kafkajs/src/consumer/consumerGroup.js";

/** The whole module, as `require("kafkajs")` gives it; what is mended holds for the process. */
export function loadKafkajs(): unknown {
  const require = createRequire(import.meta.url);
  (require(CONNECTION) as { prototype: BrokerConnection }).prototype.processData = takeResponses;
  const group = (require(CONSUMER_GROUP) as { prototype: HeartbeatGroup }).prototype;
  if (!isClockProof(group.heartbeat)) group.heartbeat = clockProof(group.heartbeat);
  return require("kafkajs");
}

/** What of kafkajs's ConsumerGroup is used here. */
export interface HeartbeatGroup {
  /** Wall-clock milliseconds of the last heartbeat that was sent. */
  lastRequest: number;
  heartbeat(this: HeartbeatGroup, options: { readonly interval: number }): Promise<void>;
}

const clockProofs = new WeakSet<HeartbeatGroup["heartbeat"]>();

function isClockProof(heartbeat: HeartbeatGroup["heartbeat"]): boolean {
  return clockProofs.has(heartbeat);
}

/**
 * kafkajs sends a heartbeat once the wall clock is an interval beyond the last one. After a step back it would send none
 * until the clock has caught up, and the group would put the member out: a last one in the future counts as none.
 */
export function clockProof(heartbeat: HeartbeatGroup["heartbeat"]): HeartbeatGroup["heartbeat"] {
  const proof: HeartbeatGroup["heartbeat"] = function (options) {
    if (this.lastRequest > Date.now()) this.lastRequest = 0;
    return heartbeat.call(this, options);
  };
  clockProofs.add(proof);
  return proof;
}
