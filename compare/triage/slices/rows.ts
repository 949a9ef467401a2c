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

/** Plain data, the same for the same rows in whatever order they came. Numbers as base64 of little-endian arrays. */
export interface StoredRows {
  readonly level: number;
  readonly places: readonly (readonly [log: string, partition: number, first: string])[];
  readonly models: readonly (readonly [model: string, mismatches: StoredPool, matches: StoredPool])[];
}

interface StoredPool {
  readonly hashes: string;
  readonly places: string;
  readonly offsets: string;
  readonly rows: string;
  readonly marks: string;
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

  add(pool: Pool, row: PoolRow): void {
    const before = pool.size;
    pool.add(row);
    if (pool.size === before) return;
    if (before < this.#keep) this.#load++;
    else if (pool.size >= 2 * this.#keep) pool.cut(this.#keep, this.#comparePlaces);
    while (this.#load > this.#limits.perRun && this.#keep > 1) this.#raise(this.#level + 1);
  }

  merge(other: SampledRows): void {
    if (other.#level > this.#level) this.#raise(other.#level);
    const codes = other.#places.map((range) => this.place(range));
    for (const [model, pools] of other.#models) {
      for (const kind of ["mismatch", "match"] as const) {
        const from = pools[kind];
        const into = this.pool(model, kind);
        for (let at = 0; at < from.size; at++) {
          const row = from.at(at);
          this.add(into, { ...row, place: codes[row.place] as number });
        }
      }
    }
  }

  /** By name; rows by hash of position. */
  models(): ModelRows[] {
    return [...this.#models.keys()].sort().map((model) => {
      const rows = (kind: RowKind): PoolRow[] => {
        const pool = this.pool(model, kind);
        pool.cut(this.#keep, this.#comparePlaces);
        return Array.from({ length: pool.size }, (_, at) => pool.at(at));
      };
      return { model, mismatches: rows("mismatch"), matches: rows("match") };
    });
  }

  toStored(): StoredRows {
    const models = this.models();
    const used = new Set(models.flatMap(({ mismatches, matches }) => [...mismatches, ...matches].map((r) => r.place)));
    const order = [...used].sort(this.#comparePlaces);
    const codes = new Map(order.map((place, code) => [place, code]));
    return {
      level: this.#level,
      places: order.map((code) => {
        const { log, partition, first } = this.placeAt(code);
        return [log, partition, first.toString()] as const;
      }),
      models: models.map(({ model, mismatches, matches }) => [
        model,
        storedPool(mismatches, codes),
        storedPool(matches, codes),
      ]),
    };
  }

  static fromStored({ level, places, models }: StoredRows, limits: RowLimits = ROW_LIMITS): SampledRows {
    const rows = new SampledRows(limits);
    rows.#level = level;
    for (const [log, partition, first] of places) rows.place({ log, partition, first: BigInt(first) });
    for (const [model, mismatches, matches] of models) {
      addStored(rows, rows.pool(model, "mismatch"), mismatches);
      addStored(rows, rows.pool(model, "match"), matches);
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

function storedPool(rows: readonly PoolRow[], codes: ReadonlyMap<number, number>): StoredPool {
  const marks = rows.flatMap((row) => [...(row.marks ?? [])]);
  return {
    hashes: base64(Uint32Array.from(rows, ({ hash }) => hash)),
    places: base64(Uint32Array.from(rows, ({ place }) => codes.get(place) ?? 0)),
    offsets: base64(BigInt64Array.from(rows, ({ offset }) => offset)),
    rows: base64(Uint32Array.from(rows, ({ row }) => row)),
    marks: base64(Uint32Array.from(marks)),
  };
}

function addStored(rows: SampledRows, pool: Pool, stored: StoredPool): void {
  const hashes = words(stored.hashes);
  const places = words(stored.places);
  const offsets = new BigInt64Array(bytesOf(stored.offsets));
  const numbers = words(stored.rows);
  const marks = words(stored.marks);
  const width = hashes.length === 0 ? 0 : marks.length / hashes.length;
  for (const [at, hash] of hashes.entries()) {
    rows.add(pool, {
      hash,
      place: places[at] as number,
      offset: offsets[at] as bigint,
      row: numbers[at] as number,
      marks: width > 0 ? marks.subarray(at * width, (at + 1) * width) : undefined,
    });
  }
}

function base64({ buffer, byteOffset, byteLength }: Uint32Array | BigInt64Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}

function words(text: string): Uint32Array {
  return new Uint32Array(bytesOf(text));
}

function bytesOf(text: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(text, "base64")).buffer;
}
