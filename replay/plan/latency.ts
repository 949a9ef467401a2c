/** How long the legacy system took, from the captures of a selection: what a forecast goes by before the target has answered. */
import { openCapture } from "../../src/lake/captures.ts";
import type { Selection } from "../../src/lake/run.ts";
import { LIMITS } from "../../src/limits.ts";
import { Vectors } from "../../src/parquet/vectors.ts";
import type { Store } from "../../src/store/port.ts";

export interface LegacyLatency {
  /** Mean milliseconds of the rows looked at; null when none of them has one. */
  readonly mean: number | null;
  /** The same by model, of those that were seen. */
  readonly models: ReadonlyMap<string, number>;
}

/** One row group of each of a few objects, evenly spread over the selection: two small columns, never a payload. */
export async function legacyLatency(
  store: Store,
  { objects }: Pick<Selection, "objects">,
  signal?: AbortSignal,
): Promise<LegacyLatency> {
  const sums = new Map<string, { ms: number; rows: number }>();
  await Promise.all(
    spread(
      objects.filter(({ selected }) => selected > 0),
      LIMITS.footerReads,
    ).map(async ({ key, bytes: size, etag }) => {
      const { reader } = await openCapture(store, { key, size, etag }, signal, LIMITS.parquetFooterBytes);
      const group = reader.rowGroups.length >> 1;
      const columns = new Vectors();
      await reader.scan(group, ["model", "latencyMs"], columns);
      const models = columns.bytes("model");
      const latencies = columns.numbers("latencyMs");
      for (let row = 0; row < (reader.rowGroups[group]?.rows ?? 0); row++) {
        if (latencies.isNull(row)) continue;
        const model = models.text(row);
        const sum = sums.get(model) ?? { ms: 0, rows: 0 };
        sum.ms += latencies.values[row] as number;
        sum.rows++;
        sums.set(model, sum);
      }
      reader.close();
    }),
  );
  const all = [...sums.values()].reduce((a, b) => ({ ms: a.ms + b.ms, rows: a.rows + b.rows }), { ms: 0, rows: 0 });
  return {
    mean: all.rows === 0 ? null : all.ms / all.rows,
    models: new Map([...sums].map(([model, { ms, rows }]) => [model, ms / rows])),
  };
}

/** At most `count` of the items, evenly spread. */
export function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / count)] as T);
}
