/** A kind of fault: what is done to a trial before it is settled and checked. */
import type { Trial } from "../lib/trial.ts";

export interface Kind {
  readonly name: string;
  run(trial: Trial): Promise<void>;
}

/** What a program may say, exit code 2, when the store or the broker is away for too long. */
export const STORE_AWAY = ["STORE_UNAVAILABLE"] as const;
export const SOURCE_AWAY = ["SOURCE_UNAVAILABLE", "SOURCE_UNUSABLE"] as const;

/** The bucket's key of a capture object; others are rejects and what the program tries the store with. */
export function isCapture(key: string): boolean {
  return key.includes("/captures/") && key.endsWith(".parquet");
}

export function isReject(key: string): boolean {
  return key.includes("/rejects/");
}
