/** Monitors of the same numbers as the gate: a pure function of the config. */
import type { Config } from "../../src/config/schema.ts";
import { CutoverError } from "../../src/errors.ts";
import { mismatchMonitors, replayMonitors } from "./monitors-rate.ts";
import { gateMonitor, lagMonitor, missingRunMonitor } from "./monitors-run.ts";
import { shareMonitors } from "./monitors-share.ts";
import { namingOf } from "./queries.ts";
import type { KeyedMonitor } from "./types.ts";

export interface MonitorOptions {
  /** Targets to watch; default: all but those of production, which is the legacy system. */
  readonly targets?: readonly string[] | undefined;
  /** Handles that alerts notify. */
  readonly notify?: readonly string[] | undefined;
  /** Hours within which a run is expected. */
  readonly everyHours?: number | undefined;
}

const DAY_HOURS = 24;

/** In an order in which they can be made: composites after their sides. */
export function monitorsOf(config: Config, options: MonitorOptions = {}): KeyedMonitor[] {
  const { targets = [], notify = [], everyHours = DAY_HOURS } = options;
  for (const name of targets) {
    if (Object.hasOwn(config.targets, name)) continue;
    const expected = Object.keys(config.targets).join(", ") || "a target in the config";
    throw new CutoverError("USAGE", "there is no such target", { place: "--target", expected, received: name });
  }
  const parts = { config, naming: namingOf(config, targets), notify };
  const monitors = [
    gateMonitor(parts),
    ...mismatchMonitors(parts),
    ...shareMonitors(parts),
    ...replayMonitors(parts),
    missingRunMonitor(parts, everyHours),
    ...lagMonitor(parts),
  ];
  return monitors.map((each) => ({
    ...each,
    monitor: { ...each.monitor, tags: [...each.monitor.tags, `cutover_monitor:${each.key}`] },
  }));
}
