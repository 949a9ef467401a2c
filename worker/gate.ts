/** The tenure against the clock: asked before each try, and waited for before each piece of work. */
import type { Clock } from "../src/clock.ts";
import type { Tenure } from "./tenure.ts";

export interface Gate {
  maySend(partition: number): boolean;
  /** Resolves with true once the partition may send, with false at the abort. */
  opened(partition: number, stop: AbortSignal): Promise<boolean>;
}

/** A wait ends by time as well as by a heartbeat, so it is looked at again and again. */
const LOOK_MS = 100;

export function createGate(tenure: Tenure, clock: Clock): Gate {
  const maySend = (partition: number): boolean => tenure.maySend(partition, clock.monotonic());
  return {
    maySend,
    async opened(partition, stop) {
      while (!stop.aborted && !maySend(partition)) await clock.sleep(LOOK_MS, stop).catch(() => {});
      return !stop.aborted;
    },
  };
}
