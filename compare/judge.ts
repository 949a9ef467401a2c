/** Judges the rows of a capture object against loaded answers, and counts what comes of it. */
import type { RangeId } from "../src/lake/keys.ts";
import { rankOf, type Selects } from "../src/lake/selection.ts";
import type { ObjectReader } from "../src/parquet/types.ts";
import { formatPosition, type Position } from "../src/record.ts";
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

/** Compiled rules of a model, made once. */
export type ModelOf = (model: string) => CompiledModel;

export interface JudgeContext {
  readonly selects: Selects;
  readonly modelOf: ModelOf;
  readonly answers: Answers;
  readonly repeated: RepeatedIds;
}

const COLUMNS = ["id", "model", "capturedAt", "output", "outputType", "status", "latencyMs", "offset"] as const;
/** Fingerprints remembered, so that a frequent one is hashed once. */
const FINGERPRINTS_KEPT = 4_096;

/** A row while it is looked at; one object serves all rows. */
interface Row extends Position {
  id: string;
  model: string;
  capturedAt: number;
  offset: bigint;
}

export class Judge {
  readonly #context: JudgeContext;
  readonly #tally: RunTally;
  readonly #diffs: DiffWriter;
  readonly #row: Row;
  readonly #fingerprints = new Map<string, string>();
  #model: { readonly name: string; readonly code: number; readonly tally: ModelTally } | undefined;
  #models = 0;

  constructor(context: JudgeContext, tally: RunTally, diffs: DiffWriter, range: RangeId) {
    this.#context = context;
    this.#tally = tally;
    this.#diffs = diffs;
    this.#row = { id: "", model: "", capturedAt: 0, log: range.log, partition: range.partition, offset: 0n };
  }

  /** Judges the rows [from, to), for which the answers are loaded. Row groups outside are not read. */
  async rows(reader: ObjectReader, { from, to }: RowRange): Promise<void> {
    let start = 0;
    for (const [group, { rows }] of reader.rowGroups.entries()) {
      const end = start + rows;
      if (end > from && start < to) {
        const columns = await reader.read(group, COLUMNS);
        await this.#rowGroup(columns, start, Math.max(from, start), Math.min(to, end));
      }
      start = end;
    }
  }

  async #rowGroup(columns: Record<string, readonly unknown[]>, start: number, from: number, to: number): Promise<void> {
    const { selects, answers, repeated } = this.#context;
    const ids = columns.id as readonly string[];
    const models = columns.model as readonly string[];
    const times = columns.capturedAt as readonly number[];
    const outputs = columns.output as readonly Uint8Array[];
    const types = columns.outputType as readonly string[];
    const statuses = columns.status as readonly number[];
    const latencies = columns.latencyMs as readonly (number | null)[];
    const offsets = columns.offset as readonly bigint[];
    const row = this.#row;
    for (let at = from; at < to; at++) {
      const i = at - start;
      row.id = ids[i] as string;
      row.model = models[i] as string;
      row.capturedAt = times[i] as number;
      row.offset = offsets[i] as bigint;
      if (!selects(row)) {
        if (answers.has(at)) this.#tally.strays++;
        continue;
      }
      const { tally, code } = this.#modelOf(row.model);
      tally.selected++;
      if (repeated.add(code, row.id)) bump(tally.warnings, "repeated_id", 1);
      if (!answers.has(at)) {
        tally.unanswered++;
        continue;
      }
      const status = statuses[i] as number;
      const type = types[i] as string;
      const body = outputs[i] as Uint8Array;
      if (answers.equals(at, status, type, body)) {
        tally.match++;
      } else {
        const compiled = this.#context.modelOf(row.model);
        const result = judgePair(compiled, { status, type, body }, answers.at(at));
        countPair(tally, result);
        if (result.findings.length > 0) await this.#findings(result);
        if (result.notComparable !== null) continue;
      }
      const latency = latencies[i] ?? null;
      if (latency !== null) tally.legacyLatency.add(latency);
      tally.candidateLatency.add(answers.latency(at));
    }
  }

  /** Rows are sorted by model, so the last one nearly always serves. */
  #modelOf(name: string): { tally: ModelTally; code: number } {
    if (this.#model?.name !== name) {
      this.#model = { name, code: this.#models++, tally: this.#tally.model(name) };
    }
    return this.#model;
  }

  async #findings(result: PairResult): Promise<void> {
    const { id, model, log, partition, offset } = this.#row;
    const rank = rankOf(this.#row);
    const seen = new Set<string>();
    for (const finding of result.findings) {
      const { path, field, rule, kind, legacy, candidate, delta } = finding;
      const key: GroupKey = { path: field, kind, rule, ...fingerprintParts(finding) };
      const name = this.#fingerprint(model, key);
      if (!seen.has(name)) {
        seen.add(name);
        const exemplars = this.#tally.groups.wants(model, key, rank)
          ? [{ rank, id, path, legacy: cutChars(legacy), candidate: cutChars(candidate) }]
          : [];
        this.#tally.groups.add(model, key, 1, exemplars);
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
        waived: false,
        log,
        partition,
        offset,
      });
    }
  }

  #fingerprint(model: string, key: GroupKey): string {
    const name = JSON.stringify([model, key.path, key.kind, key.rule, key.direction, key.magnitude]);
    let known = this.#fingerprints.get(name);
    if (known === undefined) {
      known = fingerprint(model, key);
      if (this.#fingerprints.size >= FINGERPRINTS_KEPT) this.#fingerprints.clear();
      this.#fingerprints.set(name, known);
    }
    return known;
  }
}

/** Position of an exemplar as people and scripts write it. */
export function exemplarPosition(rank: { log: string; partition: number; offset: string }): string {
  return formatPosition({ log: rank.log, partition: rank.partition, offset: BigInt(rank.offset) });
}

function countPair(tally: ModelTally, result: PairResult): void {
  for (const warning of new Set(result.warnings)) bump(tally.warnings, warning, 1);
  if (result.notComparable !== null) {
    bump(tally.errors, result.notComparable, 1);
    return;
  }
  if (result.outcome === "match") tally.match++;
  else if (result.outcome === "mismatch") tally.mismatch++;
  else if (result.outcome === "ignored") tally.ignored++;
  if (result.findings.some(({ critical, gates }) => critical && gates)) tally.critical++;
  if (result.used !== null) {
    tally.parsed++;
    for (const index of result.used) tally.used.add(index);
  }
  tally.addUncovered(result.uncovered);
  if (result.findings.length > 0 || result.ignored.length > 0) tally.fields.addPair(result);
}
