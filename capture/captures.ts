/** What the lake holds: rows and time range of each model. */
import { capturesPrefix } from "../src/lake/keys.ts";
import { compilePattern } from "../src/match.ts";
import { openObject } from "../src/parquet/read.ts";
import { CAPTURES } from "../src/record.ts";
import type { Store } from "../src/store/port.ts";
import { readCaptureFooter } from "./ledger.ts";
import { addFooter, emptyTotals, type Totals } from "./totals.ts";

export interface CapturesQuery {
  /** Pattern of model names. */
  readonly model: string;
  /** UTC milliseconds: since included, until excluded. */
  readonly since: number | null;
  readonly until: number | null;
}

export interface ModelSummary {
  rows: number;
  /** UTC milliseconds of the first and last row. */
  minTime: number;
  maxTime: number;
}

export interface CapturesResult {
  readonly models: Readonly<Record<string, ModelSummary>>;
  /** Rows that the query selects. */
  readonly rows: number;
  readonly gaps: readonly { log: string; partition: number; from: string; to: string; reason: string }[];
  /** Over all objects, whatever the query. */
  readonly sums: Totals;
}

/** Objects outside the time range are not opened beyond their footer. */
export async function listCaptures(store: Store, query: CapturesQuery, signal: AbortSignal): Promise<CapturesResult> {
  const models = new Map<string, ModelSummary>();
  const gaps: CapturesResult["gaps"][number][] = [];
  const sums = emptyTotals();
  const since = query.since ?? Number.NEGATIVE_INFINITY;
  const until = query.until ?? Number.POSITIVE_INFINITY;
  const matches = compilePattern(query.model);
  for await (const info of store.list(capturesPrefix, { signal })) {
    const footer = await readCaptureFooter(store, info.key, info);
    addFooter(sums, footer);
    sums.objects++;
    sums.bytes += info.size;
    for (const gap of footer.gaps) gaps.push({ log: footer.log, partition: footer.partition, ...gap });
    if (footer.minTime === null || footer.maxTime === null || footer.maxTime < since || footer.minTime >= until)
      continue;
    const object = await openObject(store, info.key, CAPTURES, { info, signal });
    for (let group = 0; group < object.rowGroups.length; group++) {
      const { model, capturedAt } = await object.read(group, ["model", "capturedAt"]);
      for (let row = 0; row < (model?.length ?? 0); row++) {
        const time = capturedAt?.[row] as number;
        if (time >= since && time < until) add(models, model?.[row] as string, time);
      }
    }
  }
  const selected = [...models].filter(([name]) => matches(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = selected.reduce((sum, [, summary]) => sum + summary.rows, 0);
  return { models: Object.fromEntries(selected), rows, gaps, sums };
}

function add(models: Map<string, ModelSummary>, name: string, time: number): void {
  const known = models.get(name);
  if (!known) {
    models.set(name, { rows: 1, minTime: time, maxTime: time });
    return;
  }
  known.rows++;
  known.minTime = Math.min(known.minTime, time);
  known.maxTime = Math.max(known.maxTime, time);
}
