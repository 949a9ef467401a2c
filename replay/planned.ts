/** From options to a run: found again or planned anew, with its target opened. */
import { checkPinned } from "../src/lake/pinned.ts";
import type { Run } from "../src/lake/run.ts";
import type { InLayers } from "../src/lake/sequence.ts";
import type { Session } from "../src/session.ts";
import { type CapFlags, capLimitsOf, settingsUnderCost } from "./plan/caps.ts";
import { type Forecast, forecast } from "./plan/forecast.ts";
import { type Plan, pinRun, planRun } from "./plan/plan.ts";
import { type PlanFlags, planRequestOf } from "./plan/request.ts";
import { readStored } from "./results/stored.ts";
import { bucketsFor, type Shard } from "./shard.ts";
import { checkEndpoints, targetIdentity } from "./targets/endpoint.ts";
import { openTarget, targetSettings } from "./targets/open.ts";
import type { Endpoint, Target } from "./targets/target.ts";

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

export async function withPlan<T>(
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
