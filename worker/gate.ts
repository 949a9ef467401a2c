/** The tenure against the clock: asked before each try, and waited for before each piece of work. */
import type { Clock } from "../src/clock.ts";
import type { WorkKind } from "../src/queue/work.ts";
import type { Tenure } from "./tenure.ts";

export interface Gate {
  /** Whether a partition's work of this kind may go on: send a request, or write what was judged. */
  may(partition: number, kind: WorkKind): boolean;
  /** Resolves with true once it may, with false at the abort. */
  opened(partition: number, stop: AbortSignal, kind?: WorkKind): Promise<boolean>;
}

/** A wait ends by time as well as by a heartbeat, so it is looked at again and again. */
const LOOK_MS = 100;

export function createGate(tenure: Tenure, clock: Clock): Gate {
  // Compare sends nothing that an owner before could still have in flight: it need not wait for that to end.
  const may = (partition: number, kind: WorkKind): boolean =>
    kind === "compare" ? tenure.holds(partition, clock.monotonic()) : tenure.maySend(partition, clock.monotonic());
  return {
    may,
    async opened(partition, stop, kind = "replay") {
      while (!stop.aborted && !may(partition, kind)) await clock.sleep(LOOK_MS, stop).catch(() => {});
      return !stop.aborted;
    },
  };
}
