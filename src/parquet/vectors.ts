/**
 * Columns of one row group in typed arrays: no object per value. They keep their memory from row group to row
 * group, so that reading any number of rows takes what the largest row group takes.
 */
import type { ColumnSpec, ColumnType } from "../record.ts";
import { ByteVector } from "./byte-vector.ts";
import { FixedVector, INT64, type Int64Vector, NUMBERS, type NumberVector } from "./fixed-vector.ts";
import type { Vector } from "./vector.ts";

/** The columns that one reader of many row groups asks for, by name. Each scan overwrites what the last one left. */
export class Vectors {
  readonly #byName = new Map<string, Vector>();

  /** A string, json or bytes column of the last scan. */
  bytes(name: string): ByteVector {
    const vector = this.#byName.get(name);
    if (vector instanceof ByteVector) return vector;
    throw new TypeError(`no column ${name} of bytes was scanned`);
  }

  /** An int32, double, timestamp or boolean column of the last scan. */
  numbers(name: string): NumberVector {
    return this.#fixed(name, Float64Array) as NumberVector;
  }

  /** An int64 column of the last scan. */
  int64s(name: string): Int64Vector {
    return this.#fixed(name, BigInt64Array) as Int64Vector;
  }

  /** An empty vector for a column, with room for `rows`: for the side that scans. */
  prepare({ name, type }: ColumnSpec, rows: number): Vector {
    let vector = this.#byName.get(name);
    if (vector === undefined) {
      vector = createVector(type);
      this.#byName.set(name, vector);
    }
    vector.reset(rows);
    return vector;
  }

  /** Gives back the memory of all columns; the next scan takes new. */
  release(): void {
    for (const vector of this.#byName.values()) vector.release();
  }

  #fixed(name: string, values: typeof Float64Array | typeof BigInt64Array): Vector {
    const vector = this.#byName.get(name);
    if (vector instanceof FixedVector && vector.values instanceof values) return vector;
    throw new TypeError(`no column ${name} of these numbers was scanned`);
  }
}

function createVector(type: ColumnType): Vector {
  if (type === "int64") return new FixedVector(INT64);
  return type === "string" || type === "json" || type === "bytes"
    ? new ByteVector(type)
    : new FixedVector(NUMBERS[type]);
}
