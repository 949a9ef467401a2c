/** run.json: what a run was asked to do, pinned. Written once by replay, read by compare, gate and report. */
import { z } from "zod";
import { CutoverError } from "../errors.ts";
import type { Store } from "../store/port.ts";
import { runKey, runsPrefix } from "./keys.ts";

const count = z.int().min(0);

export const selectionQuerySchema = z.object({
  models: z.array(z.string()),
  /** UTC milliseconds: since included, until excluded. */
  since: z.int().nullable(),
  until: z.int().nullable(),
  /** Share of the records, 0 to 1, chosen by a hash of the position. */
  sample: z.number().min(0).max(1).nullable(),
  /** At most so many records of each model, the lowest by hash of the position. */
  limitPerModel: z.int().min(1).nullable(),
  ids: z.array(z.string()).nullable(),
});
export type SelectionQuery = z.infer<typeof selectionQuerySchema>;

export const runSchema = z.object({
  version: z.literal(1),
  run: z.string(),
  /** Hash of query, target and transform; a `--fresh` run of the same query counts up `generation`. */
  queryHash: z.string(),
  generation: count,
  createdAt: z.int(),
  query: selectionQuerySchema,
  target: z.object({ name: z.string(), kind: z.string(), hash: z.string() }),
  transform: z.string().nullable(),
  buckets: z.int().min(1),
  /** The pinned selection: capture objects, as the listing and their footers showed them. */
  objects: z.array(
    z.object({
      key: z.string(),
      bytes: count,
      etag: z.string(),
      contentSha256: z.string(),
      /** Rows of the object, and rows of it that the query selects. */
      rows: count,
      selected: count,
    }),
  ),
  /** Selected rows per model; the sum is `planned`. */
  models: z.record(z.string(), count),
  planned: count,
  toolVersion: z.string(),
});
export type Run = z.infer<typeof runSchema>;

/** Reads and checks a run; RUN_MISSING or RUN_INVALID with what to do next. */
export async function readRun(store: Store, run: string): Promise<Run> {
  const key = runKey(run);
  const info = await store.head(key);
  if (!info) {
    const known = await listRuns(store);
    throw new CutoverError("RUN_MISSING", `there is no run ${run}`, {
      place: `${store.url} ${key}`,
      ...(known.length > 0 ? { expected: `one of ${known.slice(-8).join(", ")}` } : {}),
      hint: known.length > 0 ? "cutover runs" : "cutover replay --target NAME makes the first run",
    });
  }
  return parseRun(key, await store.get(key));
}

function parseRun(key: string, bytes: Uint8Array): Run {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new CutoverError("RUN_INVALID", "run.json is not JSON", { place: key, cause });
  }
  const result = runSchema.safeParse(parsed);
  if (result.success) return result.data;
  throw new CutoverError("RUN_INVALID", "run.json does not have the expected form", {
    place: key,
    expected: "a run written by this version of cutover",
    received: z.prettifyError(result.error),
  });
}

/** Ids of all runs, in key order. */
export async function listRuns(store: Store): Promise<string[]> {
  const runs: string[] = [];
  for await (const { key } of store.list(runsPrefix)) {
    const match = /^runs\/([^/]+)\/run\.json$/.exec(key);
    if (match) runs.push(match[1] as string);
  }
  return runs;
}

/** The run created last, or the one named. */
export async function resolveRun(store: Store, run: string | undefined): Promise<Run> {
  if (run !== undefined) return readRun(store, run);
  const ids = await listRuns(store);
  if (ids.length === 0) {
    throw new CutoverError("RUN_MISSING", "this store holds no run yet", {
      place: store.url,
      hint: "cutover replay --target NAME",
    });
  }
  const runs = await Promise.all(ids.map((id) => readRun(store, id)));
  return runs.reduce((latest, next) => (next.createdAt >= latest.createdAt ? next : latest));
}
