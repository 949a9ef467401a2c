/** Chosen rows of a whole object, row group by row group, so that one row group's values are held at once. */
import type { ColumnValues, ObjectReader } from "./types.ts";

export interface Picked {
  /** Rows of the object, ascending; value `i` of each column is that of `rows[i]`. */
  readonly rows: readonly number[];
  readonly values: Readonly<Record<string, ColumnValues>>;
}

/** `rows` are rows of the object, ascending, each once. Row groups without one are not touched. */
export async function* picksOf(
  reader: ObjectReader,
  rows: readonly number[],
  columns: readonly string[],
): AsyncGenerator<Picked> {
  let start = 0;
  let next = 0;
  for (const [group, { rows: count }] of reader.rowGroups.entries()) {
    const from = next;
    while (next < rows.length && (rows[next] as number) < start + count) next++;
    if (next > from) {
      const mine = rows.slice(from, next);
      const places = mine.map((row) => row - start);
      yield { rows: mine, values: await reader.pick(group, places, columns) };
    }
    start += count;
  }
  if (next < rows.length) throw new RangeError(`${reader.key} has ${start} rows, and no row ${rows[next]}`);
}
