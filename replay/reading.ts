/** Where row groups are read into, one after the other; those who share it take turns. */
import { Vectors } from "../src/parquet/vectors.ts";

export interface Reading {
  /** Of the row group that was read in this turn. */
  readonly vectors: Vectors;
  /** Runs `use` when all that came before are done. */
  inTurn<T>(use: () => Promise<T>): Promise<T>;
}

export function createReading(): Reading {
  let latest: Promise<unknown> = Promise.resolve();
  return {
    vectors: new Vectors(),
    inTurn(use) {
      const turn = latest.then(use);
      latest = turn.catch(() => {});
      return turn;
    },
  };
}
