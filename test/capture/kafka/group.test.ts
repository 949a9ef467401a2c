/**
 * Laws of a group of members over a model of a broker, whatever comes in between: rotations of every kind, rebalances,
 * zombies, lost commits, faults of the store, retention. A failure prints its seed; CUTOVER_RUNS makes it a soak.
 */
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { auditCaptures } from "../../../capture/audit/audit.ts";
import { kafkaSource } from "../../../capture/kafka/kafka-source.ts";
import { kafkaLog } from "../../../capture/kafka/kafka-topics.ts";
import type { Until } from "../../../capture/port.ts";
import { createLedger } from "../../../capture/ranges/ledger.ts";
import { createRecorder, type Recorder } from "../../../capture/ranges/recorder.ts";
import { configSchema, type WrittenConfig } from "../../../src/config/schema.ts";
import { shownObjects } from "../../../src/lake/captures.ts";
import type { Logger } from "../../../src/log.ts";
import { noMetrics } from "../../../src/metrics.ts";
import { openObject } from "../../../src/parquet/read.ts";
import { CAPTURES, REJECTS, type TableSpec } from "../../../src/record.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/port.ts";
import { fakeClock, messageAt, type Slot } from "../ranges/simulation.ts";
import { type Fault, rotation, type Step, slot, step } from "./group-steps.ts";
import { ModelBroker, ModelClient, TOPIC } from "./model-broker.ts";

const RUNS = Number(process.env.CUTOVER_RUNS ?? 100);
const PARTITIONS = 2;
const END: Until = { kind: "end" };
const NEVER: Until = { kind: "never" };
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, progress() {}, flush: async () => {} };

interface Member {
  readonly client: ModelClient;
  readonly recorder: Recorder;
  readonly clock: ReturnType<typeof fakeClock>;
  readonly done: Promise<string>;
  readonly state: { dead: boolean; fault: Fault };
}

/** A store that a killed member cannot reach any more, and whose next put can fail before or after it was kept. */
function faulty(store: Store, state: Member["state"]): Store {
  return {
    ...store,
    async put(key, body, options) {
      const { fault, dead } = state;
      state.fault = "none";
      if (dead || fault === "before") throw new Error("unreachable");
      const info = await store.put(key, body, options);
      if (fault === "after") throw new Error("answer lost");
      return info;
    },
  };
}

function join(broker: ModelBroker, shared: Store, capture: WrittenConfig["capture"], until: Until): Member {
  const client = new ModelClient(broker);
  const kafka = { brokers: ["b"], topics: [TOPIC], group: "g" };
  const settings = configSchema.parse({ capture: { maxRejectRate: 1, ...capture, source: { kafka } } }).capture;
  const source = settings.source?.kafka;
  if (!source) throw new Error("no source");
  const state: Member["state"] = { dead: false, fault: "none" };
  const clock = fakeClock();
  const ledger = createLedger(faulty(shared, state));
  const recorder = createRecorder({ ledger, settings, clock });
  const done = kafkaSource(
    source,
    until,
    async () => client,
  )({
    sink: recorder,
    ledger,
    log: silent,
    metrics: noMetrics,
    clock,
    stop: recorder.failed,
    drain: () => recorder.flush(),
  });
  done.catch(() => {});
  return { client, recorder, clock, done, state };
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await setImmediate();
}

class Group {
  readonly broker: ModelBroker;
  readonly store = memoryStore();
  readonly members: Member[];
  #owners: readonly number[] = [0, 1];

  constructor(logs: readonly Slot[][], captures: readonly WrittenConfig["capture"][], hasIds: boolean) {
    this.broker = new ModelBroker(logs.map((log) => [...log]));
    this.broker.hasIds = hasIds;
    this.members = captures.map((capture) => join(this.broker, this.store, capture, NEVER));
  }

  async take(step: Step): Promise<void> {
    const { broker, members } = this;
    const at = "member" in step ? (members[step.member] as Member) : undefined;
    if (step.do === "fetch") at?.client.fetch(step.size);
    else if (step.do === "deliver") at?.client.deliver();
    else if (step.do === "settle") await turns(step.turns);
    else if (step.do === "flush") await at?.recorder.flush();
    else if (step.do === "fault" && at) at.state.fault = step.fault;
    else if (step.do === "lose commits" && at) at.client.losesCommits = step.lost;
    else if (step.do === "rebalance") this.rebalance(step.owners, step.told);
    else if (step.do === "reset") broker.committed.set(step.partition, { offset: BigInt(step.offset), metadata: "" });
    else if (step.do === "compact") for (const at of step.at) broker.compact(step.partition, at);
    else if (step.do === "append") broker.logs[step.partition]?.push(...step.slots);
    else if (step.do === "retain") {
      const low = Math.min(step.low, broker.high(step.partition) - 1);
      broker.low[step.partition] = Math.max(broker.low[step.partition] ?? 0, low);
    } else if (step.do === "tick" && at) {
      at.clock.advance(step.ms);
      at.recorder.tick();
    } else if (step.do === "kill" && at) {
      at.state.dead = true;
      members[step.member] = join(broker, this.store, step.capture, NEVER);
      await turns(3);
      this.rebalance(this.#owners, [step.member]);
    }
  }

  rebalance(owners: readonly number[], told: readonly number[]): void {
    this.#owners = owners;
    for (const m of new Set(told)) {
      const client = this.members[m]?.client;
      if (client?.isRunning) client.assign(owners.flatMap((owner, partition) => (owner === m ? [partition] : [])));
    }
  }

  /** One more member reads what is left, while the others still write what they hold. */
  async finish(): Promise<void> {
    const last = join(this.broker, this.store, { rotate: { records: 5 } }, END);
    while (!last.client.isRunning) await turns(1);
    last.client.assign([0, 1]);
    let ended = false;
    last.done.then(
      () => {
        ended = true;
      },
      () => {
        ended = true;
      },
    );
    for (let i = 0; !ended; i++) {
      if (i > 5_000) throw new Error("it does not end");
      last.client.fetch(7);
      last.client.deliver();
      await turns(2);
    }
    await last.done;
    for (const { recorder } of this.members) await recorder.flush();
  }
}

/** Rows by partition and position. */
async function rowsOf(store: Store, table: TableSpec, column: string): Promise<Map<string, string[]>> {
  const rows = new Map<string, string[]>();
  for await (const { key } of shownObjects(store, `${table.dataset}/`)) {
    const object = await openObject(store, key, table);
    const partition = key.split("/")[2];
    for (let group = 0; group < object.rowGroups.length; group++) {
      const values = await object.read(group, ["offset", column]);
      (values.offset ?? []).forEach((offset, i) => {
        const name = `${partition}/${offset}`;
        const text = Buffer.from((values[column]?.[i] ?? "") as Uint8Array).toString();
        rows.set(name, [...(rows.get(name) ?? []), text]);
      });
    }
  }
  return rows;
}

/** Every position once, with its message, from the first that was captured to the end; lost ones are gaps. */
async function expectWhole({ store, broker }: Group): Promise<void> {
  const { ok, partitions } = await auditCaptures(store, { repair: true });
  expect(ok).toBe(true);
  const captured = await rowsOf(store, CAPTURES, "input");
  const rejected = await rowsOf(store, REJECTS, "value");
  expect(partitions.map(({ log }) => log)).toEqual(Array(PARTITIONS).fill(kafkaLog(TOPIC, "5L6g3nShT-eMCtK--X86sw")));
  for (const { partition, first, last, gaps } of partitions) {
    const log = broker.logs[partition] ?? [];
    expect(Number(last)).toBe(log.length - 1);
    const lost = (at: number): boolean => gaps.some(({ from, to }) => Number(from) <= at && at <= Number(to));
    for (let at = Number(first); at < log.length; at++) {
      const name = `${partition}/${at}`;
      // Read before it was compacted away, or not any more.
      const removed = broker.removed[partition]?.get(at);
      const held = captured.has(name) || rejected.has(name);
      const kind = removed !== undefined && held ? removed : lost(at) ? "absent" : (log[at] as Slot);
      expect([name, captured.get(name)]).toEqual([name, kind === "record" ? [`{"n": ${at}.0}`] : undefined]);
      expect([name, rejected.get(name)]).toEqual([
        name,
        kind === "broken" ? [String(messageAt(at, kind).value)] : undefined,
      ]);
    }
    // Nothing is lost that was never deleted.
    for (const { to } of gaps) expect(Number(to)).toBeLessThan(broker.low[partition] ?? 0);
  }
}

const ONE_EACH: WrittenConfig["capture"] = { rotate: { records: 1 } };
const SLOWLY: WrittenConfig["capture"] = { rotate: { interval: "10s" } };
const settle: Step = { do: "settle", turns: 1 };
type Case = [logs: [Slot[], Slot[]], captures: [object, object, object], ids: boolean, steps: Step[]];

/** What this law has found before. */
const FOUND: Case[] = [
  // A zombie wrote a part of what was read to the end: the end was told, and the rest was not captured.
  [
    [["record", "record"], ["record"]],
    [ONE_EACH, ONE_EACH, ONE_EACH],
    true,
    [settle, { do: "fetch", member: 0, size: 1 }, { do: "deliver", member: 0 }],
  ],
  // The same, twice in a row: the second part was read again before the first was known to be durable.
  [
    [
      ["record", "record", "record"],
      ["record", "broken"],
    ],
    [ONE_EACH, ONE_EACH, ONE_EACH],
    false,
    [settle, { do: "fetch", member: 0, size: 2 }, { do: "deliver", member: 0 }],
  ],
  // Retention went on between the first reads of two members: each began at another position.
  [
    [["record"], ["record", "record"]],
    [ONE_EACH, SLOWLY, ONE_EACH],
    true,
    [settle, { do: "fetch", member: 1, size: 2 }, { do: "retain", partition: 1, low: 1 }, { do: "deliver", member: 1 }],
  ],
];

test("holds every position exactly once, whatever happens to the members of the group", {
  timeout: 600_000,
}, async () => {
  const logs = fc.tuple(
    fc.array(slot, { minLength: 1, maxLength: 40 }),
    fc.array(slot, { minLength: 1, maxLength: 40 }),
  );
  const captures = fc.tuple(rotation, rotation, rotation);
  await fc.assert(
    fc.asyncProperty(
      logs,
      captures,
      fc.boolean(),
      fc.array(step, { maxLength: 60 }),
      async (log, capture, ids, steps) => {
        const group = new Group(log, capture, ids);
        await turns(5);
        group.rebalance([0, 1], [0, 1, 2]);
        for (const next of steps) await group.take(next);
        await group.finish();
        await expectWhole(group);
        for (const { state, recorder } of group.members) {
          state.dead = true;
          expect(recorder.failed.reason?.code).not.toBe("LEDGER_CONFLICT");
        }
      },
    ),
    { numRuns: RUNS, examples: FOUND },
  );
});
