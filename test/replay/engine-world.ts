/** The engine over a store and a server, with what the stage would not let a test set. */
import { createEngine, type Engine, type EngineOptions } from "../../replay/engine.ts";
import { pinRun, planRun } from "../../replay/plan/plan.ts";
import { type Call, openCall } from "../../replay/results/calls.ts";
import { readStored } from "../../replay/results/stored.ts";
import { addToTally, createTally, type Tally } from "../../replay/results/tally.ts";
import { checkEndpoints } from "../../replay/targets/endpoint.ts";
import { openTarget, targetSettings } from "../../replay/targets/open.ts";
import { unitsOf } from "../../replay/unit.ts";
import { systemClock } from "../../src/clock.ts";
import { configSchema, type WrittenConfig } from "../../src/config/schema.ts";
import type { Store } from "../../src/store/port.ts";
import { QUICK } from "./world.ts";

export interface EngineRun {
  readonly engine: Engine;
  readonly run: string;
  readonly call: Call;
  /** Rows stored by this call. */
  readonly stored: Tally;
  /** Endpoints that were parked, with why. */
  readonly parked: ReadonlyMap<string, string>;
}

/** Plans what the store holds and runs the engine to its end. */
export async function runEngine(
  store: Store,
  target: NonNullable<WrittenConfig["targets"]>[string],
  options: Partial<EngineOptions> = {},
): Promise<EngineRun> {
  const config = { ...configSchema.parse({ targets: { t: target } }), modelPatterns: ["*"] };
  const settings = targetSettings(config, "t");
  const opened = await openTarget("t", settings, {});
  const plan = await planRun({
    store,
    query: { models: [], since: null, until: null, sample: null, limitPerModel: null, ids: null },
    target: { name: "t", kind: opened.kind, hash: "h" },
    run: undefined,
    sameAs: undefined,
    fresh: false,
    now: 0,
    version: "0",
  });
  const run = plan.pinned ? plan.run : await pinRun(store, plan.run);
  const call = await openCall(store, run.run, systemClock);
  const stored = createTally();
  const parked = new Map<string, string>();
  const engine = createEngine({
    store,
    clock: systemClock,
    random: Math.random,
    run,
    units: unitsOf(run),
    stored: await readStored(store, run.run),
    target: opened,
    endpoints: checkEndpoints("targets.t", "{model}", Object.keys(run.models), opened.endpoint),
    ...settings,
    limits: QUICK.limits,
    call,
    stop: new AbortController().signal,
    onResult() {},
    onStored(rows, ours) {
      for (const row of rows) if (ours) addToTally(stored, row);
    },
    onPark: (endpoint, { reason }) => parked.set(endpoint, reason),
    ...options,
  });
  const timer = setInterval(engine.tick, QUICK.tickMs);
  try {
    await engine.run();
  } finally {
    clearInterval(timer);
    await call.close();
    await opened.close();
  }
  return { engine, run: run.run, call, stored, parked };
}
