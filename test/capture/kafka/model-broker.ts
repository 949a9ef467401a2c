/** A broker and a client as kafkajs is one: what is fetched is on its way for a while, and the world moves meanwhile. */
import type { KafkaClient, KafkaListener, TopicPartition } from "../../../capture/kafka/kafka.ts";
import type { CommitHint, FirstMessage } from "../../../capture/port.ts";
import { messageSha } from "../../../capture/ranges/range.ts";
import { messageAt, type Slot } from "../ranges/simulation.ts";

export const TOPIC = "t";

/** One log a partition; what the group has committed; the id of the topic. */
export class ModelBroker {
  readonly logs: readonly Slot[][];
  readonly low: number[];
  /** What compaction has removed: it stands here, and in `logs` there is nothing any more. */
  readonly removed: readonly Map<number, Slot>[];
  readonly committed = new Map<number, CommitHint>();
  topicId = "first";
  hasIds = true;

  constructor(logs: readonly Slot[][]) {
    this.logs = logs;
    this.low = logs.map(() => 0);
    this.removed = logs.map(() => new Map());
  }

  compact(partition: number, at: number): void {
    const slot = this.logs[partition]?.[at];
    if (slot === undefined || slot === "absent") return;
    this.removed[partition]?.set(at, slot);
    (this.logs[partition] as Slot[])[at] = "absent";
  }

  high(partition: number): number {
    return this.logs[partition]?.length ?? 0;
  }
}

interface Fetched extends TopicPartition {
  readonly from: number;
  readonly to: number;
}

export class ModelClient implements KafkaClient {
  readonly clusterId = "5L6g3nShT-eMCtK--X86sw";
  /** Commits go nowhere, as when the group does not know this member any more. */
  losesCommits = false;
  readonly #broker: ModelBroker;
  readonly #assigned = new Set<number>();
  readonly #paused = new Set<number>();
  readonly #seeks = new Map<number, number>();
  readonly #positions = new Map<number, number>();
  #inFlight: Fetched[] = [];
  #listener: KafkaListener | undefined;

  constructor(broker: ModelBroker) {
    this.#broker = broker;
  }

  topics = async () => [TOPIC];
  group = async () => ({ state: "Stable", members: [] });
  bounds = async () =>
    new Map(
      this.#broker.logs.map((log, p) => [p, { low: BigInt(this.#broker.low[p] ?? 0), high: BigInt(log.length) }]),
    );
  committed = async () => new Map(this.#broker.committed);
  written = async () => new Map(this.#broker.logs.map((log, p) => [p, BigInt(log.length)]));
  topicIds = async () => new Map(this.#broker.hasIds ? [[TOPIC, this.#broker.topicId]] : []);
  firstAt = async ({ partition }: TopicPartition, position: bigint): Promise<FirstMessage | undefined> => {
    const log = this.#broker.logs[partition] ?? [];
    const at = log.findIndex((slot, i) => i >= Number(position) && slot !== "absent");
    if (at < 0) return undefined;
    return { offset: BigInt(at), sha: messageSha(messageAt(at, log[at] as Slot)) };
  };
  close = async () => {};

  async run(listener: KafkaListener): Promise<void> {
    this.#listener = listener;
  }

  get isRunning(): boolean {
    return this.#listener !== undefined;
  }

  assign(partitions: readonly number[]): void {
    this.#assigned.clear();
    for (const partition of partitions) {
      this.#assigned.add(partition);
      this.#paused.add(partition);
    }
    // Queued batches are not taken back by a rebalance.
    this.#listener?.assigned(partitions.map((partition) => ({ topic: TOPIC, partition })));
  }

  seek({ partition }: TopicPartition, offset: bigint): void {
    this.#seeks.set(partition, Number(offset));
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const { partition } of partitions) this.#paused.add(partition);
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const { partition } of partitions) this.#paused.delete(partition);
  }

  async commit({ partition }: TopicPartition, last: bigint, key: string): Promise<void> {
    if (!this.losesCommits) this.#broker.committed.set(partition, { offset: last + 1n, metadata: key });
  }

  /** Sends a fetch for every partition that may be fetched. */
  fetch(size: number): void {
    for (const partition of this.#assigned) {
      if (this.#paused.has(partition)) continue;
      const sought = this.#seeks.get(partition);
      this.#seeks.delete(partition);
      const position = sought ?? this.#positions.get(partition) ?? 0;
      const low = this.#broker.low[partition] ?? 0;
      const high = this.#broker.high(partition);
      // OFFSET_OUT_OF_RANGE: kafkajs goes to the earliest position, and fetches from there the next time.
      const from = position < low || position > high ? low : position;
      this.#positions.set(partition, from);
      const to = Math.min(high, from + size);
      if (from === position && to > from) this.#inFlight.push({ topic: TOPIC, partition, from, to });
    }
  }

  /** What was fetched arrives, and is handed over one batch after the other. */
  deliver(): void {
    const fetched = this.#inFlight;
    this.#inFlight = [];
    for (const { partition, from, to } of fetched) {
      if (this.#seeks.has(partition)) continue;
      const slots = (this.#broker.logs[partition] ?? []).slice(from, to);
      const messages = slots.flatMap((slot, i) => (slot === "absent" ? [] : [messageAt(from + i, slot)]));
      const taken = this.#listener?.batch({
        topic: TOPIC,
        partition,
        fetchedOffset: BigInt(from),
        lastOffset: BigInt(to - 1),
        highWatermark: BigInt(this.#broker.high(partition)),
        messages,
      });
      if (taken) this.#positions.set(partition, to);
      // Asked for, so that what is largest is written; not waited for.
      void this.#listener?.room();
    }
  }
}
