/** The looks of a run over its threads: whoever is free takes the next object. */
import { isCutoverError } from "../../../src/errors.ts";
import { LIMITS } from "../../../src/limits.ts";
import type { Store } from "../../../src/store/port.ts";
import type { Turn } from "../../../src/turn.ts";
import type { ModelTable } from "../../models.ts";
import { OBJECT_FAULTS } from "../../unit.ts";
import { type LookResult, type LookTask, lookAt, type MaskOf } from "./read.ts";
import { inputMask } from "./shown.ts";

/** Plain data: it travels to threads. */
export interface LookJob {
  readonly tasks: readonly LookTask[];
  readonly turn: Turn;
}

export interface TakenLook {
  /** Place of the task. */
  readonly at: number;
  /** Undefined where the object cannot be read. */
  readonly result?: LookResult;
  readonly fault?: string;
}

export interface LookTools {
  readonly store: Store;
  readonly maskOf: MaskOf;
  readonly signal: AbortSignal;
}

export function maskOfModels({ compiled }: Pick<ModelTable, "compiled">): MaskOf {
  return (model) => inputMask(compiled(model).mask);
}

/** Takes tasks until there is none left, a few at once. What the store refuses is thrown. */
export async function lookShare(
  tools: LookTools,
  tasks: readonly LookTask[],
  take: () => number | undefined,
): Promise<TakenLook[]> {
  const looks: TakenLook[] = [];
  const reader = async (): Promise<void> => {
    for (let at = take(); at !== undefined; at = take()) looks.push(await lookOne(tools, tasks[at] as LookTask, at));
  };
  await Promise.all(Array.from({ length: LIMITS.triageReads }, reader));
  return looks;
}

async function lookOne({ store, maskOf, signal }: LookTools, task: LookTask, at: number): Promise<TakenLook> {
  signal.throwIfAborted();
  try {
    return { at, result: await lookAt(store, task, maskOf, signal) };
  } catch (error) {
    if (!isCutoverError(error, ...OBJECT_FAULTS)) throw error;
    return { at, fault: error.message };
  }
}
