/** The replay stage: plan, pin, send what has no result yet, store, say what came of it. */
import { setMaxListeners } from "node:events";
import { CutoverError } from "../src/errors.ts";
import { checkPinned } from "../src/lake/pinned.ts";
import { isCap, type Run } from "../src/lake/run.ts";
import type { InLayers } from "../src/lake/sequence.ts";
import { LIMITS } from "../src/limits.ts";
import { growYoungGeneration } from "../src/memory.ts";
import type { Session } from "../src/session.ts";
import { type DriveOptions, drive } from "./drive.ts";
import type { Engine, EngineLimits } from "./engine.ts";
import type { Parked } from "./pace/health.ts";
import { type Part, partOfShard, shareOf } from "./part.ts";
import { type CapFlags, capLimitsOf, settingsUnderCost } from "./plan/caps.ts";
import { type Forecast, forecast } from "./plan/forecast.ts";
import { createMeter, type Meter } from "./plan/meter.ts";
import { type Plan, pinRun, planRun } from "./plan/plan.ts";
import { checkProduction } from "./plan/production.ts";
import { type PlanFlags, planRequestOf } from "./plan/request.ts";
import { createReporter } from "./progress.ts";
import { openCall, readLost } from "./results/calls.ts";
import { type Ended, type ReplayResult, skipsOf, toResult } from "./results/result.ts";
import { writeSkips } from "./results/skips.ts";
import { readStored, type Stored } from "./results/stored.ts";
import { addToTally, createTally } from "./results/tally.ts";
import { bucketsFor, checkBuckets, type Shard } from "./shard.ts";
import { checkEndpoints, targetIdentity } from "./targets/endpoint.ts";
import { openTarget, targetSettings } from "./targets/open.ts";
import type { Endpoint, Target } from "./targets/target.ts";
import { bucketOf, unitsOf } from "./unit.ts";

export interface ReplayOptions extends PlanFlags, CapFlags {
  readonly target: string;
  readonly dryRun?: boolean;
  /** Sends to a production target without asking. */
  readonly yes?: boolean;
  /** The part of the run that this process takes; all of it when absent. */
  readonly shard?: Shard | undefined;
  /** Of a sequential run: which records of the pinned run to send now. */
  readonly layer?: ((run: Run) => Promise<InLayers>) | undefined;
  /** Of a run that is pinned now. */
  readonly buckets?: number | undefined;
}

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

/** Finds or pins the run, for who lets others send it. */
export async function pinnedRun<T>(
  session: Session,
  options: ReplayOptions,
  buckets: number,
  use: (run: Run, target: Target) => T,
): Promise<T> {
  return withPlan(session, { ...options, buckets }, async (plan, target) => {
    const run = plan.pinned ? plan.run : await pinRun(session.store, plan.run);
    await checkPinned(session.store, run);
    return use(run, target);
  });
}

/** `--dry-run`. */
export async function forecastStage(session: Session, options: ReplayOptions): Promise<Forecast> {
  return withPlan(session, options, async (plan, _target, endpoints) => {
    const { config, store, signal } = session;
    const settings = settingsUnderCost(targetSettings(config, options.target), options.target, capLimitsOf(options));
    if (plan.pinned) await checkPinned(store, plan.run, signal);
    return forecast(store, plan, await readStored(store, plan.run.run), endpoints, settings, signal);
  });
}

/** Where the requests of each model of a run go. */
export function endpointsOf({ config }: Session, run: Run, target: Target): Map<string, Endpoint> {
  const settings = targetSettings(config, target.name);
  const place = `targets.${target.name}.${target.kind}`;
  const template = JSON.stringify(settings.http ?? { ...settings.sagemaker, targetModel: undefined });
  return checkEndpoints(place, template, Object.keys(run.models), target.endpoint);
}

async function withPlan<T>(
  session: Session,
  options: ReplayOptions,
  use: (plan: Plan, target: Target, endpoints: Map<string, Endpoint>) => Promise<T>,
): Promise<T> {
  const settings = targetSettings(session.config, options.target);
  const buckets = bucketsFor(options.buckets, options.shard);
  const request = await planRequestOf(session, options, targetIdentity(options.target, settings), buckets);
  const target = await openTarget(options.target, settings, process.env);
  try {
    const plan = await planRun(request);
    return await use(plan, target, endpointsOf(session, plan.run, target));
  } finally {
    await target.close();
  }
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
  const result = toResult({ run, stored: tally, now, skips, parked, resent, sent, seconds, ended, cost, price });
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

function interrupted(session: Session, result: ReplayResult): CutoverError {
  const reason = session.signal.reason;
  const code = reason instanceof CutoverError && reason.code === "TERMINATED" ? "TERMINATED" : "INTERRUPTED";
  const done = result.replayed + result.failed;
  return new CutoverError(code, `run ${result.run} stopped: ${done} of ${result.planned} results are stored`, {
    hint: "the same command goes on from here",
  });
}

/** A cap is what the user asked for; any other end is told as what it is. */
export function endedEarly({ run, target }: Run, { by, detail }: Pick<Ended, "by" | "detail">): CutoverError {
  return new CutoverError("TARGET_UNUSABLE", `run ${run} ended before all was sent: ${detail}`, {
    place: `targets.${target.name}`,
    received: by,
    hint: "what was answered is stored; the same command goes on once the target is well again",
  });
}

function allParked(result: ReplayResult): CutoverError {
  const { endpoint, reason, detail } = result.parked[0] ?? { endpoint: "", reason: "", detail: "" };
  return new CutoverError("TARGET_UNUSABLE", "no endpoint of the target can be used", {
    place: endpoint,
    received: `${reason}: ${detail}`,
    hint: "cutover doctor; then the same command again",
  });
}

function tooMany(run: Run, stored: number): CutoverError {
  return new CutoverError("RUN_INVALID", `run ${run.run} holds more results than it planned`, {
    expected: `${run.planned}`,
    received: `${stored}`,
    hint: "an object was copied into its folder; pin anew with --fresh",
  });
}
