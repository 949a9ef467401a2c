/** `cutover replay --queue kafka`: the units of a run become messages, and workers do them. */
import { CutoverError } from "../src/errors.ts";
import { replaysPrefix } from "../src/lake/keys.ts";
import { type Run, readSkips } from "../src/lake/run.ts";
import { LIMITS } from "../src/limits.ts";
import { readMeta } from "../src/parquet/read.ts";
import { connectPublisher } from "../src/queue/kafka-queue.ts";
import type { UnitPublisher } from "../src/queue/port.ts";
import { queueConnection } from "../src/queue/settings.ts";
import { REPLAYS } from "../src/record.ts";
import type { Session } from "../src/session.ts";
import { carryFlags, type Given } from "../src/shell.ts";
import type { Store } from "../src/store/port.ts";
import type { SkipReason } from "./pace/retry.ts";
import { checkShares, type Part, partOf } from "./part.ts";
import { checkProduction } from "./plan/production.ts";
import { endpointsOf, pinnedRun, type ReplayOptions } from "./planned.ts";
import { readLost } from "./results/calls.ts";
import { group, type ReplayResult, skipsOf, toResult } from "./results/result.ts";
import { readStored } from "./results/stored.ts";
import { createTally, type Tally } from "./results/tally.ts";
import { targetSettings } from "./targets/open.ts";
import { unitsOf } from "./unit.ts";

export interface Queued {
  readonly run: string;
  readonly target: string;
  readonly planned: number;
  /** Results that the run has already. */
  readonly stored: number;
  /** Units put on the queue by this call; none when the run is complete. */
  readonly units: number;
  readonly queue: string;
}

export interface QueueOptions extends ReplayOptions {
  /** Waits until workers have done all of it. */
  readonly wait?: boolean;
}

/** Pins the run in as many buckets as the topic has partitions, and asks for its units. */
export async function queueStage(session: Session, options: QueueOptions): Promise<Queued | ReplayResult> {
  refuseCaps(options);
  const startedAt = session.clock.monotonic();
  const publisher = await connectPublisher(queueConnection(session.config), session.log);
  try {
    const partitions = await publisher.ensure(options.buckets ?? LIMITS.queuePartitions);
    if (options.buckets !== undefined && options.buckets !== partitions)
      throw otherPartitions(options.buckets, partitions, publisher);
    const { run, part } = await pinnedRun(session, options, partitions, (pinned, target) => {
      if (pinned.buckets !== partitions) throw otherBuckets(pinned, partitions, publisher);
      const endpoints = endpointsOf(session, pinned, target);
      return { run: pinned, part: partOf(pinned, endpoints, () => true, null) };
    });
    const settings = targetSettings(session.config, run.target.name);
    checkShares(settings, run.target.name, part);
    const before = (await readStored(session.store, run.run)).tally;
    const stored = before.replayed + before.failed;
    const requests = run.planned - stored;
    await checkProduction(session, { target: run.target.name, settings, requests, yes: options.yes ?? false });
    const orders = stored >= run.planned ? [] : ordersOf(run, part);
    const ends = await publisher.publish(orders);
    session.log.info("queued", { run: run.run, units: orders.length, queue: publisher.name });
    if (!options.wait) {
      const { target, planned } = run;
      return { run: run.run, target: target.name, planned, stored, units: orders.length, queue: publisher.name };
    }
    await waitForWorkers(session, publisher, run, ends);
    return await resultOf(session, run, before, (session.clock.monotonic() - startedAt) / 1000);
  } finally {
    await publisher.close();
  }
}

/** A cap is counted by the process that sends; here many do, at times that nobody knows. */
function refuseCaps(options: QueueOptions): void {
  const cap = (["maxRequests", "maxErrors", "maxCost", "maxDuration"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (cap === undefined) return;
  throw new CutoverError("USAGE", "a cap does not reach the workers of a queue", {
    received: `--${cap.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} with --queue`,
    hint: "narrow the selection (--limit N, --sample SHARE), or replay without --queue",
  });
}

function ordersOf(run: Run, { buckets }: Part) {
  return unitsOf(run)
    .filter(({ bucket }) => buckets.has(bucket))
    .map(({ pinned, bucket }) => ({ work: "replay" as const, run: run.run, key: pinned.key, bucket }));
}

/** Between two looks at what workers have done. */
const LOOK_MS = 1_000;
/** Looks without a worker after which it is said, and said again. */
const LONELY_LOOKS = 30;

async function waitForWorkers(
  { store, clock, log, signal }: Session,
  publisher: UnitPublisher,
  run: Run,
  ends: ReadonlyMap<number, bigint>,
): Promise<void> {
  const count = createCounter(store, run.run);
  for (let looks = 0; ; looks++) {
    const done = await publisher.done();
    const left = [...ends].filter(([partition, end]) => (done.get(partition) ?? -1n) < end);
    if (left.length === 0) return;
    const workers = await publisher.workers();
    if (workers === 0 && looks % LONELY_LOOKS === LONELY_LOOKS - 1)
      log.warn("no worker is in the group: nothing is done until one is started", { hint: "cutover worker" });
    const stored = await count();
    log.progress(`${group(stored)} of ${group(run.planned)} · ${left.length} buckets · ${workers} workers`);
    await clock.sleep(LOOK_MS, signal);
  }
}

/** Rows of a run's commits, each footer read once. */
function createCounter(store: Store, run: string): () => Promise<number> {
  let rows = 0;
  const known = new Set<string>();
  return async () => {
    for await (const info of store.list(replaysPrefix(run))) {
      if (known.has(info.key)) continue;
      known.add(info.key);
      rows += (await readMeta(store, info.key, REPLAYS, { info })).rows;
    }
    return rows;
  };
}

/** As a call that had sent all by itself would tell it. */
async function resultOf({ store, config }: Session, run: Run, before: Tally, seconds: number): Promise<ReplayResult> {
  const { tally, byCall } = await readStored(store, run.run);
  const { models } = await readSkips(store, run.run);
  // Written by workers of this version, which know no other reasons.
  const reasonOf = (model: string) => Object.keys(models[model] ?? {})[0] as SkipReason | undefined;
  const now = { ...createTally(), replayed: tally.replayed - before.replayed, failed: tally.failed - before.failed };
  return toResult({
    run,
    stored: tally,
    now,
    skips: skipsOf(run, tally, reasonOf),
    parked: new Map(),
    resent: await readLost(store, run.run, byCall),
    sent: now.replayed + now.failed,
    seconds,
    ended: undefined,
    // What the tries of other processes took is not known here; the models' costs are of what they stored.
    cost: null,
    price: targetSettings(config, run.target.name).price,
  });
}

function otherPartitions(buckets: number, partitions: number, { name }: UnitPublisher): CutoverError {
  return new CutoverError("USAGE", "the topic of units has another number of partitions", {
    place: name,
    expected: `--buckets ${partitions}, or none`,
    received: `--buckets ${buckets}`,
    hint: "leave --buckets out, or name another topic: queue: { kafka: { topic } }",
  });
}

function otherBuckets(run: Run, partitions: number, { name }: UnitPublisher): CutoverError {
  return new CutoverError("RUN_INVALID", `run ${run.run} was pinned with another number of buckets`, {
    place: name,
    expected: `${partitions}, the partitions of the topic: a bucket has one of its own`,
    received: `${run.buckets}`,
    hint: "pin it anew with --fresh, or name a topic with as many partitions: queue: { kafka: { topic } }",
  });
}

export function renderQueued({ run, target, planned, stored, units, queue }: Queued, given: Given = {}): string {
  const what = units === 0 ? "is complete: nothing was queued" : `${group(units)} units queued on ${queue}`;
  const next = units === 0 ? `cutover compare --run ${run}` : "cutover worker, as many as there are; cutover runs";
  const carried = carryFlags(next, given, ["compare", "worker", "runs"]);
  return `run ${run} → ${target}: ${what}\n${group(stored)} of ${group(planned)} results are stored\nnext: ${carried}\n`;
}
