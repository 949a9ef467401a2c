/** A kind of fault: what is done to a trial before it is settled and checked. */
import type { Trial } from "../lib/trial.ts";

export interface Kind {
  readonly name: string;
  run(trial: Trial): Promise<void>;
}

/** What a program may say, exit code 2, when the store or the broker is away for too long. */
export const STORE_AWAY = ["STORE_UNAVAILABLE"] as const;
export const SOURCE_AWAY = ["SOURCE_UNAVAILABLE", "SOURCE_UNUSABLE"] as const;

/** The bucket's key of a capture object; the others are rejects and the probe. */
export function isCapture(key: string): boolean {
  return key.includes("/captures/");
}
