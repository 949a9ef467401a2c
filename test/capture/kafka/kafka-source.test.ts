import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { auditCaptures } from "../../../capture/audit/audit.ts";
import type { KafkaClient, KafkaListener, TopicPartition } from "../../../capture/kafka/kafka.ts";
import { kafkaSource } from "../../../capture/kafka/kafka-source.ts";
import { kafkaLog } from "../../../capture/kafka/kafka-topics.ts";
import type { CommitHint, Until } from "../../../capture/port.ts";
import { createLedger } from "../../../capture/ranges/ledger.ts";
import { createRecorder } from "../../../capture/ranges/recorder.ts";
import type { Clock } from "../../../src/clock.ts";
import { configSchema } from "../../../src/config/schema.ts";
import type { Logger } from "../../../src/log.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/port.ts";
import { fakeClock, messageAt } from "../ranges/simulation.ts";

const TP: TopicPartition = { topic: "t", partition: 0 };
const END: Until = { kind: "end" };
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, progress() {}, flush: async () => {} };

/** A broker of one partition that hands out what the test says. */
class FakeKafka implements KafkaClient {
  readonly clusterId = "5L6g3nShT-eMCtK--X86sw";
  low = 0n;
  high = 10n;
  hint: CommitHint | undefined;
  listener: KafkaListener | undefined;
  readonly seeks: bigint[] = [];
  readonly commits: { last: bigint; key: string }[] = [];
  paused = true;
  topics = async () => ["t", "__consumer_offsets"];
  bounds = async () => new Map([[0, { low: this.low, high: this.high }]]);
  committed = async () => new Map(this.hint ? [[0, this.hint]] : []);
  written = async () => new Map([[0, this.high]]);
  topicIds = async () => new Map([["t", "aa"]]);
  firstAt = async () => undefined;
  group = async () => ({ state: "Stable", members: [] });
  async run(listener: KafkaListener): Promise<void> {
    this.listener = listener;
    this.join();
  }
  join(): void {
    this.paused = true;
    this.listener?.assigned([TP]);
  }
  seek(_partition: TopicPartition, offset: bigint): void {
    this.seeks.push(offset);
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  async commit(_partition: TopicPartition, last: bigint, key: string): Promise<void> {
    this.commits.push({ last, key });
  }
  async close(): Promise<void> {}

  /** A fetch from `fetched` that holds messages at these offsets and reaches to `last`. */
  batch(fetched: number, offsets: number[], last: number): boolean {
    const messages = offsets.map((at) => messageAt(at, "record"));
    const range = { fetchedOffset: BigInt(fetched), lastOffset: BigInt(last), highWatermark: this.high };
    return this.listener?.batch({ ...TP, ...range, messages }) ?? false;
  }
}

function capture(store: Store, kafka: FakeKafka, until: Until = END) {
  const { capture: settings } = configSchema.parse({
    capture: { source: { kafka: { brokers: ["b"], topics: ["t"] } }, rotate: { records: 4 } },
  });
  const sleeps: (AbortSignal | undefined)[] = [];
  const fake = fakeClock();
  const clock: Clock = {
    ...fake,
    sleep(ms, signal) {
      sleeps.push(signal);
      return fake.sleep(ms, signal);
    },
  };
  const ledger = createLedger(store);
  const recorder = createRecorder({ ledger, settings, clock });
  const abort = new AbortController();
  const kafkaSettings = settings.source?.kafka;
  if (!kafkaSettings) throw new Error("no kafka");
  const done = kafkaSource(
    kafkaSettings,
    until,
    async () => kafka,
  )({
    sink: recorder,
    ledger,
    log: silent,
    metrics: { count() {}, gauge() {}, distribution() {}, check() {}, event() {}, close: async () => {} },
    clock,
    stop: AbortSignal.any([abort.signal, recorder.failed]),
    drain: () => recorder.flush(),
  });
  done.catch(() => {});
  return { done, recorder, abort, sleeps };
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await setImmediate();
  expect(condition()).toBe(true);
}

async function sums(store: Store) {
  const audit = await auditCaptures(store, { repair: false });
  expect(audit.ok).toBe(true);
  return audit;
}

describe("capture from Kafka", () => {
  test("leaves no timer behind that would hold the process open", async () => {
    const kafka = new FakeKafka();
    const { done, sleeps } = capture(memoryStore(), kafka);
    await until(() => !kafka.paused && kafka.seeks.length === 1);
    kafka.batch(0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 9);
    await done;
    expect(sleeps.length).toBeGreaterThan(0);
    expect(sleeps.every((signal) => signal?.aborted)).toBe(true);
  });

  test("reads to the end as it stood at the start, and commits name the objects", async () => {
    const store = memoryStore();
    const kafka = new FakeKafka();
    const { done } = capture(store, kafka);
    await until(() => !kafka.paused && kafka.seeks.length === 1);
    expect(kafka.seeks).toEqual([0n]);
    expect(kafka.batch(0, [0, 1, 2, 3, 4], 4)).toBe(true);
    expect(kafka.batch(5, [5, 6, 7, 8, 9], 9)).toBe(true);
    expect(await done).toBe("reached the end of t (1 partitions)");
    expect(kafka.commits.map(({ last }) => last)).toEqual([3n, 7n, 9n]);
    expect(kafka.commits.at(-1)?.key).toBe(`captures/${kafkaLog("t", kafka.clusterId)}/0/00000000000000000008.parquet`);
    expect((await sums(store)).sums).toMatchObject({ consumed: 10, captured: 10 });
  });

  test("control records and compacted positions are absent, also at the end of the log", async () => {
    const store = memoryStore();
    const kafka = new FakeKafka();
    const { done } = capture(store, kafka);
    await until(() => !kafka.paused);
    kafka.batch(0, [1, 3], 5);
    kafka.batch(6, [], 7);
    kafka.listener?.passed(TP, 8n);
    kafka.batch(9, [], 9);
    await done;
    expect((await sums(store)).sums).toMatchObject({ consumed: 10, captured: 2, absent: 8 });
  });

  test("a jump over what retention deleted is a gap, any other jump is read again", async () => {
    const store = memoryStore();
    const kafka = new FakeKafka();
    const { done } = capture(store, kafka);
    await until(() => !kafka.paused);
    kafka.batch(0, [0, 1], 1);
    expect(kafka.batch(4, [4, 5], 5)).toBe(false);
    await until(() => kafka.seeks.length === 2);
    expect(kafka.seeks).toEqual([0n, 2n]);
    kafka.low = 5n;
    expect(kafka.batch(6, [6], 6)).toBe(false);
    await until(() => kafka.seeks.length === 3);
    expect(kafka.seeks.at(-1)).toBe(5n);
    kafka.batch(5, [5, 6, 7, 8, 9], 9);
    await done;
    const audit = await sums(store);
    expect(audit.partitions[0]?.gaps).toEqual([{ from: "2", to: "4", reason: "retention" }]);
    expect(audit.sums).toMatchObject({ consumed: 10, captured: 7, absent: 3 });
  });

  test("a rebalance drops what is buffered and starts where the ledger ends", async () => {
    const store = memoryStore();
    const kafka = new FakeKafka();
    const { done, recorder } = capture(store, kafka);
    await until(() => !kafka.paused);
    kafka.batch(0, [0, 1, 2, 3, 4, 5], 5);
    await until(() => recorder.totals.objects === 1);
    kafka.join();
    expect(kafka.batch(6, [6, 7], 7)).toBe(false);
    await until(() => !kafka.paused);
    expect(kafka.seeks).toEqual([0n, 4n]);
    kafka.batch(4, [4, 5, 6, 7, 8, 9], 9);
    await done;
    expect((await sums(store)).sums).toMatchObject({ consumed: 10, captured: 10 });
  });

  test("another writer's object moves the partition, and what was fetched before the seek is not taken for read", async () => {
    const store = memoryStore();
    const kafka = new FakeKafka();
    const { done, recorder } = capture(store, kafka);
    await until(() => !kafka.paused);
    const other = new FakeKafka();
    other.high = 2n;
    const first = capture(store, other);
    await until(() => !other.paused);
    other.batch(0, [0, 1], 1);
    await first.done;
    kafka.batch(0, [0, 1, 2, 3, 4], 4);
    await until(() => kafka.seeks.length === 2);
    expect(kafka.seeks).toEqual([0n, 2n]);
    kafka.listener?.passed(TP, 5n);
    await until(() => kafka.seeks.length === 3);
    expect(kafka.seeks).toEqual([0n, 2n, 2n]);
    expect(recorder.failed.aborted).toBe(false);
    kafka.batch(2, [2, 3, 4], 4);
    kafka.batch(5, [], 6);
    kafka.batch(7, [7, 8, 9], 9);
    await done;
    expect((await sums(store)).sums).toMatchObject({ consumed: 10, captured: 8, absent: 2 });
  });

  test("a topic that shrank while it was read stops the capture", async () => {
    const kafka = new FakeKafka();
    const { done } = capture(memoryStore(), kafka);
    await until(() => !kafka.paused);
    kafka.batch(0, [0, 1, 2], 2);
    kafka.high = 1n;
    kafka.batch(0, [0], 0);
    await expect(done).rejects.toMatchObject({ code: "LEDGER_CONFLICT" });
  });

  test("an empty topic ends at once and says so", async () => {
    const kafka = new FakeKafka();
    kafka.high = 0n;
    expect(await capture(memoryStore(), kafka).done).toBe("t holds no message");
  });

  test("a missing topic is told with those that are there", async () => {
    const kafka = new FakeKafka();
    kafka.topics = async () => ["inference", "__consumer_offsets"];
    await expect(capture(memoryStore(), kafka).done).rejects.toMatchObject({
      code: "SOURCE_UNUSABLE",
      details: { expected: "one of inference" },
    });
  });

  test("told to stop, it makes durable what it holds", async () => {
    const store = memoryStore();
    const kafka = new FakeKafka();
    const { done, abort } = capture(store, kafka, { kind: "never" });
    await until(() => !kafka.paused);
    kafka.batch(0, [0, 1], 1);
    const reason = new Error("stop");
    abort.abort(reason);
    await expect(done).rejects.toBe(reason);
    expect(kafka.commits).toMatchObject([{ last: 1n }]);
    expect((await sums(store)).sums).toMatchObject({ consumed: 2 });
  });

  test("the log's name holds the first eight hex digits of the cluster id", () => {
    expect(kafkaLog("in.fer ence", "5L6g3nShT-eMCtK--X86sw")).toBe("in.fer_ence@e4bea0de");
    expect(kafkaLog("t", "redpanda.1b2c")).toMatch(/^t@[0-9a-f]{8}$/);
  });
});
