/** The share of a comparison that one thread takes: unit after unit, counted in one tally. */
import type { Config } from "../../src/config/schema.ts";
import type { Run } from "../../src/lake/run.ts";
import { compileSelection } from "../../src/lake/selection.ts";
import { inLayers, type Sequence } from "../../src/lake/sequence.ts";
import { Vectors } from "../../src/parquet/vectors.ts";
import type { Store } from "../../src/store/port.ts";
import { RunTally } from "../accumulate/tally.ts";
import { NO_DIFFS } from "../diffs.ts";
import { createModelTable, type ModelTable } from "../models.ts";
import { Answers } from "../pairing.ts";
import { RepeatedIds } from "../repeated-ids.ts";
import type { CustomFunctions } from "../rules/custom.ts";
import type { Problem } from "../summary.ts";
import { judgeUnit, type Unit, type UnitContext } from "../unit.ts";
import { type Waives, waivesOf } from "../waive.ts";

/** What is judged and by what, as plain data: it travels to threads. */
export interface JudgeOrder {
  readonly run: Pick<Run, "run" | "query" | "limits" | "models">;
  /** First 12 hex of the rules hash. */
  readonly rules: string;
  /** The UTC day on which rules and waivers apply. */
  readonly today: string;
  /** Of a sequential run. */
  readonly sequence: Sequence | undefined;
  /** Without it findings are counted and not written. */
  readonly writes: boolean;
  /** Bytes of answers held at once. */
  readonly bufferBytes: number;
}

export interface JudgeTools {
  readonly store: Store;
  readonly table: ModelTable;
  readonly waives: Waives;
  readonly signal: AbortSignal;
}

/** A config as it may travel: faults of what compare does not use hold errors, and an error may hold what cannot. */
export function withoutFaults({
  sourceFault: _source,
  queueFault: _queue,
  waiverFault: _waiver,
  ...config
}: Config): Config {
  return config;
}

/** The same from the same config, wherever it is made. */
export function toolsOf(
  config: Config,
  { today }: JudgeOrder,
  functions: CustomFunctions,
): Pick<JudgeTools, "table" | "waives"> {
  return { table: createModelTable(config, today, functions), waives: waivesOf(config, today) };
}

/** Scratch memory included: one for each thread. */
export function contextOf(order: JudgeOrder, { store, table, waives, signal }: JudgeTools): UnitContext {
  const { run, rules, sequence, writes, bufferBytes } = order;
  return {
    store,
    run: run.run,
    rules,
    selects: compileSelection(run.query, run.limits),
    layers: sequence && inLayers(sequence),
    ...(writes ? {} : { createWriter: () => NO_DIFFS }),
    modelOf: table.compiled,
    waives,
    answers: new Answers(bufferBytes),
    repeated: new RepeatedIds(),
    columns: new Vectors(),
    planned: writes ? run.models : undefined,
    signal,
  };
}

export interface Share {
  readonly tally: RunTally;
  /** Keys of the diffs objects written. */
  readonly diffs: string[];
  readonly problems: Problem[];
  /** Selected rows of objects that could not be read. */
  unreadable: number;
}

/** Takes units, by their place in `units`, until there is none left; `done` is told of each. Gives back the scratch memory. */
export async function judgeShare(
  context: UnitContext,
  units: readonly Unit[],
  take: () => number | undefined,
  done: (unit: number) => void,
): Promise<Share> {
  const share: Share = { tally: new RunTally(), diffs: [], problems: [], unreadable: 0 };
  // The store writes the findings of one unit, and syncs them, while the next is judged.
  let writing: Promise<void> = Promise.resolve();
  try {
    for (let at = take(); at !== undefined; at = take()) {
      context.signal.throwIfAborted();
      const { tally, written, problems, unreadable } = await judgeUnit(context, units[at] as Unit);
      share.tally.merge(tally);
      share.problems.push(...problems);
      share.unreadable += unreadable;
      await writing;
      writing = written.then((keys) => {
        share.diffs.push(...keys);
        done(at);
      });
      writing.catch(() => {});
    }
    await writing;
  } finally {
    // Nothing is under way any more when a share ends, however it ends.
    await writing.catch(() => {});
  }
  context.answers.release();
  context.columns.release();
  return share;
}
