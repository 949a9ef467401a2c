/** Findings per field and rule type, at most LIMITS.fieldsPerModel fields; what is over is counted as `other`. */
import { LIMITS } from "../../src/limits.ts";
import type { DiffKind } from "../../src/record.ts";
import type { PairResult } from "../types.ts";
import { isWaived, type KeyedFinding } from "../waive.ts";

/** Stands for every field beyond the limit; no path, as those begin with `$`. */
export const OTHER_FIELDS = "other";

export interface FieldTally {
  /** Pairs in which the rule failed, and no waiver accepts it; pairs in which waivers accept all its failures. */
  k: number;
  waived: number;
  ignored: number;
  readonly kinds: Map<DiffKind, number>;
}

type RuleTallies = Map<string, FieldTally>;

type StoredRules = readonly (readonly [
  rule: string,
  k: number,
  waived: number,
  ignored: number,
  kinds: readonly (readonly [DiffKind, number])[],
])[];

/** As JSON, in order of text. */
export interface StoredFields {
  readonly fields: readonly (readonly [path: string, rules: StoredRules])[];
  readonly other: StoredRules;
}

/**
 * Keeps the first `limit` field names in order of text. A field that stays at the end was among the first
 * at every earlier moment, so its counts are whole, and the order of work does not matter.
 */
export class Fields {
  readonly byPath = new Map<string, RuleTallies>();
  readonly #limit: number;
  /** Where the rule type is not known: an ignored difference names only its field. */
  readonly #other: RuleTallies = new Map();
  #greatest: string | undefined;

  constructor(limit: number = LIMITS.fieldsPerModel) {
    this.#limit = limit;
  }

  /** Counts a pair: once per field and rule type, and once per kind in it. */
  addPair(result: PairResult, keyed: readonly KeyedFinding[]): void {
    const seen = new Set<string>();
    const first = (...parts: string[]): boolean => {
      const key = JSON.stringify(parts);
      return !seen.has(key) && seen.add(key) !== undefined;
    };
    // Those that count come first, so that a field with one of each counts as failed.
    for (const one of [...keyed].sort((a, b) => Number(isWaived(a)) - Number(isWaived(b)))) {
      const { field, rule, kind } = one.finding;
      const waived = isWaived(one);
      if (first(field, rule)) this.#tally(field, rule)[waived ? "waived" : "k"]++;
      if (!waived && first(field, rule, kind)) bump(this.#tally(field, rule).kinds, kind, 1);
    }
    for (const { field } of result.ignored) {
      if (first(field, "ignore")) this.#tally(field, "ignore").ignored++;
    }
  }

  merge(other: Fields): void {
    for (const [path, rules] of other.byPath) {
      for (const [rule, tally] of rules) addTally(this.#tally(path, rule), tally);
    }
    for (const [rule, tally] of other.#other) addTally(tallyOf(this.#other, rule), tally);
  }

  /** Path → rule type → counts, in order of text; `other` last when there is any. */
  entries(): [string, RuleTallies][] {
    const kept = [...this.byPath].sort(([a], [b]) => (a < b ? -1 : 1));
    return this.#other.size === 0 ? kept : [...kept, [OTHER_FIELDS, this.#other]];
  }

  toStored(): StoredFields {
    const fields = [...this.byPath].sort(([a], [b]) => (a < b ? -1 : 1));
    return { fields: fields.map(([path, rules]) => [path, toStoredRules(rules)]), other: toStoredRules(this.#other) };
  }

  static fromStored({ fields, other }: StoredFields, limit?: number): Fields {
    const read = new Fields(limit);
    for (const [path, rules] of fields) read.byPath.set(path, fromStoredRules(rules));
    for (const [rule, tally] of fromStoredRules(other)) read.#other.set(rule, tally);
    return read;
  }

  #tally(path: string, rule: string): FieldTally {
    let rules = this.byPath.get(path);
    if (rules === undefined) {
      const full = this.byPath.size >= this.#limit;
      this.#greatest ??= greatestOf(this.byPath);
      if (full && path > this.#greatest) return tallyOf(this.#other, rule);
      rules = new Map();
      this.byPath.set(path, rules);
      if (full) this.#evictGreatest();
      this.#greatest = undefined;
    }
    return tallyOf(rules, rule);
  }

  #evictGreatest(): void {
    const path = greatestOf(this.byPath);
    for (const [rule, tally] of this.byPath.get(path) ?? []) addTally(tallyOf(this.#other, rule), tally);
    this.byPath.delete(path);
  }
}

/** Adds to a counter of a map. */
export function bump<K>(counts: Map<K, number>, key: K, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

/** Adds every counter of `from` to `into`. */
export function addCounts<K>(into: Map<K, number>, from: ReadonlyMap<K, number>): void {
  for (const [key, value] of from) bump(into, key, value);
}

function tallyOf(rules: RuleTallies, rule: string): FieldTally {
  let tally = rules.get(rule);
  if (tally === undefined) {
    tally = { k: 0, waived: 0, ignored: 0, kinds: new Map() };
    rules.set(rule, tally);
  }
  return tally;
}

function addTally(into: FieldTally, from: FieldTally): void {
  into.k += from.k;
  into.waived += from.waived;
  into.ignored += from.ignored;
  addCounts(into.kinds, from.kinds);
}

function toStoredRules(rules: RuleTallies): StoredRules {
  const sorted = [...rules].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([rule, { k, waived, ignored, kinds }]) => {
    return [rule, k, waived, ignored, [...kinds].sort(([a], [b]) => (a < b ? -1 : 1))];
  });
}

function fromStoredRules(rules: StoredRules): RuleTallies {
  return new Map(
    rules.map(([rule, k, waived, ignored, kinds]) => [rule, { k, waived, ignored, kinds: new Map(kinds) }]),
  );
}

function greatestOf(fields: ReadonlyMap<string, unknown>): string {
  let greatest = "";
  for (const path of fields.keys()) if (path > greatest) greatest = path;
  return greatest;
}
