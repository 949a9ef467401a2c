/** What the pairs of one model, and of one run, came to. Integers and bottom-k samples only, so that tallies merge in any order. */
import { createHistogram, type Histogram, type HistogramJson } from "../../src/histogram.ts";
import type { EmptyKind } from "../evidence.ts";
import { Groups, type StoredGroups } from "../groups.ts";
import type { GroupLimits } from "../triage/model-groups.ts";
import { SampledRows, type StoredRows } from "../triage/slices/rows.ts";
import type { Warning } from "../types.ts";
import { addCounts, Fields, type StoredFields } from "./fields.ts";
import { type StoredVersions, Versions } from "./versions.ts";

/** Uncovered paths kept of one model: the first in order of text. */
const UNCOVERED_KEPT = 20;

/** Members of a model's tally that are plain sums. */
const SUMS = [
  "selected",
  "unanswered",
  "later",
  "match",
  "mismatch",
  "ignored",
  "critical",
  "decisionMismatch",
  "valueMismatch",
  "waived",
  "parsed",
  "candidateUs",
] as const;
/** Members that count pairs by a word. */
const COUNTS = ["errors", "warnings", "empty", "waivers", "expiredWaivers"] as const;
const LATENCIES = ["legacyLatency", "candidateLatency", "coldLatency"] as const;

/** As JSON. A change of any of these forms is a new TALLY_VERSION (parts/encoding.ts). */
export type StoredModelTally = Readonly<Record<(typeof SUMS)[number], number>> &
  Readonly<Record<(typeof COUNTS)[number], readonly (readonly [string, number])[]>> &
  Readonly<Record<(typeof LATENCIES)[number], HistogramJson>> & {
    readonly versions: StoredVersions;
    readonly fields: StoredFields;
    readonly used: readonly number[];
    readonly uncovered: readonly string[];
  };

export interface StoredRunTally {
  readonly models: readonly (readonly [name: string, tally: StoredModelTally])[];
  readonly groups: StoredGroups;
  readonly rows: StoredRows;
  readonly strays: number;
}

/**
 * A further accumulator is a member here (or of RunTally) with merge(), toStored() and a static fromStored(), and a line in
 * each of this class's three. Read back is merged into an empty one, which by the laws of merging is the same.
 */
export class ModelTally {
  /** Rows that the run selected, and those of them without an answer. */
  selected = 0;
  unanswered = 0;
  /** Selected rows in layers that a sequential run has not come to. */
  later = 0;
  match = 0;
  mismatch = 0;
  ignored = 0;
  /** Pairs with a finding of a critical rule that no waiver accepts; so in the two below. */
  critical = 0;
  /** Pairs that differ under a rule of label, decision or rank, and under any other. */
  decisionMismatch = 0;
  valueMismatch = 0;
  /** Among `ignored`: mismatches but for waivers. */
  waived = 0;
  /** Pairs that were parsed: only in those can a rule be seen to match. */
  parsed = 0;
  /** Pairs that could not be compared, by reason. */
  readonly errors = new Map<string, number>();
  readonly warnings = new Map<Warning, number>();
  /** Pairs that agree and hold nothing that could have differed. */
  readonly empty = new Map<EmptyKind, number>();
  /** Pairs with a finding that a waiver names, by its fingerprint: those in force, those expired. */
  readonly waivers = new Map<string, number>();
  readonly expiredWaivers = new Map<string, number>();
  readonly versions = new Versions();
  readonly fields = new Fields();
  readonly used = new Set<number>();
  uncovered: string[] = [];
  readonly legacyLatency: Histogram = createHistogram();
  /** Cold starts apart. */
  readonly candidateLatency: Histogram = createHistogram();
  readonly coldLatency: Histogram = createHistogram();
  /** Of all answers, in whole microseconds: what they cost depends on it. */
  candidateUs = 0;

  /** The latency of an answer, in milliseconds. */
  addLatency(ms: number, cold: boolean): void {
    (cold ? this.coldLatency : this.candidateLatency).add(ms);
    this.candidateUs += ms > 0 ? Math.round(ms * 1000) : 0;
  }

  addUncovered(paths: readonly string[]): void {
    if (paths.length === 0) return;
    this.uncovered = [...new Set([...this.uncovered, ...paths])].sort().slice(0, UNCOVERED_KEPT);
  }

  merge(other: ModelTally): void {
    for (const name of SUMS) this[name] += other[name];
    for (const name of COUNTS) addCounts<string>(this[name], other[name]);
    for (const name of LATENCIES) this[name].merge(other[name]);
    for (const index of other.used) this.used.add(index);
    this.addUncovered(other.uncovered);
    this.versions.merge(other.versions);
    this.fields.merge(other.fields);
  }

  toStored(): StoredModelTally {
    return {
      ...pick(SUMS, (name) => this[name]),
      ...pick(COUNTS, (name) => [...this[name]].sort(([a], [b]) => (a < b ? -1 : 1))),
      ...pick(LATENCIES, (name) => this[name].toJSON()),
      used: [...this.used].sort((a, b) => a - b),
      uncovered: this.uncovered,
      versions: this.versions.toStored(),
      fields: this.fields.toStored(),
    };
  }

  static fromStored(stored: StoredModelTally): ModelTally {
    const tally = new ModelTally();
    for (const name of SUMS) tally[name] = stored[name];
    for (const name of COUNTS) addCounts<string>(tally[name], new Map(stored[name]));
    for (const name of LATENCIES) tally[name].merge(createHistogram(stored[name]));
    for (const index of stored.used) tally.used.add(index);
    tally.addUncovered(stored.uncovered);
    tally.versions.merge(Versions.fromStored(stored.versions));
    tally.fields.merge(Fields.fromStored(stored.fields));
    return tally;
  }
}

export class RunTally {
  readonly models = new Map<string, ModelTally>();
  readonly groups: Groups;
  /** Which rows triage will look at. */
  readonly rows = new SampledRows();
  /** Answers that belong to no selected row. */
  strays = 0;

  constructor(limits?: GroupLimits) {
    this.groups = new Groups(limits);
  }

  model(name: string): ModelTally {
    let tally = this.models.get(name);
    if (tally === undefined) {
      tally = new ModelTally();
      this.models.set(name, tally);
    }
    return tally;
  }

  merge(other: RunTally): void {
    for (const [name, tally] of other.models) this.model(name).merge(tally);
    this.groups.merge(other.groups);
    this.rows.merge(other.rows);
    this.strays += other.strays;
  }

  /** Models in order of text, so that equal tallies have equal bytes however they came about. */
  toStored(): StoredRunTally {
    const models = [...this.models].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      models: models.map(([name, tally]) => [name, tally.toStored()]),
      groups: this.groups.toStored(),
      rows: this.rows.toStored(),
      strays: this.strays,
    };
  }

  /** `limits` as those of the tally that was stored. */
  static fromStored(stored: StoredRunTally, limits?: GroupLimits): RunTally {
    const tally = new RunTally(limits);
    for (const [name, model] of stored.models) tally.models.set(name, ModelTally.fromStored(model));
    tally.groups.merge(Groups.fromStored(stored.groups, limits));
    tally.rows.merge(SampledRows.fromStored(stored.rows));
    tally.strays = stored.strays;
    return tally;
  }
}

function pick<Name extends string, Value>(names: readonly Name[], value: (name: Name) => Value): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, Value>;
}
