/** The replay stage: plan, pin, send what has no result yet, store, say what came of it. */
import { setMaxListeners } from "node:events";
import { checkPinned } from "../src/lake/pinned.ts";
import { isCap, type Run } from "../src/lake/run.ts";
import type { InLayers } from "../src/lake/sequence.ts";
import { LIMITS } from "../src/limits.ts";
import { growYoungGeneration } from "../src/memory.ts";
import type { Session } from "../src/session.ts";
import { type DriveOptions, drive } from "./drive.ts";
import { allParked, endedEarly, interrupted, tooMany } from "./endings.ts";
import type { Engine, EngineLimits } from "./engine.ts";
import type { Parked } from "./pace/health.ts";
import { type Part, partOfShard, shareOf } from "./part.ts";
import { capLimitsOf, settingsUnderCost } from "./plan/caps.ts";
import { createMeter, type Meter } from "./plan/meter.ts";
import { pinRun } from "./plan/plan.ts";
import { checkProduction } from "./plan/production.ts";
import { endpointsOf, type ReplayOptions, withPlan } from "./planned.ts";
import { createReporter } from "./progress.ts";
import { openCall, readLost } from "./results/calls.ts";
import { type Ended, type ReplayResult, skipsOf, toResult } from "./results/result.ts";
import { writeSkips } from "./results/skips.ts";
import { readStored, type Stored } from "./results/stored.ts";
import { addToTally, createTally } from "./results/tally.ts";
import { checkBuckets } from "./shard.ts";
import { targetSettings } from "./targets/open.ts";
import type { Endpoint } from "./targets/target.ts";
import { bucketOf, unitsOf } from "./unit.ts";

/** What tests set: bounds, chance, and how often the stage looks around. */
export interface Tuning {
  readonly limits: EngineLimits;
  readonly random: () => number;
  readonly tickMs: number;
}

/** See `growYoungGeneration`. */
const YOUNG_MIB = 8;

export const DEFAULT_TUNING: Tuning = {
  limits: {
    commitRows: LIMITS.commitRows,
    commitBytes: LIMITS.commitBytes,
    commitAgeMs: LIMITS.commitAgeMs,
    bufferBytes: LIMITS.replayBufferBytes,
    openUnits: LIMITS.replayOpenUnits,
    silentMs: LIMITS.endpointSilentMs,
  },
  random: Math.random,
  tickMs: 1_000,
};

/** Does the replay; throws INTERRUPTED or TERMINATED, with what is finished stored, when the session is told to stop. */
export async function replayStage(
  session: Session,
  options: ReplayOptions,
  tuning: Tuning = DEFAULT_TUNING,
): Promise<ReplayResult> {
  growYoungGeneration(YOUNG_MIB);
  const startedAt = session.clock.monotonic();
  const limits = capLimitsOf(options);
  const settings = settingsUnderCost(targetSettings(session.config, options.target), options.target, limits);
  return withPlan(session, options, async (plan, target) => {
    const run = plan.pinned ? plan.run : await pinRun(session.store, plan.run);
    checkBuckets(run, options.buckets, options.shard);
    await checkPinned(session.store, run);
    // Another process may have been quicker to pin, and have found other models.
    const endpoints = endpointsOf(session, run, target);
    const part = partOfShard(run, endpoints, options.shard);
    const meter = createMeter({ limits, settings, target, clock: session.clock, startedAt });
    const yes = options.yes ?? false;
    const layers = await options.layer?.(run);
    return replayRun({ session, tuning, run, settings, endpoints, part, layers, meter, startedAt, yes });
  });
}

interface RunContext {
  readonly session: Session;
  readonly tuning: Tuning;
  readonly run: Run;
  readonly settings: ReturnType<typeof targetSettings>;
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly part: Part;
  readonly layers: InLayers | undefined;
  readonly meter: Meter;
  /** Monotonic milliseconds at which the call began. */
  readonly startedAt: number;
  readonly yes: boolean;
}

/** All that is counted is counted of the part alone. */
async function replayRun(context: RunContext): Promise<ReplayResult> {
  const { session, part, settings, startedAt, yes } = context;
  const { run } = part;
  const { store, clock, log } = session;
  const stored = await readStored(store, run.run, part.name === null ? undefined : part.buckets);
  const { tally } = stored;
  const now = createTally();
  const done = tally.replayed + tally.failed;
  if (done > run.planned) throw tooMany(run, done);
  log.info("replay", {
    run: run.run,
    target: run.target.name,
    planned: run.planned,
    stored: done,
    ...(part.name === null ? {} : { shard: part.name }),
  });
  await checkProduction(session, { target: run.target.name, settings, requests: run.planned - done, yes });
  const sending = done < run.planned ? await send(context, stored, now) : undefined;
  const parked = sending?.engine.health.all ?? new Map<string, Parked>();
  const complete = tally.replayed + tally.failed >= run.planned;
  const ended = complete || session.signal.aborted ? undefined : sending?.ended;
  const skips = skipsOf(run, tally, (model) => {
    return parked.get(context.endpoints.get(model)?.key ?? "")?.reason ?? ended?.by;
  });
  await writeSkips(store, run.run, part.name === null ? undefined : part.buckets, skips, bucketOfModel(context));
  const resent = await readLost(store, run.run, stored.byCall, sending?.call, part.name);
  const seconds = (clock.monotonic() - startedAt) / 1000;
  const { cost } = context.meter;
  const { price } = context.settings;
  const sent = sending?.sent ?? 0;
  const overBudget = sending?.engine.overBudget ?? 0;
  const result = toResult({
    run,
    stored: tally,
    now,
    skips,
    parked,
    resent,
    sent,
    seconds,
    ended,
    overBudget,
    cost,
    price,
  });
  const skipped = Object.values(result.skipped).reduce((sum, n) => sum + n, 0);
  const settled = result.replayed + result.failed + skipped >= run.planned;
  if (session.signal.aborted && !settled) throw interrupted(session, result);
  if (ended && !isCap(ended.by)) throw endedEarly(run, ended);
  if (skipped > 0 && !ended && result.replayed + result.failed === 0) throw allParked(result);
  return result;
}

async function send(
  context: RunContext,
  stored: Stored,
  now: ReturnType<typeof createTally>,
): Promise<{ engine: Engine; call: number; sent: number; ended: Ended | undefined }> {
  const { session, run, endpoints, part, tuning, meter } = context;
  const { store, clock, signal } = session;
  const share = shareOf(context.settings, run.target.name, part);
  const { concurrency, rate, retry, maxResponse, production, dedupe } = share;
  const units = unitsOf(run).filter(({ bucket }) => part.buckets.has(bucket));
  // With one bucket a unit is complete when it holds what its object selects; with more, only opening it tells.
  const left = units.filter(({ name, pinned }) => {
    return run.buckets > 1 || (stored.units.get(name)?.rows ?? 0) < pinned.selected;
  });
  const call = await openCall(store, run.run, clock, part.name);
  const reporter = createReporter(session, part.run, stored.tally);
  setMaxListeners(0, signal);
  const draining = (): void => session.log.info("stopping: what is in flight finishes and is stored");
  signal.addEventListener("abort", draining, { once: true });
  const options: DriveOptions = {
    store,
    clock,
    random: tuning.random,
    run,
    units: left,
    stored,
    layers: context.layers,
    target: meter.target,
    caps: meter.caps,
    mayTry: meter.mayTry,
    endpoints,
    concurrency,
    rate,
    retry,
    maxResponse,
    production,
    dedupe,
    limits: tuning.limits,
    call,
    stop: signal,
    reporter,
    onPark(endpoint, parked) {
      call.park();
      reporter.park(endpoint, parked);
    },
    onStored(rows, ours) {
      for (const row of rows) {
        addToTally(stored.tally, row);
        if (ours) addToTally(now, row);
      }
    },
  };
  const engine = await drive(options, tuning.tickMs).finally(() => signal.removeEventListener("abort", draining));
  return { engine, call: call.number, sent: call.sent, ended: endedOf(engine, meter, clock.now()) };
}

/** By the engine's word, or by the meter's where the last try was refused after the engine had looked. */
function endedOf(engine: Engine, { caps, endedAt }: Meter, now: number): Ended | undefined {
  const ending = engine.ended ?? caps.ending();
  return ending && { by: ending.reason, at: endedAt ?? now, detail: ending.detail };
}

function bucketOfModel({ run, endpoints }: RunContext): (model: string) => number {
  return (model) => bucketOf(endpoints.get(model) as Endpoint, run.buckets);
}
