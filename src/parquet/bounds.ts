/** What the footer says of one column chunk. */
import type { FileMetaData } from "hyparquet";
import type { Bounds } from "./types.ts";

/** Undefined where the writer put none, or of a type that has no order of ours. */
export function boundsOf(metadata: FileMetaData, rowGroup: number, name: string): Bounds | undefined {
  const chunk = metadata.row_groups[rowGroup]?.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === name);
  const statistics = chunk?.meta_data?.statistics;
  const min = valueOfBound(statistics?.min_value);
  const max = valueOfBound(statistics?.max_value);
  if (min === undefined || max === undefined) return undefined;
  const exact = statistics?.is_min_value_exact !== false && statistics?.is_max_value_exact !== false;
  return { min, max, exact };
}

/** A bound that was cut may end within a character: each broken end becomes U+FFFD, and `exact` tells that it was cut. */
function valueOfBound(bound: unknown): number | bigint | string | undefined {
  if (typeof bound === "number" || typeof bound === "bigint") return bound;
  return bound instanceof Uint8Array ? Buffer.from(bound).toString("utf8") : undefined;
}
