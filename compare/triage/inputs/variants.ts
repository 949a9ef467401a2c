/** Which variant of the target answered the rows that triage looks at: read from the commits, for these rows alone. */
import { isCutoverError } from "../../../src/errors.ts";
import type { Run } from "../../../src/lake/run.ts";
import { openObject } from "../../../src/parquet/read.ts";
import type { ObjectReader } from "../../../src/parquet/types.ts";
import { Vectors } from "../../../src/parquet/vectors.ts";
import { REPLAYS } from "../../../src/record.ts";
import type { ObjectInfo, Store } from "../../../src/store/port.ts";
import { OBJECT_FAULTS, type Unit } from "../../unit.ts";

/** Commits of the answers, by capture object. */
export type Commits = ReadonlyMap<string, readonly ObjectInfo[]>;

/** Plain data: it travels to threads. */
export interface AnsweredRows {
  readonly commits: readonly ObjectInfo[];
  /** Row of the capture object → its offset. */
  readonly offsets: ReadonlyMap<number, bigint>;
}

/** Only SageMaker says which variant answered: no commit of another target is opened for it. */
export function commitsWithVariants({ target }: Run, units: readonly Unit[]): Commits | undefined {
  if (target.kind !== "sagemaker") return undefined;
  return new Map(units.map(({ object, commits }) => [object.key, commits]));
}

/** By row of the capture object; a row that no variant is known of is not there. */
export async function variantsOf(
  store: Store,
  answered: AnsweredRows | undefined,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, string>> {
  const found = new Map<number, string>();
  if (answered === undefined || answered.offsets.size === 0) return found;
  const rows = new Map([...answered.offsets].map(([row, offset]) => [offset, row]));
  const columns = new Vectors();
  for (const info of answered.commits) {
    if (rows.size === 0) break;
    try {
      const reader = await openObject(store, info.key, REPLAYS, { info, signal });
      await readVariants(reader, columns, rows, found).finally(reader.close);
    } catch (error) {
      // What is wrong with it was told when its answers were judged.
      if (!isCutoverError(error, ...OBJECT_FAULTS)) throw error;
    }
  }
  return found;
}

/** The first stored answer of a position is the one that was judged: what it is found at is taken out of `rows`. */
async function readVariants(
  reader: ObjectReader,
  columns: Vectors,
  rows: Map<bigint, number>,
  found: Map<number, string>,
): Promise<void> {
  for (const [group, { rows: count }] of reader.rowGroups.entries()) {
    await reader.scan(group, ["offset", "variant"], columns);
    const { values: offsets } = columns.int64s("offset");
    const variants = columns.bytes("variant");
    for (let i = 0; i < count; i++) {
      const row = rows.get(offsets[i] as bigint);
      if (row === undefined) continue;
      rows.delete(offsets[i] as bigint);
      if (!variants.isNull(i)) found.set(row, variants.text(i));
    }
  }
}
