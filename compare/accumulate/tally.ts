/** What the pairs of one model, and of one run, came to. Integers and bottom-k samples only, so that tallies merge in any order. */
import { createHistogram, type Histogram } from "../../src/histogram.ts";
import type { EmptyKind } from "../evidence.ts";
import { type GroupLimits, Groups } from "../groups.ts";
import type { Warning } from "../types.ts";
import { addCounts, Fields } from "./fields.ts";
import { Versions } from "./versions.ts";

/** Uncovered paths kept of one model: the first in order of text. */
const UNCOVERED_KEPT = 20;

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
    this.selected += other.selected;
    this.unanswered += other.unanswered;
    this.later += other.later;
    this.match += other.match;
    this.mismatch += other.mismatch;
    this.ignored += other.ignored;
    this.critical += other.critical;
    this.decisionMismatch += other.decisionMismatch;
    this.valueMismatch += other.valueMismatch;
    this.waived += other.waived;
    this.parsed += other.parsed;
    addCounts(this.errors, other.errors);
    addCounts(this.warnings, other.warnings);
    addCounts(this.empty, other.empty);
    addCounts(this.waivers, other.waivers);
    addCounts(this.expiredWaivers, other.expiredWaivers);
    this.versions.merge(other.versions);
    this.fields.merge(other.fields);
    for (const index of other.used) this.used.add(index);
    this.addUncovered(other.uncovered);
    this.legacyLatency.merge(other.legacyLatency);
    this.candidateLatency.merge(other.candidateLatency);
    this.coldLatency.merge(other.coldLatency);
    this.candidateUs += other.candidateUs;
  }
}

export class RunTally {
  readonly models = new Map<string, ModelTally>();
  readonly groups: Groups;
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
    this.strays += other.strays;
  }
}
