/** Replay as a worker does it: units of one bucket at a time, of whatever run they are. */
import { setMaxListeners } from "node:events";
import { CutoverError } from "../src/errors.ts";
import { type Run, readRun } from "../src/lake/run.ts";
import type { Work, WorkBatch } from "../src/queue/work.ts";
import type { Session } from "../src/session.ts";
import { drive } from "./drive.ts";
import { endedEarly } from "./endings.ts";
import { savedUpMs } from "./pace/bucket.ts";
import type { Rate } from "./pace/limiter.ts";
import type { SkipReason } from "./pace/retry.ts";
import { partOf, shareOf } from "./part.ts";
import { endpointsOf } from "./planned.ts";
import { createReporter } from "./progress.ts";
import { type Call, openCall } from "./results/calls.ts";
import { writeSkips } from "./results/skips.ts";
import { listUnits } from "./results/stored.ts";
import { createTally } from "./results/tally.ts";
import { DEFAULT_TUNING, type Tuning } from "./stage.ts";
import { targetIdentity } from "./targets/endpoint.ts";
import { openTarget, targetSettings } from "./targets/open.ts";
import type { Endpoint, Target } from "./targets/target.ts";
import { bucketOf, unitsOf } from "./unit.ts";

/** Runs kept in memory: run.json of a month names thousands of objects. */
const RUNS_KEPT = 4;

interface OpenRun {
  readonly run: Run;
  readonly target: Target;
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly calls: Map<number, Promise<Call>>;
}

export async function openUnitReplayer(session: Session, tuning: Tuning = DEFAULT_TUNING): Promise<Work> {
  const { config, store } = session;
  const targets = new Map<string, Promise<Target>>();
  const runs = new Map<string, Promise<OpenRun>>();
  const targetOf = (name: string): Promise<Target> => {
    const target = targets.get(name) ?? openTarget(name, targetSettings(config, name), process.env);
    targets.set(name, target);
    return target;
  };
  const openRun = async (id: string): Promise<OpenRun> => {
    const run = await readRun(store, id);
    checkTarget(session, run);
    const target = await targetOf(run.target.name);
    return { run, target, endpoints: endpointsOf(session, run, target), calls: new Map() };
  };
  const runOf = (id: string): Promise<OpenRun> => {
    const known = runs.get(id) ?? openRun(id);
    // Behind all others: the first is the one that was of no use for longest.
    runs.delete(id);
    runs.set(id, known);
    known.catch(() => runs.delete(id));
    for (const oldest of runs.keys()) {
      if (runs.size <= RUNS_KEPT) break;
      runs.delete(oldest);
    }
    return known;
  };
  return {
    requestMs: Math.max(0, ...Object.values(config.targets).map(({ timeout }) => timeout)),
    run: async (batch) => replayBatch(session, tuning, await runOf(batch.run), batch),
    async close() {
      for (const target of await Promise.allSettled(targets.values())) {
        if (target.status === "fulfilled") await target.value.close();
      }
    },
  };
}

async function replayBatch(session: Session, tuning: Tuning, open: OpenRun, batch: WorkBatch): Promise<boolean> {
  const { store, clock, config } = session;
  const { run, target, endpoints } = open;
  const part = partOf(run, endpoints, (bucket) => bucket === batch.bucket, `bucket ${batch.bucket}`);
  const keys = new Set(batch.keys);
  const units = unitsOf(run).filter(({ bucket, pinned }) => part.buckets.has(bucket) && keys.has(pinned.key));
  if (units.length === 0) return true;
  const share = shareOf(targetSettings(config, target.name), target.name, part);
  const { concurrency, rate, retry, maxResponse, production, dedupe } = share;
  // What was sent of this bucket before, here or elsewhere, counts: an engine begins with all the tokens it may save.
  await clock.sleep(fullAfterMs(rate), batch.stop).catch(() => {});
  const listed = await listUnits(
    store,
    units.map(({ name }) => name),
  );
  const call = await callOf(session, open, batch.bucket, part.name);
  const tally = createTally();
  // The progress of one bucket says nothing: the process has many.
  const reporter = createReporter({ ...session, log: { ...session.log, progress() {} } }, part.run, tally);
  setMaxListeners(0, batch.stop);
  let refused = false;
  const isOurs = (): boolean => {
    refused ||= !batch.mayTry();
    return !refused;
  };
  const engine = await drive(
    {
      store,
      clock,
      random: tuning.random,
      run,
      units,
      stored: { units: listed, tally, byCall: new Map() },
      target,
      endpoints,
      concurrency,
      rate,
      maxResponse,
      retry,
      production,
      dedupe,
      limits: limitsFor(tuning, batch.lanes),
      call,
      stop: batch.stop,
      mayTry: isOurs,
      mayWrite: isOurs,
      reporter,
      onPark: reporter.park,
      onStored() {},
    },
    tuning.tickMs,
  );
  if (engine.ended && !refused) throw endedEarly(run, { by: engine.ended.reason, detail: engine.ended.detail });
  if (refused || batch.stop.aborted) return false;
  const skips = skippedModels(part.run, endpoints, (key) => engine.health.parked(key)?.reason);
  await writeSkips(store, run.run, part.buckets, skips, (model) =>
    bucketOf(endpoints.get(model) as Endpoint, run.buckets),
  );
  return true;
}

/** One a run and bucket in each process, however many batches. */
function callOf({ store, clock }: Session, open: OpenRun, bucket: number, part: string | null): Promise<Call> {
  const call = open.calls.get(bucket) ?? openCall(store, open.run.run, clock, part);
  open.calls.set(bucket, call);
  call.catch(() => open.calls.delete(bucket));
  return call;
}

/** At most these: what other batches have stored is not counted here, and a reader takes what is missing when that is less. */
function skippedModels(
  { models }: Run,
  endpoints: ReadonlyMap<string, Endpoint>,
  reasonOf: (endpoint: string) => SkipReason | undefined,
): Record<string, Partial<Record<SkipReason, number>>> {
  return Object.fromEntries(
    Object.entries(models).flatMap(([model, planned]) => {
      const reason = reasonOf((endpoints.get(model) as Endpoint).key);
      return reason === undefined ? [] : [[model, { [reason]: planned }]];
    }),
  );
}

/** Time in which a rate saves up all that it may. */
function fullAfterMs(rate: Rate): number {
  const rates = [rate.perEndpoint, rate.total].filter((one) => one !== undefined);
  return Math.max(0, ...rates.map(savedUpMs));
}

function limitsFor({ limits }: Tuning, lanes: number): Tuning["limits"] {
  return {
    ...limits,
    bufferBytes: limits.bufferBytes / lanes,
    openUnits: Math.max(1, Math.floor(limits.openUnits / lanes)),
  };
}

/** TARGET_UNUSABLE when the run was pinned for a target that is another one here. */
function checkTarget({ config }: Session, run: Run): void {
  const { name, kind, hash } = targetIdentity(run.target.name, targetSettings(config, run.target.name));
  if (hash === run.target.hash) return;
  throw new CutoverError("TARGET_UNUSABLE", `run ${run.run} was pinned for another target ${run.target.name}`, {
    place: `targets.${name}`,
    expected: `${run.target.kind} ${run.target.hash.slice(0, 8)}`,
    received: `${kind} ${hash.slice(0, 8)}`,
    hint: "workers need the cutover.yaml that the run was put on the queue with",
  });
}
