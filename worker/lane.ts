/** One bucket in this worker's hands: its units in order, a batch at a time, acknowledged once their results are durable. */
import type { Clock } from "../src/clock.ts";
import { isCutoverError } from "../src/errors.ts";
import { LIMITS } from "../src/limits.ts";
import type { Logger } from "../src/log.ts";
import type { ReceivedOrder, UnitConsumer, UnitOrder } from "../src/queue/port.ts";
import type { Work } from "../src/queue/work.ts";
import type { Gate } from "./gate.ts";
import type { Turns } from "./turns.ts";

export interface LaneOptions {
  readonly partition: number;
  readonly work: Work;
  readonly gate: Gate;
  readonly turns: Turns;
  readonly consumer: Pick<UnitConsumer, "pause" | "resume" | "acknowledge">;
  readonly log: Logger;
  readonly clock: Clock;
  /** What this process did with the bucket before: its last requests end first. */
  readonly before: Promise<void>;
  readonly onUnits: (done: number) => void;
  readonly onFault: (error: unknown) => void;
}

export interface Lane {
  receive(orders: readonly ReceivedOrder[]): void;
  /** Whether more may come; the source is told by `resume` when it may again. */
  readonly hasRoom: boolean;
  /** Position after the last that came; undefined when none has. */
  readonly next: bigint | undefined;
  /** Units that came and are not done. */
  readonly waiting: number;
  /** Nothing new is sent; resolves when what was in flight is stored. `lost`: the bucket is another's now. */
  stop(lost: boolean): Promise<void>;
}

export function createLane(options: LaneOptions): Lane {
  const { partition, gate, turns, consumer, onFault } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const inbox: ReceivedOrder[] = [];
  let received = -1n;
  let lost = false;
  let wake = (): void => {};
  const came = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  let done = 0n;
  let acknowledged = 0n;
  let acknowledging: Promise<void> | undefined;
  /** Again and again: while the group moves no acknowledgement is taken, and who waits for the run waits for this. */
  const acknowledge = async (): Promise<void> => {
    for (let tries = 0; acknowledged < done && !lost; tries++) {
      const upTo = done;
      try {
        await consumer.acknowledge(partition, upTo);
        acknowledged = upTo;
      } catch (error) {
        options.log.debug("units are done and could not be acknowledged yet", { partition, error: String(error) });
        if (signal.aborted && tries > 0) return;
        await options.clock.sleep(ACKNOWLEDGE_AGAIN_MS, signal).catch(() => {});
      }
    }
  };
  const loop = async (): Promise<void> => {
    await options.before;
    while (!signal.aborted) {
      if (inbox.length === 0) await came();
      else if (await gate.opened(partition, signal, inbox[0]?.order?.work)) {
        await turns.take(signal);
        const batch = nextBatch(inbox);
        const whole = await workOn(options, signal, batch).finally(turns.give);
        if (!whole) continue;
        inbox.splice(0, batch.length);
        done = (batch.at(-1) as ReceivedOrder).position + 1n;
        acknowledging ??= acknowledge().finally(() => {
          acknowledging = undefined;
        });
        options.onUnits(batch.length);
        if (inbox.length < LIMITS.workerOrders / 2 && !signal.aborted) consumer.resume(partition);
      }
    }
    await acknowledging;
    await acknowledge();
  };
  const ended = loop().catch(onFault);
  return {
    receive(orders) {
      // What kafkajs had fetched before the group moved may come twice.
      for (const order of orders) if (order.position > received) inbox.push(order);
      const last = orders.at(-1);
      if (last && last.position > received) received = last.position;
      if (inbox.length >= LIMITS.workerOrders) consumer.pause(partition);
      wake();
    },
    get hasRoom() {
      return inbox.length < LIMITS.workerOrders;
    },
    get next() {
      return received < 0n ? undefined : received + 1n;
    },
    get waiting() {
      return inbox.length;
    },
    stop(isLost) {
      lost ||= isLost;
      stopping.abort();
      wake();
      return ended;
    },
  };
}

const ACKNOWLEDGE_AGAIN_MS = 500;

function nameOf(order: UnitOrder | undefined): string | undefined {
  return order && JSON.stringify([order.work, order.run, order.bucket, askedOf(order)]);
}

function askedOf(order: UnitOrder): string | undefined {
  return order.work === "compare" ? order.asked : undefined;
}

/** From the front: orders of one piece of work, or those that no run can be told of. */
function nextBatch(inbox: readonly ReceivedOrder[]): readonly ReceivedOrder[] {
  const first = inbox[0]?.order;
  const end = inbox.findIndex(({ order }) => nameOf(order) !== nameOf(first));
  return inbox.slice(0, Math.min(end === -1 ? inbox.length : end, LIMITS.workerBatch));
}

async function workOn(
  { partition, work, gate, turns, log }: LaneOptions,
  stop: AbortSignal,
  batch: readonly ReceivedOrder[],
): Promise<boolean> {
  if (stop.aborted) return false;
  const orders = batch.flatMap(({ order }) => (order ? [order] : []));
  const [first] = orders as [UnitOrder?, ...UnitOrder[]];
  if (!first) {
    log.warn("messages on the topic of units that are no units were passed over", {
      partition,
      messages: batch.length,
    });
    return true;
  }
  // Limits are kept by one process a partition; a bucket elsewhere would have two.
  if (first.bucket !== partition) {
    log.warn("units of another bucket on this partition were passed over", { partition, bucket: first.bucket });
    return true;
  }
  try {
    return await work.run({
      kind: first.work,
      asked: askedOf(first),
      run: first.run,
      bucket: partition,
      keys: [...new Set(orders.map(({ key }) => key))],
      stop,
      mayTry: () => gate.may(partition, first.work),
      lanes: turns.taken,
    });
  } catch (error) {
    if (!isCutoverError(error, "RUN_MISSING")) throw error;
    log.warn("units of a run that is not there any more were passed over", { run: first.run, units: orders.length });
    return true;
  }
}
