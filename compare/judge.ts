/** Judges the rows of a capture object against loaded answers, and counts what comes of it. */
import type { RangeId } from "../src/lake/keys.ts";
import { rankOf, type SelectionRow, type Selects } from "../src/lake/selection.ts";
import type { InLayers } from "../src/lake/sequence.ts";
import type { ObjectReader } from "../src/parquet/types.ts";
import type { Vectors } from "../src/parquet/vectors.ts";
import { formatPosition } from "../src/record.ts";
import { countEqual, countEvidence, countPair } from "./accumulate/count.ts";
import { bump } from "./accumulate/fields.ts";
import type { ModelTally, RunTally } from "./accumulate/tally.ts";
import { cutChars, cutText, type DiffWriter } from "./diffs.ts";
import { fingerprintParts } from "./fingerprint.ts";
import { fingerprint, type GroupKey } from "./groups.ts";
import { judgePair } from "./pair.ts";
import type { Answers, RowRange } from "./pairing.ts";
import type { RepeatedIds } from "./repeated-ids.ts";
import type { CompiledModel } from "./rules/compile.ts";
import type { PairResult } from "./types.ts";
import { isWaived, type KeyedFinding, type Waives, waiverOf } from "./waive.ts";

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
/** Fingerprints remembered, so that a frequent one is hashed once. */
const FINGERPRINTS_KEPT = 4_096;

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

export class Judge {
  readonly #context: JudgeContext;
  readonly #tally: RunTally;
  readonly #diffs: DiffWriter;
  readonly #row: Row;
  readonly #names = new Map<string, { readonly fingerprint: string; readonly waiver: KeyedFinding["waiver"] }>();
  #model: { readonly name: string; readonly code: number; readonly tally: ModelTally } | undefined;
  #models = 0;

  constructor(context: JudgeContext, tally: RunTally, diffs: DiffWriter, range: RangeId) {
    this.#context = context;
    this.#tally = tally;
    this.#diffs = diffs;
    this.#row = new Row(range, context.columns);
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
    const { selects, answers, repeated, columns, layers } = this.#context;
    const ids = columns.bytes("id");
    const models = columns.bytes("model");
    const versions = columns.bytes("modelVersion");
    const times = columns.numbers("capturedAt").values;
    const outputs = columns.bytes("output");
    const types = columns.bytes("outputType");
    const statuses = columns.numbers("status").values;
    const latencies = columns.numbers("latencyMs");
    const row = this.#row;
    for (let at = from; at < to; at++) {
      const i = at - start;
      row.at = i;
      row.model = models.text(i);
      row.capturedAt = times[i] as number;
      if (!selects(row)) {
        if (answers.has(at)) this.#tally.strays++;
        continue;
      }
      const { tally, code } = this.#modelOf(row.model);
      tally.selected++;
      if (layers !== undefined && !layers(row.model, row)) {
        tally.later++;
        continue;
      }
      if (repeated.add(code, ids.data, ids.starts[i], ids.ends[i])) bump(tally.warnings, "repeated_id", 1);
      if (!answers.has(at)) {
        tally.unanswered++;
        continue;
      }
      const status = statuses[i] as number;
      const type = types.text(i);
      let mismatch = false;
      if (answers.equals(at, status, type, outputs.data, outputs.starts[i], outputs.ends[i])) {
        countEqual(tally, status, outputs.data, outputs.starts[i] as number, outputs.ends[i] as number);
      } else {
        const legacy = { status, type, body: outputs.bytes(i) };
        const candidate = answers.at(at);
        const result = judgePair(this.#context.modelOf(row.model), legacy, candidate);
        const keyed = this.#keyed(result);
        mismatch = countPair(tally, result, keyed);
        if (keyed.length > 0) await this.#findings(keyed);
        if (result.notComparable !== null) continue;
        if (!mismatch) countEvidence(tally, legacy, candidate);
      }
      tally.versions.add(versions.text(i), mismatch);
      if (!latencies.isNull(i)) tally.legacyLatency.add(latencies.values[i] as number);
      tally.addLatency(answers.latency(at), answers.isCold(at));
    }
  }

  /** Rows are sorted by model, so the last one nearly always serves. */
  #modelOf(name: string): { tally: ModelTally; code: number } {
    if (this.#model?.name !== name) {
      this.#model = { name, code: this.#models++, tally: this.#tally.model(name) };
    }
    return this.#model;
  }

  #keyed(result: PairResult): KeyedFinding[] {
    return result.findings.map((finding) => {
      const { field, rule, kind } = finding;
      const key: GroupKey = { path: field, kind, rule, ...fingerprintParts(finding) };
      return { finding, key, waiver: this.#named(this.#row.model, key).waiver };
    });
  }

  async #findings(keyed: readonly KeyedFinding[]): Promise<void> {
    const { id, model, log, partition, offset } = this.#row;
    const rank = rankOf(this.#row);
    const seen = new Set<string>();
    for (const one of keyed) {
      const { key } = one;
      const { path, rule, kind, legacy, candidate, delta } = one.finding;
      const waived = isWaived(one);
      const name = this.#named(model, key).fingerprint;
      if (!seen.has(name)) {
        seen.add(name);
        const exemplars = this.#tally.groups.wants(model, key, rank)
          ? [{ rank, id, path, legacy: cutChars(legacy), candidate: cutChars(candidate) }]
          : [];
        this.#tally.groups.add(model, key, 1, exemplars, waived ? 1 : 0);
      }
      await this.#diffs.add({
        id,
        model,
        path: path.toWellFormed(),
        rule,
        kind,
        legacy: cutText(legacy),
        candidate: cutText(candidate),
        delta,
        fingerprint: name,
        waived,
        log,
        partition,
        offset,
      });
    }
  }

  #named(model: string, key: GroupKey): { readonly fingerprint: string; readonly waiver: KeyedFinding["waiver"] } {
    const name = JSON.stringify([model, key.path, key.kind, key.rule, key.direction, key.magnitude]);
    let known = this.#names.get(name);
    if (known === undefined) {
      known = { fingerprint: fingerprint(model, key), waiver: waiverOf(this.#context.waives, model, key) };
      if (this.#names.size >= FINGERPRINTS_KEPT) this.#names.clear();
      this.#names.set(name, known);
    }
    return known;
  }
}

/** Position of an exemplar as people and scripts write it. */
export function exemplarPosition(rank: { log: string; partition: number; offset: string }): string {
  return formatPosition({ log: rank.log, partition: rank.partition, offset: BigInt(rank.offset) });
}
