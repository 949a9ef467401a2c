/** What a worker is given to do its units with: replay and compare, handed over by the composition root. */
import type { UnitOrder } from "./port.ts";

export type WorkKind = UnitOrder["work"];

/** Units of one kind, run and bucket, as one piece of work. */
export interface WorkBatch {
  readonly kind: WorkKind;
  /** Key of the document that says how they are judged; of compare alone. */
  readonly asked?: string | undefined;
  readonly run: string;
  readonly bucket: number;
  /** Keys of the capture objects, each once. */
  readonly keys: readonly string[];
  /** Ends the work: nothing new is sent, what is in flight finishes and is stored. */
  readonly stop: AbortSignal;
  /** Asked right before each try, or each write of what was judged; false ends the work as `stop` does. */
  readonly mayTry: () => boolean;
  /** Buckets at work in this process, among which its memory is divided. */
  readonly lanes: number;
}

export interface Work {
  /** Longest time, in milliseconds, that a request of any target is in flight. */
  readonly requestMs: number;
  /** Resolves with whether all of it is done and durable; false when it was ended before. RUN_MISSING when there is no such run. */
  run(batch: WorkBatch): Promise<boolean>;
  close(): Promise<void>;
}
