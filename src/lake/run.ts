/** run.json: what a run was asked to do, pinned. Written once by replay, read by compare, gate and report. */
import { z } from "zod";
import { CutoverError } from "../errors.ts";
import type { Store } from "../store/port.ts";
import { bucketSkipsPrefix, runKey, runsPrefix, skipsKey } from "./keys.ts";

const count = z.int().min(0);

/** Kinds of outcome that `--only` knows. */
export const ONLY_KINDS = ["mismatched", "failed", "group"] as const;

/** Records chosen by what became of them in another run: such a selection proves nothing about the others. */
const onlySchema = z.object({
  kind: z.enum(ONLY_KINDS),
  /** The run that they are taken from. */
  from: z.string(),
  /** Fingerprint, of kind `group` alone. */
  group: z.string().optional(),
  /** Once pinned: key of a capture object → positions in it, ascending, as decimal text. */
  positions: z.record(z.string(), z.array(z.string().regex(/^\d{1,19}$/))).optional(),
});
export type Only = z.infer<typeof onlySchema>;

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
  /** Absent and null alike: not chosen by outcome. */
  only: onlySchema.nullable().optional(),
});
export type SelectionQuery = z.infer<typeof selectionQuerySchema>;

/** A selection as it was found: capture objects by listing and footers, and what the query selects of each. */
const pinnedParts = {
  query: selectionQuerySchema,
  objects: z.array(
    z.object({
      key: z.string(),
      bytes: count,
      etag: z.string(),
      contentSha256: z.string(),
      /** Rows of the object, and rows of it that the query selects. */
      rows: count,
      selected: count,
      /** Uncompressed bytes of the inputs of all its rows; absent in runs of older versions. */
      inputBytes: count.optional(),
    }),
  ),
  /** Per model of which `limitPerModel` leaves rows out: the last row kept, as `compileSelection` reads it. */
  limits: z
    .record(z.string(), z.object({ hash: count, log: z.string(), partition: count, offset: z.string() }))
    .optional(),
  /** Selected rows per model; the sum is `planned`. */
  models: z.record(z.string(), count),
  planned: count,
};
export const selectionSchema = z.object(pinnedParts);
export type Selection = z.infer<typeof selectionSchema>;

export const runSchema = z.object({
  version: z.literal(1),
  run: z.string(),
  /** Hash of query, target and transform; a `--fresh` run of the same query counts up `generation`. */
  queryHash: z.string(),
  generation: count,
  createdAt: z.int(),
  target: z.object({ name: z.string(), kind: z.string(), hash: z.string() }),
  transform: z.string().nullable(),
  buckets: z.int().min(1),
  /** The pinned selection: capture objects, as the listing and their footers showed them. */
  ...pinnedParts,
  /** The run whose pinned selection this one took over. */
  sameAs: z.string().optional(),
  /** The named selection that this one took over. */
  pin: z.string().optional(),
  toolVersion: z.string(),
});
export type Run = z.infer<typeof runSchema>;

/**
 * Reasons of skips that are no fault of anything: a call was told to end there. What was proved until then stands, and
 * the same command goes on.
 */
export const CAP_REASONS = ["max_requests", "max_errors", "max_cost", "max_duration"] as const;
export type CapReason = (typeof CAP_REASONS)[number];

export function isCap(reason: string): reason is CapReason {
  return (CAP_REASONS as readonly string[]).includes(reason);
}

/**
 * skips.json: what the last call of replay left out, per model and reason. A model's endpoint is parked as a
 * whole, and a cap ends all that is not parked, so a model named here misses exactly planned − stored rows, and its
 * count is that number at the end of the call; a reader takes min(count, planned − stored).
 */
export const skipsSchema = z.object({
  version: z.literal(1),
  /** Model → reason → selected rows that were not sent or whose result was not stored. */
  models: z.record(z.string(), z.record(z.string(), count)),
});
export type Skips = z.infer<typeof skipsSchema>;

/**
 * What replay skipped so far; nothing when it never wrote skips.json. Processes that take a part of the run write one
 * document a bucket; a model's requests are all in one bucket, and what its document says is the newer.
 */
export async function readSkips(store: Store, run: string): Promise<Skips> {
  const whole = skipsKey(run);
  const keys = (await store.head(whole)) ? [whole] : [];
  for await (const { key } of store.list(bucketSkipsPrefix(run))) keys.push(key);
  const models: Skips["models"] = {};
  for (const key of keys) {
    Object.assign(models, parseDocument(key, await store.get(key), skipsSchema).models);
  }
  return { version: 1, models };
}

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
  return parseDocument(key, await store.get(key), runSchema);
}

/** Reads a JSON document of ours; RUN_INVALID when it is none. */
export function parseDocument<T>(key: string, bytes: Uint8Array, schema: z.ZodType<T>): T {
  const name = key.slice(key.lastIndexOf("/") + 1);
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new CutoverError("RUN_INVALID", `${name} is not JSON`, { place: key, cause });
  }
  const result = schema.safeParse(parsed);
  if (result.success) return result.data;
  throw new CutoverError("RUN_INVALID", `${name} does not have the expected form`, {
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
    // A store that is not there at all is told as such.
    await store.check();
    throw new CutoverError("RUN_MISSING", "this store holds no run yet", {
      place: store.url,
      hint: "cutover replay --target NAME",
    });
  }
  const runs = await Promise.all(ids.map((id) => readRun(store, id)));
  return runs.reduce((latest, next) => (next.createdAt >= latest.createdAt ? next : latest));
}
