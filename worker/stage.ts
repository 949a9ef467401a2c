/** The worker: takes units from the queue as the group gives them to it, until it is told to stop. */

import { messageOf } from "../src/errors.ts";
import { type HealthEndpoint, serveHealth } from "../src/health.ts";
import { LIMITS } from "../src/limits.ts";
import type { Logger } from "../src/log.ts";
import type { Metrics } from "../src/metrics.ts";
import { connectConsumer } from "../src/queue/kafka-queue.ts";
import type { OrderListener, UnitConsumer } from "../src/queue/port.ts";
import { queueConnection } from "../src/queue/settings.ts";
import type { Work } from "../src/queue/work.ts";
import type { Session } from "../src/session.ts";
import { createGate } from "./gate.ts";
import { type WorkerState, whyNotAlive, whyNotReady } from "./health.ts";
import { createLane, type Lane } from "./lane.ts";
import { createTenure, marginOf, type Tenure } from "./tenure.ts";
import { createTurns } from "./turns.ts";

const TICK_MS = 1_000;

/** Ends by throwing: the session's reason once what was in flight is stored, or what went wrong. */
export async function workerStage(session: Session, open: () => Promise<Work>): Promise<never> {
  const { log, config, signal } = session;
  const settings = queueConnection(config);
  await session.store.check({ write: true, signal });
  const work = await open();
  try {
    const consumer = await connectConsumer(settings, log);
    const worker = createWorker(session, work, consumer, settings.sessionTimeout);
    const health = await openHealth(session, worker.state);
    try {
      log.info(`takes units from ${consumer.name}`, { group: settings.group });
      await consumer.run(worker.listener);
      await worker.ended;
    } finally {
      await worker.drain();
      await consumer.close();
      await health?.close();
    }
  } finally {
    await work.close();
  }
  throw signal.reason;
}

interface Worker {
  readonly listener: OrderListener;
  /** Resolves when the session is told to stop; rejects with the first fault. */
  readonly ended: Promise<void>;
  /** Resolves when all that was in flight is stored and acknowledged, or the time for it is over. */
  drain(): Promise<void>;
  state(): WorkerState;
}

function createWorker(session: Session, work: Work, consumer: UnitConsumer, sessionMs: number): Worker {
  const { clock, log, metrics, signal } = session;
  const tenure = createTenure({ sessionMs, marginMs: marginOf(sessionMs), requestMs: work.requestMs });
  const gate = createGate(tenure, clock);
  const turns = createTurns(LIMITS.workerLanes);
  const lanes = new Map<number, Lane>();
  /** What a bucket's last lane still has in flight; a new one begins after it. */
  const ending = new Map<number, Promise<void>>();
  const ended = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => ended.resolve(), { once: true });
  if (signal.aborted) ended.resolve();
  ended.promise.catch(() => {});
  let generations = 0;
  let tickedAt = clock.monotonic();

  const start = (partition: number): void => {
    const before = ending.get(partition) ?? Promise.resolve();
    const onUnits = (done: number): void => metrics.count("worker.units", done, { stage: "worker" });
    const onFault = ended.reject;
    lanes.set(partition, createLane({ partition, work, gate, turns, consumer, log, clock, before, onUnits, onFault }));
  };
  /** What it needs to know of the brokers may be long in coming; it is of use only while the lane is there. */
  const deliver = async (partition: number): Promise<void> => {
    const lane = lanes.get(partition);
    const generation = generations;
    while (lane && lanes.get(partition) === lane && generation === generations) {
      try {
        await consumer.start(partition, lane.next);
        if (!lane.hasRoom) consumer.pause(partition);
        return;
      } catch (error) {
        log.debug("where a bucket goes on is not known yet", { partition, error: messageOf(error) });
        await clock.sleep(TICK_MS, signal).catch(() => {});
      }
    }
  };
  const end = (partition: number, lost: boolean): void => {
    const lane = lanes.get(partition);
    if (!lane) return;
    lanes.delete(partition);
    const done = lane.stop(lost).finally(() => {
      if (ending.get(partition) === done) ending.delete(partition);
    });
    ending.set(partition, done);
  };
  const listener: OrderListener = {
    assigned(partitions, member) {
      if (signal.aborted) return;
      const { started, kept, lost } = tenure.assigned(partitions, member, clock.monotonic());
      for (const partition of [...lost, ...started]) end(partition, true);
      for (const partition of started) start(partition);
      generations++;
      for (const partition of partitions) void deliver(partition);
      log.info("the group has given out its buckets", describe(started, kept, lost));
      metrics.count("worker.rebalances", 1, { stage: "worker" });
    },
    moving: tenure.moving,
    beat: () => tenure.beat(clock.monotonic()),
    received: (partition, orders) => lanes.get(partition)?.receive(orders),
    crashed: ended.reject,
  };
  const timer = setInterval(() => {
    tickedAt = clock.monotonic();
    tell(log, metrics, tenure, lanes);
  }, TICK_MS);
  return {
    listener,
    ended: ended.promise,
    async drain() {
      clearInterval(timer);
      for (const partition of lanes.keys()) end(partition, false);
      if (ending.size > 0) log.info("stopping: what is in flight finishes and is stored");
      const given = new AbortController();
      const overdue = clock.sleep(work.requestMs + LIMITS.workerDrainMs, given.signal).catch(() => {});
      await Promise.race([Promise.all(ending.values()), overdue]);
      given.abort();
    },
    state: () => {
      const now = clock.monotonic();
      return { now, tickedAt, silence: tenure.silence(now), buckets: lanes.size, sessionMs, stopping: signal.aborted };
    },
  };
}

function describe(started: readonly number[], kept: readonly number[], lost: readonly number[]) {
  return { new: started.length, kept: kept.length, lost: lost.length };
}

function tell(log: Logger, metrics: Metrics, tenure: Tenure, lanes: ReadonlyMap<number, Lane>): void {
  const waiting = [...lanes.values()].reduce((sum, lane) => sum + lane.waiting, 0);
  metrics.gauge("worker.buckets", tenure.partitions.length, { stage: "worker" });
  metrics.gauge("worker.units.waiting", waiting, { stage: "worker" });
  log.progress("at work", { buckets: tenure.partitions.length, units: waiting });
}

async function openHealth({ config, log }: Session, state: () => WorkerState): Promise<HealthEndpoint | undefined> {
  const { health } = config.worker;
  if (!health) return undefined;
  const questions = {
    healthz: () => ({ reasons: whyNotAlive(state()) }),
    readyz: () => ({ reasons: whyNotReady(state()), buckets: state().buckets }),
  };
  const endpoint = await serveHealth(health, questions, "worker.health");
  log.info(`health at http://${health.host}:${endpoint.port}/readyz`, { port: endpoint.port });
  return endpoint;
}
