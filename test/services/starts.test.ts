/** Capture from a real broker, started on whatever it finds: offsets gone or wrong, transactions, holes, another topic. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditCaptures } from "../../capture/audit/audit.ts";
import { HEARTBEAT_GAP } from "../../capture/kafka/heartbeat.ts";
import { connectKafka, type KafkaClient, SESSION_TIMEOUT_MS } from "../../capture/kafka/kafka.ts";
import { LIMITS } from "../../src/limits.ts";
import type { Logger } from "../../src/log.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/port.ts";
import { type CliResult, runCli, runJson, startCli } from "../support/cli.ts";
import { createTopic, deleteRecords, deleteTopic, type Message, produce } from "../support/kafka.ts";
import { addPartitions, commitAs, committedOf, deleteGroup, setOffset } from "../support/kafka-groups.ts";
import { captureInProcess } from "../support/kafka-in-process.ts";
import { transactions } from "../support/kafka-transactions.ts";
import { duckdb } from "../support/lake.ts";
import { requireOrSkip } from "../support/require.ts";

const kafka = process.env.CUTOVER_TEST_KAFKA;
const skip = requireOrSkip("services not running: npm run services", kafka !== undefined);
const broker = kafka ?? "";
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, progress() {}, flush: async () => {} };

interface Sums {
  readonly consumed: number;
  readonly captured: number;
  readonly absent: number;
  readonly tombstones: number;
}
interface Gap {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}
interface Audit {
  readonly ok: boolean;
  readonly partitions: readonly { readonly log: string; readonly partition: number; readonly gaps: readonly Gap[] }[];
  readonly sums: Sums;
}
interface Place {
  readonly cwd: string;
  readonly topic: string;
}

let dir = "";
const created: string[] = [];

const value = (id: number | string): string => `{"id":"r${id}","model":"m","input":{"n": ${id}.0},"output":[1]}`;
function* records(from: number, to: number, partition = 0): Generator<Message> {
  for (let i = from; i < to; i++) yield { key: `k${i}`, value: value(i), partition };
}

async function newTopic(name: string, partitions = 1, config: Readonly<Record<string, string>> = {}): Promise<string> {
  const topic = `starts-${name}-${process.pid}-${created.length}`;
  created.push(topic);
  await createTopic(broker, topic, partitions, config);
  return topic;
}

/** A topic of its own, and a folder whose config captures it. */
async function setUp(
  name: string,
  {
    partitions = 1,
    config = {},
    capture = "",
  }: { partitions?: number; config?: Record<string, string>; capture?: string } = {},
): Promise<Place> {
  const topic = await newTopic(name, partitions, config);
  const cwd = await mkdtemp(join(dir, `${name}-`));
  await configure(cwd, [topic], topic, capture);
  return { cwd, topic };
}

async function configure(cwd: string, topics: readonly string[], group: string, capture = ""): Promise<void> {
  const source = `{ kafka: { brokers: ["${broker}"], topics: [${topics.join(", ")}], group: ${group} } }`;
  await writeFile(join(cwd, "cutover.yaml"), `store: ./data\ncapture:\n  source: ${source}\n${capture}`);
}

/** A capture that must succeed; no run may ever have held up its heartbeats. */
async function capture({ cwd }: Place): Promise<CliResult & { readonly sums: Sums }> {
  const result = await runCli(["capture", "--until", "end", "--json"], { cwd });
  expect(result.stderr).not.toContain(HEARTBEAT_GAP);
  expect(result.code, result.stderr).toBe(0);
  return { ...result, sums: JSON.parse(result.stdout) as Sums };
}

const audit = ({ cwd }: Place): Promise<Audit> => runJson<Audit>(["captures", "--audit"], { cwd });

async function durable({ cwd }: Place): Promise<number> {
  const { code, stdout } = await runCli(["captures", "--audit", "--json"], { cwd });
  return code === 0 ? (JSON.parse(stdout) as Audit).sums.consumed : 0;
}

/** The ids that are captured, in order of position, counted by a reader of its own; and that the audit agrees. */
async function expectIds(place: Place, ids: readonly (number | string)[]): Promise<void> {
  expect(await audit(place)).toMatchObject({ ok: true, sums: { captured: ids.length } });
  const rows = await duckdb(
    `select id, "partition", "offset", decode(input) as content
     from '${place.cwd}/data/captures/**/*.parquet' order by log, "partition", "offset"`,
  );
  expect(rows.map(({ id }) => id)).toEqual(ids.map((id) => `r${id}`));
  expect(rows.map(({ content }) => content)).toEqual(ids.map((id) => `{"n": ${id}.0}`));
  expect(new Set(rows.map(({ partition, offset }) => `${partition}/${offset}`)).size).toBe(rows.length);
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** Keys of the capture objects, in order. */
async function objects({ cwd }: Place): Promise<string[]> {
  const names = await readdir(join(cwd, "data/captures"), { recursive: true });
  return names
    .filter((name) => name.endsWith(".parquet"))
    .sort()
    .map((name) => `captures/${name}`);
}

async function expectConflict({ cwd }: Place, text: string): Promise<void> {
  const { code, stderr } = await runCli(["capture", "--until", "end"], { cwd });
  expect(stderr).toContain("LEDGER_CONFLICT");
  expect(stderr).toContain(text);
  expect(code).toBe(2);
}

describe.skipIf(skip)("capture, started", { timeout: 180_000 }, () => {
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "cutover-starts-"));
  });
  afterAll(async () => {
    await rm(dir, { recursive: true, force: true });
    for (const topic of created) await deleteTopic(broker, topic).catch(() => {});
  });

  describe("on offsets that", () => {
    type Tamper = (place: Place) => Promise<unknown>;
    const cases: readonly (readonly [name: string, tamper: Tamper])[] = [
      ["are as they were left", async () => {}],
      ["have expired with their group", ({ topic }) => deleteGroup(broker, topic)],
      [
        "belong to another group",
        ({ cwd, topic }) => configure(cwd, [topic], `${topic}-b`, "  rotate: { records: 4 }\n"),
      ],
      ["were set back", ({ topic }) => setOffset(broker, topic, topic, 3n)],
      ["were set to the start", ({ topic }) => setOffset(broker, topic, topic, 0n)],
      ["were set forward", ({ topic }) => setOffset(broker, topic, topic, 13n)],
      ["were set to the latest", ({ topic }) => setOffset(broker, topic, topic, 15n)],
      ["were set beyond the end", ({ topic }) => setOffset(broker, topic, topic, 999n)],
      [
        "name an object that is not there",
        ({ topic }) => commitAs(broker, topic, topic, 15n, "captures/x@00000000/0/00000000000000000009.parquet"),
      ],
      [
        "name an object that ends elsewhere",
        async (place) => {
          const [first] = await objects(place);
          await commitAs(broker, place.topic, place.topic, 12n, first ?? "");
        },
      ],
      [
        "name an older object rightly",
        async (place) => {
          const [first] = await objects(place);
          await commitAs(broker, place.topic, place.topic, 4n, first ?? "");
        },
      ],
      [
        "name a damaged object",
        async (place) => {
          const key = (await objects(place))[0]?.replace("00000000.parquet", "00000099.parquet") ?? "";
          await writeFile(join(place.cwd, "data", key), "no parquet");
          await commitAs(broker, place.topic, place.topic, 12n, key);
          await rm(join(place.cwd, "data", key));
        },
      ],
    ];
    test.each(cases)("%s: every message is held once", async (_name, tamper) => {
      const place = await setUp("offsets", { capture: "  rotate: { records: 4 }\n" });
      await produce(broker, place.topic, records(0, 10));
      expect((await capture(place)).sums).toMatchObject({ consumed: 10, captured: 10 });
      await produce(broker, place.topic, records(10, 15));
      await tamper(place);
      expect((await capture(place)).sums).toMatchObject({ consumed: 5, captured: 5 });
      expect(await committedOf(broker, (await groupOf(place)) ?? "", place.topic)).toBe(15n);
      await expectIds(place, range(0, 15));
    });

    test("name an object of another partition: every message is held once", async () => {
      const place = await setUp("sibling", { partitions: 2 });
      await produce(broker, place.topic, [...records(0, 4), ...records(100, 104, 1)]);
      await capture(place);
      const sibling = (await objects(place)).find((key) => key.includes("/1/"));
      await commitAs(broker, place.topic, place.topic, 4n, sibling ?? "");
      await produce(broker, place.topic, records(4, 6));
      expect((await capture(place)).sums).toMatchObject({ consumed: 2 });
      await expectIds(place, [...range(0, 6), ...range(100, 104)]);
    });

    test("were committed by another tool before the first capture: it begins at the earliest message", async () => {
      const place = await setUp("foreign");
      await produce(broker, place.topic, records(0, 10));
      await setOffset(broker, place.topic, place.topic, 7n);
      await capture(place);
      await expectIds(place, range(0, 10));
    });

    test("point at a hole: it is filled up to the object behind it", async () => {
      const place = await setUp("hole", { capture: "  rotate: { records: 4 }\n" });
      await produce(broker, place.topic, records(0, 20));
      await capture(place);
      const gone = (await objects(place))[2] ?? "";
      await rm(join(place.cwd, "data", gone));
      await configure(place.cwd, [place.topic], place.topic, "  rotate: { records: 1000 }\n");
      await setOffset(broker, place.topic, place.topic, 9n);
      await produce(broker, place.topic, records(20, 22));
      expect((await capture(place)).sums).toMatchObject({ consumed: 6 });
      await expectIds(place, range(0, 22));
    });
  });

  describe("with ranges that end", () => {
    test.each([
      ["by records", "{ records: 7 }", 15],
      ["by bytes", "{ bytes: 64KiB }", 3],
      ["with the capture alone", "{ records: 100000 }", 1],
    ])("%s, it holds every message once", async (_name, rotate, least) => {
      const place = await setUp("rotation", { capture: `  rotate: ${rotate}\n` });
      const padding = `"${"x".repeat(2_500)}"`;
      const padded = [...records(0, 100)].map((m) => ({ ...m, value: String(m.value).replace("[1]", padding) }));
      await produce(broker, place.topic, padded);
      await capture(place);
      expect((await objects(place)).length).toBeGreaterThanOrEqual(least);
      await expectIds(place, range(0, 100));
    });

    test("with the interval, it writes what a partition holds though no message follows", async () => {
      const place = await setUp("interval", { capture: "  rotate: { interval: 2s }\n" });
      await produce(broker, place.topic, records(0, 10));
      const running = startCli(["capture"], { cwd: place.cwd });
      while ((await durable(place)) < 10) expect(running.child.exitCode).toBeNull();
      running.child.kill("SIGTERM");
      expect((await running.done).code).toBe(143);
      await capture(place);
      await expectIds(place, range(0, 10));
    });
  });

  describe("behind retention", () => {
    test("records what was lost while it was stopped, and says so", async () => {
      const place = await setUp("stopped");
      await produce(broker, place.topic, records(0, 10));
      await capture(place);
      await produce(broker, place.topic, records(10, 20));
      await deleteRecords(broker, place.topic, 0, 14n);
      const { stderr, sums } = await capture(place);
      expect(stderr).toMatch(/retention deleted positions before they were captured.*"first":"?10"?,"last":"?13\b/);
      expect(sums).toMatchObject({ consumed: 10, captured: 6, absent: 4 });
      const { partitions } = await audit(place);
      expect(partitions[0]?.gaps).toEqual([{ from: "10", to: "13", reason: "retention" }]);
      const text = await runCli(["captures", "--audit"], { cwd: place.cwd });
      expect(text.stdout).toContain("gap 10 to 13 (retention)");
      await expectIds(place, [...range(0, 10), ...range(14, 20)]);
    });

    test("records it also when nothing at all is left", async () => {
      const place = await setUp("emptied");
      await produce(broker, place.topic, records(0, 10));
      await capture(place);
      await produce(broker, place.topic, records(10, 20));
      await deleteRecords(broker, place.topic, 0, 20n);
      expect((await capture(place)).sums).toMatchObject({ consumed: 10, captured: 0, absent: 10 });
      await produce(broker, place.topic, records(20, 25));
      await capture(place);
      await expectIds(place, [...range(0, 10), ...range(20, 25)]);
    });

    test.each([
      ["and messages follow", 10],
      ["and nothing is left", 0],
    ])("overtaken while it reads (%s), it goes on at the earliest message", async (_name, following) => {
      // Batches of megabytes, many times what fits into its memory: the log's start passes a consumer that is held up.
      const LARGE = 300;
      const config = { "max.message.bytes": "20000000" };
      const place = await setUp("running", { config, capture: "  memory: 128MiB\n  rotate: { records: 5 }\n" });
      const padding = `"${"x".repeat(400_000)}"`;
      const large = [...records(0, LARGE)].map((m) => ({ ...m, value: String(m.value).replace("[1]", padding) }));
      await produce(broker, place.topic, large);
      const running = startCli(["capture", "--until", "end", "--json"], { cwd: place.cwd });
      while ((await durable(place)) === 0) expect(running.child.exitCode).toBeNull();
      running.child.kill("SIGSTOP");
      await deleteRecords(broker, place.topic, 0, BigInt(LARGE));
      await produce(broker, place.topic, records(LARGE, LARGE + following));
      running.child.kill("SIGCONT");
      const { code, stderr } = await running.done;
      expect(code, stderr).toBe(0);
      expect(stderr).toContain("retention deleted positions");
      const { ok, sums, partitions } = await audit(place);
      expect(ok).toBe(true);
      expect(sums.absent).toBeGreaterThan(0);
      expect(partitions[0]?.gaps).toMatchObject([{ to: String(LARGE - 1), reason: "retention" }]);
      await capture(place);
      await expectIds(place, [...range(0, LARGE - sums.absent), ...range(LARGE, LARGE + following)]);
    });
  });

  describe("on transactions", () => {
    test("takes what was committed, and counts aborted messages and markers as absent", async () => {
      const place = await setUp("committed");
      const one = transactions(broker, place.topic, `${place.topic}-1`);
      for (const [n, end] of (["commit", "abort", "commit", "abort"] as const).entries()) {
        await one.begin();
        await one.send(value(n * 10), value(n * 10 + 1));
        await one[end]();
      }
      await one.close();
      // Each: two messages and a marker; the log ends with nothing but what is absent.
      expect((await capture(place)).sums).toMatchObject({ consumed: 12, captured: 4, absent: 8 });
      await expectIds(place, [0, 1, 20, 21]);
    });

    test.each([
      ["the one that began first ends first", ["a", "b"]],
      ["the one that began last ends first", ["b", "a"]],
    ] as const)("leaves out interleaved ones that were aborted: %s", async (_name, order) => {
      const place = await setUp("interleaved", { capture: "  rotate: { records: 1 }\n" });
      const producers = {
        a: transactions(broker, place.topic, `${place.topic}-a`, "\0\0\0\0"),
        b: transactions(broker, place.topic, `${place.topic}-b`),
      };
      await produce(broker, place.topic, records(0, 1));
      await producers.a.begin();
      await producers.b.begin();
      await producers.a.send(value(901));
      await producers.b.send(value(902));
      await producers.a.send(value(903));
      await producers.b.send(value(904));
      for (const name of order) await producers[name].abort();
      await produce(broker, place.topic, records(1, 2));
      expect((await capture(place)).sums).toMatchObject({ consumed: 8, captured: 2, absent: 6 });
      await expectIds(place, [0, 1]);
      for (const producer of Object.values(producers)) await producer.close();
    });

    test("ends before one that is open, says so, and takes it once it has ended", async () => {
      const place = await setUp("open");
      const one = transactions(broker, place.topic, `${place.topic}-1`);
      await produce(broker, place.topic, records(0, 5));
      await one.begin();
      await one.send(value(5), value(6));
      await produce(broker, place.topic, records(7, 9));
      const { stderr, sums } = await capture(place);
      expect(stderr).toMatch(/an open transaction holds back positions.*"first":"?5"?,"last":"?8\b/);
      expect(sums).toMatchObject({ consumed: 5, captured: 5 });
      await one.commit();
      await one.close();
      expect((await capture(place)).sums).toMatchObject({ consumed: 5, captured: 4, absent: 1 });
      await expectIds(place, range(0, 9));
    });
  });

  describe("on a compacted topic", () => {
    const COMPACT = {
      "cleanup.policy": "compact",
      "segment.ms": "100",
      "min.cleanable.dirty.ratio": "0.001",
      "min.compaction.lag.ms": "0",
    };

    test("takes what is left, counts holes as absent, ends, and never mistakes it for another topic", async () => {
      const place = await setUp("compacted", { config: COMPACT });
      const keyed = (from: number, to: number): Message[] =>
        range(from, to).map((i) => ({ key: `k${i % 10}`, value: value(i), partition: 0 }));
      const parts = [
        keyed(0, 10),
        keyed(10, 20),
        range(20, 25).map((i) => ({ key: `k${i - 20}`, value: null, partition: 0 })),
      ];
      const early = memoryStore();
      for (const messages of parts) {
        await produce(broker, place.topic, messages);
        await sleep(300);
        // Objects whose first messages compaction removes afterwards.
        await captureInProcess({ brokers: [broker], topic: place.topic, store: early });
      }
      await produce(broker, place.topic, [{ key: "last", value: value(25), partition: 0 }]);
      await untilCompacted(place.topic, 10n, 15n);

      expect((await capture(place)).sums).toMatchObject({ consumed: 26, captured: 6, tombstones: 5, absent: 15 });
      await expectIds(place, [...range(15, 20), 25]);

      const untold = { topicIds: async () => new Map<string, string>() };
      const client = (real: KafkaClient): KafkaClient => ({ ...real, ...untold });
      await captureInProcess({ brokers: [broker], topic: place.topic, store: early, client });
      expect((await auditCaptures(early, { repair: false })).sums).toMatchObject({ consumed: 26, captured: 21 });
    });

    /** Until the batch at `from` has nothing before `first`. The cleaner runs every 15 s, over a segment or two at a time. */
    async function untilCompacted(topic: string, from: bigint, first: bigint): Promise<void> {
      const settings = { brokers: [broker], topics: [topic], group: topic, clientId: "test" };
      const client = await connectKafka(settings, silent);
      try {
        for (let tries = 0; ; tries++) {
          const found = await client.firstAt({ topic, partition: 0 }, from);
          if (found !== undefined && found.offset >= first) return;
          if (tries > 110) throw new Error(`not compacted: there is still a message at ${found?.offset}`);
          await sleep(1_000);
        }
      } finally {
        await client.close();
      }
    }
  });

  describe("on a broker without topic ids", () => {
    const withoutIds = (client: KafkaClient): KafkaClient => ({ ...client, topicIds: async () => new Map() });
    const run = (topic: string, store: Store) =>
      captureInProcess({ brokers: [broker], topic, store, client: withoutIds, capture: { rotate: { records: 4 } } });

    test("goes on with the same topic, and stops on one that was created again with more messages", async () => {
      const topic = await newTopic("untold");
      const store = memoryStore();
      await produce(broker, topic, records(0, 10));
      await run(topic, store);
      await produce(broker, topic, records(10, 15));
      await run(topic, store);
      expect((await auditCaptures(store, { repair: false })).sums).toMatchObject({ consumed: 15, captured: 15 });
      await deleteTopic(broker, topic);
      await createTopic(broker, topic, 1);
      await produce(broker, topic, records(1_000, 1_050));
      await expect(run(topic, store)).rejects.toMatchObject({ code: "LEDGER_CONFLICT" });
      expect((await auditCaptures(store, { repair: false })).sums).toMatchObject({ consumed: 15 });
    });
  });

  test("with a store far slower than the source, it keeps its place in the group", async () => {
    const topic = await newTopic("slow", 3);
    for (const partition of [0, 1, 2]) await produce(broker, topic, records(0, 2_000, partition));
    const store = memoryStore();
    const slow: Store = {
      ...store,
      async put(key, body, options) {
        await sleep(2_500);
        return store.put(key, body, options);
      },
    };
    let joined = 0;
    const counting = (client: KafkaClient): KafkaClient => ({
      ...client,
      run: (listener) =>
        client.run({
          assigned: (partitions) => {
            joined++;
            listener.assigned(partitions);
          },
          batch: (batch) => listener.batch(batch),
          passed: (partition, position) => listener.passed(partition, position),
          room: () => listener.room(),
          beat: () => listener.beat(),
          left: () => listener.left(),
          crashed: (error) => listener.crashed(error),
        }),
    });
    const started = performance.now();
    const capture = { memory: "600KB", rotate: { records: 300 } };
    const { warnings, gauges } = await captureInProcess({
      brokers: [broker],
      topic,
      store: slow,
      client: counting,
      capture,
    });
    // Longer than the session may last without a heartbeat: otherwise the test shows nothing.
    expect(performance.now() - started).toBeGreaterThan(1.5 * SESSION_TIMEOUT_MS);
    expect(joined).toBe(1);
    expect(warnings.filter((message) => message.includes(HEARTBEAT_GAP))).toEqual([]);
    const gaps = gauges.get("capture.heartbeat_gap_ms") ?? [];
    expect(Math.max(...gaps)).toBeGreaterThan(0);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(LIMITS.heartbeatGapMs);
    expect((await auditCaptures(store, { repair: false })).sums).toMatchObject({ consumed: 6_000, captured: 6_000 });
  });

  describe("on another topic of the same name", () => {
    const recreate = async ({ topic }: Place, messages: Iterable<Message>): Promise<void> => {
      await deleteTopic(broker, topic);
      await createTopic(broker, topic, 1);
      await produce(broker, topic, messages);
    };
    const at = (messages: Iterable<Message>): Message[] => [...messages].map((m) => ({ ...m, timestamp: 1_000 }));

    test.each([
      ["fewer messages", 5],
      ["as many messages", 10],
      ["more messages", 20],
    ])("that has %s, it stops and mixes nothing", async (_name, count) => {
      const place = await setUp("recreated");
      await produce(broker, place.topic, records(0, 10));
      await capture(place);
      await recreate(place, records(1_000, 1_000 + count));
      await expectConflict(place, "the topic was deleted and created again");
      await expectIds(place, range(0, 10));
    });

    test("that has the very same messages and more, it stops: the topic's id tells", async () => {
      const place = await setUp("twin");
      await produce(broker, place.topic, at(records(0, 10)));
      await capture(place);
      await recreate(place, at(records(0, 20)));
      await expectConflict(place, "topic id");
    });

    test("while it runs, it stops and mixes nothing", async () => {
      const place = await setUp("replaced", { capture: "  rotate: { records: 4 }\n" });
      await produce(broker, place.topic, records(0, 10));
      const running = startCli(["capture"], { cwd: place.cwd });
      while ((await durable(place)) < 8) expect(running.child.exitCode).toBeNull();
      await recreate(place, records(1_000, 1_050));
      const { code, stderr } = await running.done;
      expect(stderr).toContain("LEDGER_CONFLICT");
      expect(code).toBe(2);
      const rows = await duckdb(`select max(id) id from '${place.cwd}/data/captures/**/*.parquet'`);
      expect(rows).toEqual([{ id: expect.stringMatching(/^r\d$/) }]);
    });

    test("that was replaced while it was held up, it stops and mixes nothing", async () => {
      const place = await setUp("held", { capture: "  rotate: { records: 4 }\n" });
      await produce(broker, place.topic, records(0, 10));
      const running = startCli(["capture"], { cwd: place.cwd });
      while ((await durable(place)) < 8) expect(running.child.exitCode).toBeNull();
      running.child.kill("SIGSTOP");
      await recreate(place, records(1_000, 1_050));
      running.child.kill("SIGCONT");
      const { code, stderr } = await running.done;
      expect(stderr).toContain("LEDGER_CONFLICT");
      expect(code).toBe(2);
      const rows = await duckdb(`select max(id) id from '${place.cwd}/data/captures/**/*.parquet'`);
      expect(rows).toEqual([{ id: expect.stringMatching(/^r\d$/) }]);
    });

    test("that is not there any more, it stops", async () => {
      const place = await setUp("deleted");
      await produce(broker, place.topic, records(0, 10));
      const running = startCli(["capture"], { cwd: place.cwd });
      await sleep(3_000);
      await deleteTopic(broker, place.topic);
      const { code, stderr } = await running.done;
      expect(stderr).toContain("was deleted while it was read");
      expect(code).toBe(2);
      await expectIds(place, range(0, 10));
    });
  });

  describe("on", () => {
    test("two topics, one of them listed twice, takes each once", async () => {
      const place = await setUp("two");
      const other = await newTopic("two-other");
      await configure(place.cwd, [place.topic, other, place.topic], place.topic);
      await produce(broker, place.topic, records(0, 10));
      await produce(broker, other, records(10, 15));
      expect((await capture(place)).sums).toMatchObject({ consumed: 15, captured: 15 });
      const { partitions } = await audit(place);
      expect(partitions.map(({ log }) => log.split("@")[0]).sort()).toEqual([place.topic, other].sort());
    });

    test("fewer partitions than members, each message is held once and the idle member ends", async () => {
      const place = await setUp("members", { capture: "  rotate: { records: 100 }\n" });
      await produce(broker, place.topic, records(0, 2_000));
      const runs = await Promise.all(
        [0, 1, 2].map(() => runCli(["capture", "--until", "end", "--json"], { cwd: place.cwd })),
      );
      for (const { code, stderr } of runs) expect(code, stderr).toBe(0);
      await capture(place);
      await expectIds(place, range(0, 2_000));
    });

    test("partitions that are added while it runs, it takes them from their first message", async () => {
      const place = await setUp("added");
      await produce(broker, place.topic, records(0, 5));
      const running = startCli(["capture", "--until", "idle:50s", "--json"], { cwd: place.cwd });
      await sleep(3_000);
      await addPartitions(broker, place.topic, 3);
      await sleep(1_000);
      await produce(broker, place.topic, [...records(10, 15, 1), ...records(20, 25, 2)]);
      const { code, stderr } = await running.done;
      expect(code, stderr).toBe(0);
      await expectIds(place, [...range(0, 5), ...range(10, 15), ...range(20, 25)]);
    });
  });
});

async function groupOf({ cwd }: Place): Promise<string | undefined> {
  return /group: ([^ ]+)/.exec(await readFile(join(cwd, "cutover.yaml"), "utf8"))?.[1];
}
