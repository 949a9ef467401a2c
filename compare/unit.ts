/** Compares one capture object with its answers, in bounded memory, and writes its findings. */
import { inOrder } from "../src/ahead.ts";
import { CutoverError, isCutoverError } from "../src/errors.ts";
import { type CaptureObject, openCapture } from "../src/lake/captures.ts";
import type { Run } from "../src/lake/run.ts";
import type { Selects } from "../src/lake/selection.ts";
import type { InLayers } from "../src/lake/sequence.ts";
import { LIMITS } from "../src/limits.ts";
import { openObject } from "../src/parquet/read.ts";
import type { ObjectReader } from "../src/parquet/types.ts";
import type { Vectors } from "../src/parquet/vectors.ts";
import { REPLAYS } from "../src/record.ts";
import type { ObjectInfo, Store } from "../src/store/port.ts";
import { RunTally } from "./accumulate/tally.ts";
import { createDiffWriter, type DiffWriter } from "./diffs.ts";
import { Judge, type ModelOf } from "./judge.ts";
import { type Answers, measureAnswers, planPasses, type RowRange } from "./pairing.ts";
import type { RepeatedIds } from "./repeated-ids.ts";
import { indexRows, type RowIndex } from "./row-index.ts";
import type { Problem } from "./summary.ts";
import type { Waives } from "./waive.ts";

export interface Unit {
  readonly object: Run["objects"][number];
  /** Commits of its answers, in order of bucket and n. */
  readonly commits: readonly ObjectInfo[];
}

export interface UnitContext {
  readonly store: Store;
  readonly run: string;
  /** First 12 hex of the rules hash. */
  readonly rules: string;
  readonly selects: Selects;
  readonly layers: InLayers | undefined;
  readonly modelOf: ModelOf;
  /** Scratch memory, shared by the units of one process. */
  readonly answers: Answers;
  readonly repeated: RepeatedIds;
  readonly waives: Waives;
  /** Rows that the run planned of each model, where triage is to remember some. */
  readonly planned?: Readonly<Record<string, number>> | undefined;
  readonly columns: Vectors;
  readonly signal: AbortSignal;
  /** Takes the findings of a unit instead of the diffs of the store. */
  readonly createWriter?: () => DiffWriter;
}

export interface UnitResult {
  readonly tally: RunTally;
  /** Keys of the diffs objects written. */
  readonly diffs: readonly string[];
  readonly problems: readonly Problem[];
  /** Selected rows of an object that could not be read. */
  readonly unreadable: number;
}

/** A unit of which all is counted, while the last of its findings are written. */
export interface JudgedUnit extends Omit<UnitResult, "diffs"> {
  /** Keys of the diffs objects, once they are written. Fails by the store alone. */
  readonly written: Promise<readonly string[]>;
}

/** Faults of one object, as opposed to faults of the store, which end the stage. */
export const OBJECT_FAULTS = ["STORE_MISSING", "PARQUET_CORRUPT", "PARQUET_FOREIGN", "SCHEMA_VERSION"] as const;

export async function compareUnit(context: UnitContext, unit: Unit): Promise<UnitResult> {
  const { written, ...result } = await judgeUnit(context, unit);
  return { ...result, diffs: await written };
}

/** The same for a caller that goes on while the store writes. */
export async function judgeUnit(context: UnitContext, unit: Unit): Promise<JudgedUnit> {
  const problems = new Map<string, string>();
  try {
    const { tally, writer } = await judgeObject(context, unit, problems);
    const written = writer.finish();
    // Its failure is heard by who awaits it, who may do so late.
    written.catch(() => {});
    return { tally, written, problems: toProblems(problems), unreadable: 0 };
  } catch (error) {
    if (!isCutoverError(error, ...OBJECT_FAULTS)) throw error;
    problems.set(unit.object.key, faultText(error));
    const { selected: unreadable } = unit.object;
    return { tally: new RunTally(), written: Promise.resolve([]), problems: toProblems(problems), unreadable };
  }
}

interface Judged {
  readonly tally: RunTally;
  /** Holds the findings that are not written yet. */
  readonly writer: DiffWriter;
}

async function judgeObject(context: UnitContext, unit: Unit, problems: Map<string, string>): Promise<Judged> {
  const capture = await openPinned(context, unit.object);
  return judgeRows(context, unit, capture, problems).finally(capture.reader.close);
}

async function judgeRows(
  context: UnitContext,
  unit: Unit,
  { reader, range, footer }: CaptureObject,
  problems: Map<string, string>,
): Promise<Judged> {
  const { store, run, rules, answers } = context;
  const index = await indexRows(reader, range.first, BigInt(footer.last));
  const writer = context.createWriter?.() ?? createDiffWriter({ store, run, rules, range });
  const tally = new RunTally();
  const judge = new Judge(context, tally, writer, range);
  context.repeated.reset(index.rows);

  const all: RowRange = { from: 0, to: index.rows };
  await loadAnswers(context, unit, index, all, problems);
  const inOnePass = !answers.overflowed;
  const passes = inOnePass ? [all] : await measuredPasses(context, unit, index, problems);
  for (const [pass, rows] of passes.entries()) {
    if (!inOnePass) await loadAnswers(context, unit, index, rows, problems);
    tally.strays += answers.repeats + (pass === 0 ? answers.strays : 0);
    await judge.rows(reader, rows);
  }
  const selected = [...tally.models.values()].reduce((sum, model) => sum + model.selected, 0);
  if (selected !== unit.object.selected) {
    problems.set(unit.object.key, `the run selected ${unit.object.selected} of its rows when planned, ${selected} now`);
  }
  return { tally, writer };
}

/** Opens a pinned object and checks that it is still the one that the run pinned. */
async function openPinned(
  context: UnitContext,
  { key, bytes, rows, contentSha256 }: Unit["object"],
): Promise<CaptureObject> {
  const info = await context.store.head(key, context.signal);
  if (info === undefined) throw new CutoverError("STORE_MISSING", "the object is gone", { place: key });
  if (info.size !== bytes) throw changed(key, `${bytes} bytes`, `${info.size} bytes`);
  const capture = await openCapture(context.store, info);
  const found = capture.footer.contentSha256;
  if (found !== contentSha256) throw changed(key, `content sha256 ${contentSha256}`, found);
  if (capture.reader.rows !== rows) throw changed(key, `${rows} rows`, `${capture.reader.rows} rows`);
  return capture;
}

function changed(place: string, expected: string, received: string): CutoverError {
  const message = "the object is not the one that the run pinned";
  return new CutoverError("PARQUET_CORRUPT", message, { place, expected, received });
}

async function loadAnswers(
  context: UnitContext,
  unit: Unit,
  index: RowIndex,
  rows: RowRange,
  problems: Map<string, string>,
): Promise<void> {
  context.answers.reset(rows);
  await eachCommit(context, unit, problems, async (reader) => {
    if (!context.answers.overflowed) await context.answers.load(reader, index);
  });
}

/** Where the answers outgrow the buffer: ranges of rows cut by the measured bytes of their answers. */
async function measuredPasses(
  context: UnitContext,
  unit: Unit,
  index: RowIndex,
  problems: Map<string, string>,
): Promise<RowRange[]> {
  const lengths = new Float64Array(index.rows);
  await eachCommit(context, unit, problems, (reader) => measureAnswers(reader, index, lengths));
  return planPasses(lengths, context.answers.maxBytes);
}

/** Opens the commits in order; one that cannot be read is a problem of the run, and its rows stay without answer. */
async function eachCommit(
  context: UnitContext,
  unit: Unit,
  problems: Map<string, string>,
  use: (reader: ObjectReader) => Promise<void>,
): Promise<void> {
  const { store, signal } = context;
  const open = async (info: ObjectInfo): Promise<OpenedCommit> => {
    signal.throwIfAborted();
    const [reader] = await Promise.allSettled([openObject(store, info.key, REPLAYS, { info, signal })]);
    return { info, reader };
  };
  // Opened ahead: a small commit comes whole with its footer, so that its rows are at hand when its turn comes.
  for await (const { info, reader } of inOrder(unit.commits, LIMITS.compareCommitsAhead, open)) {
    try {
      if (reader.status === "rejected") throw reader.reason;
      await use(reader.value).finally(reader.value.close);
    } catch (error) {
      if (!isCutoverError(error, ...OBJECT_FAULTS)) throw error;
      problems.set(info.key, faultText(error));
    }
  }
}

interface OpenedCommit {
  readonly info: ObjectInfo;
  readonly reader: PromiseSettledResult<ObjectReader>;
}

function faultText(error: CutoverError): string {
  const { expected, received } = error.details;
  const both = expected !== undefined && received !== undefined ? ` (expected ${expected}, found ${received})` : "";
  return `${error.message}${both}`;
}

function toProblems(problems: ReadonlyMap<string, string>): Problem[] {
  return [...problems].map(([place, message]) => ({ place, message }));
}
