/** Judges the rows of a capture object against loaded answers, and counts what comes of it. */
import type { RangeId } from "../src/lake/keys.ts";
import type { SelectionRow, Selects } from "../src/lake/selection.ts";
import type { InLayers } from "../src/lake/sequence.ts";
import type { ByteVector } from "../src/parquet/byte-vector.ts";
import type { NumberVector } from "../src/parquet/fixed-vector.ts";
import type { ObjectReader } from "../src/parquet/types.ts";
import type { Vectors } from "../src/parquet/vectors.ts";
import { countEqual, countEvidence, countPair } from "./accumulate/count.ts";
import { bump } from "./accumulate/fields.ts";
import type { ModelTally, RunTally } from "./accumulate/tally.ts";
import type { DiffWriter } from "./diffs.ts";
import { judgePair } from "./pair.ts";
import type { Answers, RowRange } from "./pairing.ts";
import type { RepeatedIds } from "./repeated-ids.ts";
import type { CompiledModel } from "./rules/compile.ts";
import { Findings } from "./triage/findings.ts";
import { maskResult } from "./triage/mask.ts";
import { RowHook } from "./triage/slices/hook.ts";
import type { Waives } from "./waive.ts";

/** Compiled rules of a model, made once. */
export type ModelOf = (model: string) => CompiledModel;

export interface JudgeContext {
  readonly selects: Selects;
  /** Of a sequential run: the records that count so far. */
  readonly layers: InLayers | undefined;
  readonly modelOf: ModelOf;
  readonly answers: Answers;
  readonly repeated: RepeatedIds;
  readonly waives: Waives;
  /** Rows that the run planned of each model, where triage is to remember some; undefined: it is not asked for. */
  readonly planned?: Readonly<Record<string, number>> | undefined;
  /** The captured columns of one row group. */
  readonly columns: Vectors;
}

const COLUMNS = [
  "id",
  "model",
  "modelVersion",
  "capturedAt",
  "output",
  "outputType",
  "status",
  "latencyMs",
  "offset",
] as const;

/** A row of the row group that is scanned; one object serves all rows, and makes of each what is asked for. */
class Row implements SelectionRow {
  readonly log: string;
  readonly partition: number;
  readonly #columns: Vectors;
  at = 0;
  model = "";
  capturedAt = 0;

  constructor({ log, partition }: RangeId, columns: Vectors) {
    this.log = log;
    this.partition = partition;
    this.#columns = columns;
  }

  get id(): string {
    return this.#columns.bytes("id").text(this.at);
  }

  get offset(): bigint {
    return this.#columns.int64s("offset").values[this.at] as bigint;
  }
}

/** The columns of a row group while its rows are judged. */
interface Scanned {
  /** Row of the object that is the group's first. */
  readonly start: number;
  readonly ids: ByteVector;
  readonly models: ByteVector;
  readonly versions: ByteVector;
  readonly times: Float64Array;
  readonly outputs: ByteVector;
  readonly types: ByteVector;
  readonly statuses: Float64Array;
  readonly latencies: NumberVector;
}

/**
 * The steps of a row are methods of their own: V8 optimises a method once, and one loop that held them all some twenty
 * times, on threads that compete with those that judge.
 */
export class Judge {
  readonly #context: JudgeContext;
  readonly #tally: RunTally;
  readonly #findings: Findings;
  readonly #row: Row;
  readonly #hook: RowHook | undefined;
  #model: { readonly name: string; readonly code: number; readonly tally: ModelTally } | undefined;
  #models = 0;

  constructor(context: JudgeContext, tally: RunTally, diffs: DiffWriter, range: RangeId) {
    this.#context = context;
    this.#tally = tally;
    this.#findings = new Findings(context.waives, tally.groups, diffs);
    this.#row = new Row(range, context.columns);
    this.#hook = context.planned && new RowHook(tally.rows, range, context.planned);
  }

  /** Judges the rows [from, to), for which the answers are loaded. Row groups outside are not read. */
  async rows(reader: ObjectReader, { from, to }: RowRange): Promise<void> {
    let start = 0;
    for (const [group, { rows }] of reader.rowGroups.entries()) {
      const end = start + rows;
      if (end > from && start < to) {
        await reader.scan(group, COLUMNS, this.#context.columns);
        await this.#rowGroup(start, Math.max(from, start), Math.min(to, end));
      }
      start = end;
    }
  }

  async #rowGroup(start: number, from: number, to: number): Promise<void> {
    const { columns } = this.#context;
    const scanned = scannedOf(columns, start);
    this.#hook?.rowGroup(columns.int64s("offset").values, start);
    for (let at = from; at < to; at++) {
      const tally = this.#pairOf(scanned, at);
      if (tally === undefined) continue;
      if (this.#agrees(scanned, at, tally)) this.#count(scanned, at, tally, false);
      else await this.#compare(scanned, at, tally);
    }
  }

  /** The tally of the row's model when the row is one that counts, and has an answer. */
  #pairOf({ start, ids, models, times }: Scanned, at: number): ModelTally | undefined {
    const { selects, answers, repeated, layers } = this.#context;
    const i = at - start;
    const row = this.#row;
    row.at = i;
    row.model = models.text(i);
    row.capturedAt = times[i] as number;
    if (!selects(row)) {
      if (answers.has(at)) this.#tally.strays++;
      return undefined;
    }
    const { tally, code } = this.#modelOf(row.model);
    tally.selected++;
    if (layers !== undefined && !layers(row.model, row)) {
      tally.later++;
      return undefined;
    }
    if (repeated.add(code, ids.data, ids.starts[i], ids.ends[i])) bump(tally.warnings, "repeated_id", 1);
    if (answers.has(at)) return tally;
    tally.unanswered++;
    return undefined;
  }

  /** The case of nearly all pairs: equal bytes, and nothing is made for them. */
  #agrees({ start, outputs, statuses, types }: Scanned, at: number, tally: ModelTally): boolean {
    const i = at - start;
    const status = statuses[i] as number;
    const [from, to] = [outputs.starts[i] as number, outputs.ends[i] as number];
    if (!this.#context.answers.equals(at, status, types.text(i), outputs.data, from, to)) return false;
    countEqual(tally, status, outputs.data, from, to);
    this.#hook?.match(i);
    return true;
  }

  async #compare(scanned: Scanned, at: number, tally: ModelTally): Promise<void> {
    const { start, outputs, statuses, types } = scanned;
    const { answers, modelOf } = this.#context;
    const i = at - start;
    const row = this.#row;
    const legacy = { status: statuses[i] as number, type: types.text(i), body: outputs.bytes(i) };
    const candidate = answers.at(at);
    const rules = modelOf(row.model);
    // Judged first, masked then: whatever is counted, grouped and stored of a finding is what may be shown.
    const result = maskResult(rules.mask, judgePair(rules, legacy, candidate));
    const keyed = this.#findings.keyed(row.model, result);
    const mismatch = countPair(tally, result, keyed);
    if (keyed.length > 0) await this.#findings.add(row, keyed);
    if (result.notComparable !== null) return;
    if (!mismatch) countEvidence(tally, legacy, candidate);
    if (mismatch) this.#hook?.mismatch(i, keyed);
    else if (result.outcome === "match") this.#hook?.match(i);
    this.#count(scanned, at, tally, mismatch);
  }

  /** Of a pair that was compared. */
  #count({ start, versions, latencies }: Scanned, at: number, tally: ModelTally, mismatch: boolean): void {
    const { answers } = this.#context;
    const i = at - start;
    tally.versions.add(versions.text(i), mismatch);
    if (!latencies.isNull(i)) tally.legacyLatency.add(latencies.values[i] as number);
    tally.addLatency(answers.latency(at), answers.isCold(at));
  }

  /** Rows are sorted by model, so the last one nearly always serves. */
  #modelOf(name: string): { tally: ModelTally; code: number } {
    if (this.#model?.name !== name) {
      this.#model = { name, code: this.#models++, tally: this.#tally.model(name) };
      this.#hook?.model(name);
    }
    return this.#model;
  }
}

function scannedOf(columns: Vectors, start: number): Scanned {
  return {
    start,
    ids: columns.bytes("id"),
    models: columns.bytes("model"),
    versions: columns.bytes("modelVersion"),
    times: columns.numbers("capturedAt").values,
    outputs: columns.bytes("output"),
    types: columns.bytes("outputType"),
    statuses: columns.numbers("status").values,
    latencies: columns.numbers("latencyMs"),
  };
}
