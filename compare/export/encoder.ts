import type { ColumnValues } from "../../src/parquet/types.ts";

/** Turns row groups of findings into the pieces of one file. */
export interface Encoder {
  /** Columns of DIFFS by name, all of one length; the pieces that can be written by now. */
  rows(columns: Readonly<Record<string, ColumnValues>>): Iterable<string | Uint8Array>;
  /** What closes the file; for a file without rows, the whole of it. */
  end(): Iterable<string | Uint8Array>;
}
