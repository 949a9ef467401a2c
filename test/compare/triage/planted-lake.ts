/** Records with inputs as models see them, and a candidate that differs for a cause that is planted: straight into a store. */
import { sha256Hex } from "../../../src/hash.ts";
import { captureKey, commitKey, type RangeId, runKey } from "../../../src/lake/keys.ts";
import type { Run } from "../../../src/lake/run.ts";
import { createObjectWriter } from "../../../src/parquet/write.ts";
import { CAPTURES, REPLAYS, type TableSpec } from "../../../src/record.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/port.ts";

export interface Planted {
  readonly model?: string;
  /** JSON unless `inputType` says otherwise; then the text itself. */
  readonly input: unknown;
  readonly inputType?: string;
  readonly modelVersion?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly legacy: string;
}

export const PLANTED_RUN = "planted";
const LOG = "inference@0a1b2c3d";
const GROUP_ROWS = 5_000;
const utf8 = new TextEncoder();

interface PlantedObject {
  readonly range: RangeId;
  readonly rows: readonly { readonly at: number; readonly record: Planted }[];
  readonly body: Uint8Array;
  readonly content: string;
}

/** Captured records, written once: runs with other answers share them. */
export interface Population {
  readonly records: readonly Planted[];
  readonly objects: readonly PlantedObject[];
}

/** Cut into so many objects, each a partition of its own. */
export function populationOf(records: readonly Planted[], objects: number): Population {
  const size = Math.ceil(records.length / objects);
  const cut = Array.from({ length: Math.ceil(records.length / size) }, (_, partition): PlantedObject => {
    const range: RangeId = { log: LOG, partition, first: 0n };
    const from = partition * size;
    const some = records.slice(from, from + size).map((record, i) => ({ at: from + i, record }));
    const rows = some.sort((a, b) => compareText(modelOf(a.record), modelOf(b.record)) || a.at - b.at);
    const counts = { captured: rows.length, rejected: 0, sampledOut: 0, tombstones: 0, absent: 0, gaps: [] };
    const content = sha256Hex(`${partition} ${rows.length}`);
    const footer = { log: LOG, partition, first: "0", last: `${rows.length - 1}`, ...counts };
    const rest = { minTime: null, maxTime: null, firstSha: null, contentSha256: content, rejects: null };
    const body = encode(CAPTURES, rows.length, { ...footer, ...rest }, (row) => {
      const { at, record } = rows[row] as PlantedObject["rows"][number];
      return capturedRow(record, range, at - from);
    });
    return { range, rows, body, content };
  });
  return { records, objects: cut };
}

/**
 * A store with a run over the population, and the answers of a candidate by place in the records; with variants, of a
 * target that says which one answered.
 */
export async function plantedLake(
  population: Population,
  candidates: readonly string[],
  variants?: readonly (string | null)[],
  store: Store = memoryStore(),
): Promise<Store> {
  const pinned: Run["objects"] = [];
  const models: Record<string, number> = {};
  for (const record of population.records) models[modelOf(record)] = (models[modelOf(record)] ?? 0) + 1;
  for (const { range, rows, body, content } of population.objects) {
    const key = captureKey(range);
    const { size: bytes, etag } = await store.put(key, body);
    pinned.push({ key, bytes, etag, contentSha256: content, rows: rows.length, selected: rows.length });
    const from = Math.min(...rows.map(({ at }) => at));
    const answers = encode(REPLAYS, rows.length, {}, (row) => {
      const { at, record } = rows[row] as PlantedObject["rows"][number];
      const answer = { candidate: candidates[at] as string, variant: variants?.[at] ?? null };
      return replayedRow(modelOf(record), answer, range, at - from);
    });
    await store.put(commitKey(PLANTED_RUN, range, 0, 0), answers);
  }
  const query = { models: [], since: null, until: null, sample: null, limitPerModel: null, ids: null };
  const run: Run = {
    version: 1,
    run: PLANTED_RUN,
    queryHash: "q",
    generation: 0,
    createdAt: 1,
    query,
    target: { name: "candidate", kind: variants === undefined ? "http" : "sagemaker", hash: "h" },
    transform: null,
    buckets: 1,
    objects: pinned,
    models,
    planned: population.records.length,
    toolVersion: "test",
  };
  await store.put(runKey(PLANTED_RUN), utf8.encode(JSON.stringify(run)));
  return store;
}

function modelOf({ model = "m" }: Planted): string {
  return model;
}

function capturedRow(planted: Planted, { partition }: RangeId, offset: number): Record<string, unknown> {
  const { model = "m", input, modelVersion = null, attributes, inputType = "application/json", legacy } = planted;
  return {
    id: `id-${partition}-${offset}`,
    model,
    modelVersion,
    capturedAt: 1_700_000_000_000 + offset * 977,
    capturedAtFromMessage: false,
    input: utf8.encode(typeof input === "string" && inputType !== "application/json" ? input : JSON.stringify(input)),
    inputType,
    output: utf8.encode(legacy),
    outputType: "application/json",
    status: 200,
    latencyMs: 10,
    attributes: attributes === undefined ? null : JSON.stringify(attributes),
    log: LOG,
    partition,
    offset: BigInt(offset),
  };
}

function replayedRow(
  model: string,
  { candidate, variant }: { readonly candidate: string; readonly variant: string | null },
  { partition }: RangeId,
  offset: number,
): Record<string, unknown> {
  return {
    id: `id-${partition}-${offset}`,
    model,
    target: "candidate",
    outcome: "ok",
    errorClass: null,
    errorDetail: null,
    status: 200,
    output: utf8.encode(candidate),
    outputType: "application/json",
    variant,
    latencyMs: 20,
    attempts: 1,
    throttles: 0,
    coldStart: null,
    replayedAt: 1,
    log: LOG,
    partition,
    offset: BigInt(offset),
  };
}

function encode(
  table: TableSpec,
  rows: number,
  meta: Record<string, unknown>,
  at: (row: number) => Record<string, unknown>,
): Uint8Array {
  const writer = createObjectWriter(table);
  for (let from = 0; from < rows; from += GROUP_ROWS) {
    const some = Array.from({ length: Math.min(GROUP_ROWS, rows - from) }, (_, i) => at(from + i));
    writer.rowGroup(Object.fromEntries(table.columns.map(({ name }) => [name, some.map((row) => row[name])])));
  }
  return writer.finish(meta);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
