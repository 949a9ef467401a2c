/** What the lake holds: rows and time range of each model. */
import { inOrder } from "../../src/ahead.ts";
import { openCapture, parseCaptureFooter, shownObjects } from "../../src/lake/captures.ts";
import type { CaptureFooter } from "../../src/lake/footer.ts";
import { capturesPrefix, parseCaptureKey } from "../../src/lake/keys.ts";
import { modelTest } from "../../src/lake/selection.ts";
import { LIMITS } from "../../src/limits.ts";
import { readMeta } from "../../src/parquet/read.ts";
import { CAPTURES } from "../../src/record.ts";
import type { ObjectInfo, Store } from "../../src/store/port.ts";
import { addFooter, emptyTotals, type Totals } from "../ranges/totals.ts";

export interface CapturesQuery {
  /** Patterns of model names; none takes every model. */
  readonly models: readonly string[];
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

export interface ListOptions {
  readonly signal: AbortSignal;
  /** Called now and then with the number of objects read. */
  readonly onProgress?: (objects: number) => void;
}

/** A few objects at once; those outside the time range are not opened beyond their footer. */
export async function listCaptures(store: Store, query: CapturesQuery, options: ListOptions): Promise<CapturesResult> {
  const { signal, onProgress } = options;
  const models = new Map<string, ModelSummary>();
  const gaps: CapturesResult["gaps"][number][] = [];
  const sums = emptyTotals();
  const selects = compileQuery(query);
  const objects = inOrder(shownObjects(store, capturesPrefix, signal), LIMITS.footerReads, (info) =>
    summarise(store, info, selects, signal),
  );
  for await (const { size, footer, found } of objects) {
    addFooter(sums, footer);
    sums.objects++;
    sums.bytes += size;
    for (const gap of footer.gaps) gaps.push({ log: footer.log, partition: footer.partition, ...gap });
    for (const [name, { rows, minTime, maxTime }] of found) {
      const known = models.get(name);
      if (!known) models.set(name, { rows, minTime, maxTime });
      else {
        known.rows += rows;
        known.minTime = Math.min(known.minTime, minTime);
        known.maxTime = Math.max(known.maxTime, maxTime);
      }
    }
    if (sums.objects % LIMITS.footerReads === 0) onProgress?.(sums.objects);
  }
  const sorted = [...models].sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = sorted.reduce((sum, [, summary]) => sum + summary.rows, 0);
  return { models: Object.fromEntries(sorted), rows, gaps, sums };
}

interface CompiledQuery {
  readonly model: (name: string) => boolean;
  /** Every time is wanted: no object is left out for its range. */
  readonly always: boolean;
  readonly since: number;
  readonly until: number;
}

function compileQuery({ models, since, until }: CapturesQuery): CompiledQuery {
  return {
    model: modelTest(models),
    always: since === null && until === null,
    since: since ?? Number.NEGATIVE_INFINITY,
    until: until ?? Number.POSITIVE_INFINITY,
  };
}

interface ObjectSummary {
  readonly size: number;
  readonly footer: CaptureFooter;
  readonly found: ReadonlyMap<string, ModelSummary>;
}

/** One request for a small object, whose columns come with its footer. */
async function summarise(
  store: Store,
  info: ObjectInfo,
  query: CompiledQuery,
  signal: AbortSignal,
): Promise<ObjectSummary> {
  const found = new Map<string, ModelSummary>();
  const { size } = info;
  const range = parseCaptureKey(info.key);
  if (!query.always && range) {
    const { meta, rows } = await readMeta(store, info.key, CAPTURES, { info, signal });
    const footer = parseCaptureFooter(info.key, meta, range, rows);
    const { minTime, maxTime } = footer;
    if (minTime === null || maxTime === null || maxTime < query.since || minTime >= query.until)
      return { size, footer, found };
  }
  const { footer, reader } = await openCapture(store, info, signal);
  try {
    for (let group = 0; group < reader.rowGroups.length; group++) {
      const { model = [], capturedAt = [] } = await reader.read(group, ["model", "capturedAt"]);
      for (let row = 0; row < model.length; row++) {
        const time = capturedAt[row] as number;
        const name = model[row] as string;
        if (time >= query.since && time < query.until && query.model(name)) add(found, name, time);
      }
    }
  } finally {
    reader.close();
  }
  return { size, footer, found };
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
