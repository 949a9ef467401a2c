/**
 * Which rows triage will look at: of each model the differing pairs with the lowest hashes of position, and a sample
 * of the pairs that agree. Positions only; inputs are read when all is counted, and only where a slice is possible.
 */
import type { RangeId } from "../../../src/lake/keys.ts";
import { LIMITS } from "../../../src/limits.ts";
import { type ComparePlaces, Pool, type PoolRow } from "./pool.ts";

export interface RowLimits {
  /** Of one model: differing pairs, and agreeing ones. */
  readonly perModel: number;
  /** Of all models, both kinds. */
  readonly perRun: number;
}

const ROW_LIMITS: RowLimits = { perModel: LIMITS.triageRowsPerModel, perRun: LIMITS.triageRowsPerRun };

export type RowKind = "mismatch" | "match";

export interface ModelRows {
  readonly model: string;
  readonly mismatches: readonly PoolRow[];
  readonly matches: readonly PoolRow[];
}

/**
 * Plain data, the same for the same rows in whatever order they came. Rows as base64 of their words in memory order, which
 * is little-endian wherever Node runs.
 */
export interface StoredRows {
  readonly level: number;
  readonly places: readonly (readonly [log: string, partition: number, first: string])[];
  readonly models: readonly (readonly [model: string, mismatches: string, matches: string])[];
}

interface Pools {
  readonly mismatch: Pool;
  readonly match: Pool;
}

/**
 * At level L every pool keeps its lowest `perModel` / 2^L rows. The level is the smallest at which all pools together
 * keep within `perRun`; the number of rows only grows with what is added, so the level depends on the union alone, and
 * a model of few mismatches keeps them all for as long as others can give.
 */
export class SampledRows {
  readonly #models = new Map<string, Pools>();
  readonly #places: RangeId[] = [];
  readonly #placeCodes = new Map<string, number>();
  readonly #limits: RowLimits;
  #level = 0;
  /** Rows that all pools keep at this level. */
  #load = 0;

  constructor(limits: RowLimits = ROW_LIMITS) {
    this.#limits = limits;
  }

  /** The pool of a model, to be asked whether it takes a row before the row is made. */
  pool(model: string, kind: RowKind): Pool {
    return this.#of(model)[kind];
  }

  /** A code for a capture object. */
  place(range: RangeId): number {
    const name = `${range.log}/${range.partition}/${range.first}`;
    let code = this.#placeCodes.get(name);
    if (code === undefined) {
      code = this.#places.push({ log: range.log, partition: range.partition, first: range.first }) - 1;
      this.#placeCodes.set(name, code);
    }
    return code;
  }

  placeAt(code: number): RangeId {
    return this.#places[code] as RangeId;
  }

  /** To be told after a row was added to a pool of this one. */
  added(pool: Pool): void {
    if (pool.size <= this.#keep) this.#load++;
    else if (pool.size >= 2 * this.#keep) pool.cut(this.#keep, this.#comparePlaces);
    while (this.#load > this.#limits.perRun && this.#keep > 1) this.#raise(this.#level + 1);
  }

  merge(other: SampledRows): void {
    if (other.#level > this.#level) this.#raise(other.#level);
    const codes = other.#places.map((range) => this.place(range));
    for (const [model, pools] of other.#models) {
      for (const kind of ["mismatch", "match"] as const) this.#take(this.pool(model, kind), pools[kind], codes);
    }
  }

  /** By name; rows by hash of position. */
  models(): ModelRows[] {
    this.#settle();
    const rowsOf = (pool: Pool): PoolRow[] => Array.from({ length: pool.size }, (_, at) => pool.at(at));
    return [...this.#models]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([model, { mismatch, match }]) => ({ model, mismatches: rowsOf(mismatch), matches: rowsOf(match) }));
  }

  toStored(): StoredRows {
    this.#settle();
    const used = new Set<number>();
    const named = [...this.#models].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [, { mismatch, match }] of named) {
      for (const pool of [mismatch, match]) for (let at = 0; at < pool.size; at++) used.add(pool.placeAt(at));
    }
    const order = [...used].sort(this.#comparePlaces);
    const codes = new Map(order.map((place, code) => [place, code]));
    return {
      level: this.#level,
      places: order.map((code) => {
        const { log, partition, first } = this.placeAt(code);
        return [log, partition, first.toString()] as const;
      }),
      models: named.map(([model, { mismatch, match }]) => [
        model,
        base64(mismatch.toWords(codes)),
        base64(match.toWords(codes)),
      ]),
    };
  }

  static fromStored({ level, places, models }: StoredRows, limits: RowLimits = ROW_LIMITS): SampledRows {
    const rows = new SampledRows(limits);
    rows.#level = level;
    const codes = places.map(([log, partition, first]) => rows.place({ log, partition, first: BigInt(first) }));
    for (const [model, mismatches, matches] of models) {
      rows.#take(rows.pool(model, "mismatch"), Pool.fromWords(wordsOf(mismatches), true), codes);
      rows.#take(rows.pool(model, "match"), Pool.fromWords(wordsOf(matches), false), codes);
    }
    return rows;
  }

  get #keep(): number {
    return Math.max(1, this.#limits.perModel >> this.#level);
  }

  readonly #comparePlaces: ComparePlaces = (a, b) => {
    if (a === b) return 0;
    const [one, other] = [this.placeAt(a), this.placeAt(b)];
    if (one.log !== other.log) return one.log < other.log ? -1 : 1;
    return one.partition - other.partition || (one.first < other.first ? -1 : 1);
  };

  #of(model: string): Pools {
    let pools = this.#models.get(model);
    if (pools === undefined) {
      pools = { mismatch: new Pool(true), match: new Pool(false) };
      this.#models.set(model, pools);
    }
    return pools;
  }

  #take(into: Pool, from: Pool, codes: readonly number[]): void {
    for (let at = 0; at < from.size; at++) {
      if (!into.takes(from.hashAt(at))) continue;
      into.copy(from, at, codes[from.placeAt(at)] as number);
      this.added(into);
    }
  }

  /** Every pool in order, and no larger than it is to be. */
  #settle(): void {
    for (const { mismatch, match } of this.#models.values()) {
      mismatch.cut(this.#keep, this.#comparePlaces);
      match.cut(this.#keep, this.#comparePlaces);
    }
  }

  #raise(level: number): void {
    this.#level = level;
    this.#load = 0;
    for (const pools of this.#models.values()) {
      for (const pool of [pools.mismatch, pools.match]) {
        if (pool.size > this.#keep) pool.cut(this.#keep, this.#comparePlaces);
        this.#load += pool.size;
      }
    }
  }
}

function base64({ buffer, byteOffset, byteLength }: Uint32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}

function wordsOf(text: string): Uint32Array {
  return new Uint32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer);
}
