/** Finds the run that a command means, or makes it: the selection is pinned before the first request. */
import { CutoverError, isCutoverError } from "../../src/errors.ts";
import { canonicalJson, sha256Hex } from "../../src/hash.ts";
import { runKey } from "../../src/lake/keys.ts";
import { type Run, readRun, type SelectionQuery } from "../../src/lake/run.ts";
import type { Store } from "../../src/store/port.ts";
import { describeQuery } from "./query.ts";
import { type Selection, selectCaptures } from "./select.ts";

export interface PlanRequest {
  readonly store: Store;
  readonly query: SelectionQuery;
  readonly target: Run["target"];
  /** Id given by the user. */
  readonly run: string | undefined;
  readonly sameAs: string | undefined;
  readonly fresh: boolean;
  /** Of a run that is pinned now; how one that is pinned already is divided never changes. */
  readonly buckets?: number;
  /** UTC milliseconds. */
  readonly now: number;
  readonly version: string;
  readonly signal?: AbortSignal;
}

export interface Plan {
  readonly run: Run;
  /** True when the run was pinned by an earlier call. */
  readonly pinned: boolean;
}

/** Plans without writing: `pinRun` writes. */
export async function planRun(request: PlanRequest): Promise<Plan> {
  if (request.run !== undefined) checkRunId(request.run);
  const { store } = request;
  const found = request.run === undefined ? await findGeneration(request) : await findGiven(request, request.run);
  if (found.existing) return { run: found.existing, pinned: true };
  const selection =
    request.sameAs === undefined
      ? await selectCaptures(store, request.query, request.signal)
      : selectionOf(await readRun(store, request.sameAs));
  const run: Run = {
    version: 1,
    run: found.id,
    queryHash: hashOf(request, found.generation),
    generation: found.generation,
    createdAt: request.now,
    target: request.target,
    transform: null,
    buckets: request.buckets ?? 1,
    ...(request.sameAs === undefined ? {} : { sameAs: request.sameAs }),
    toolVersion: request.version,
    ...selection,
  };
  return { run, pinned: false };
}

/** Writes run.json, unless another call was quicker: then that one's is the run. */
export async function pinRun(store: Store, run: Run): Promise<Run> {
  try {
    await store.put(runKey(run.run), new TextEncoder().encode(`${JSON.stringify(run, null, 1)}\n`), {
      ifAbsent: true,
      contentType: "application/json",
    });
    return run;
  } catch (error) {
    if (!isCutoverError(error, "STORE_EXISTS")) throw error;
    const theirs = await readRun(store, run.run);
    if (theirs.queryHash !== run.queryHash) throw conflict(run.run, theirs, run.query, run.target);
    return theirs;
  }
}

/** `r` and 10 hex digits: the same command gives the same id. */
export function runIdOf(queryHash: string): string {
  return `r${queryHash.slice(0, 10)}`;
}

function hashOf({ query, target, sameAs }: PlanRequest, generation: number): string {
  const material = { query, target, transform: null, generation, ...(sameAs === undefined ? {} : { sameAs }) };
  return sha256Hex(canonicalJson(material));
}

interface Found {
  readonly id: string;
  readonly generation: number;
  readonly existing?: Run;
}

/** The latest generation of this query, or the next one when `--fresh` asks for it. */
async function findGeneration(request: PlanRequest): Promise<Found> {
  let latest: string | undefined;
  for (let generation = 0; ; generation++) {
    const id = runIdOf(hashOf(request, generation));
    if (await request.store.head(runKey(id))) {
      latest = id;
      continue;
    }
    if (latest === undefined || request.fresh) return { id, generation };
    return { id: latest, generation: generation - 1, existing: await readRun(request.store, latest) };
  }
}

async function findGiven(request: PlanRequest, id: string): Promise<Found> {
  if (!(await request.store.head(runKey(id)))) return { id, generation: 0 };
  if (request.fresh) {
    throw new CutoverError("USAGE", `run ${id} exists, and a pinned selection never changes`, {
      hint: "give another --run ID, or leave it out: --fresh then counts up by itself",
    });
  }
  const existing = await readRun(request.store, id);
  if (existing.queryHash !== hashOf(request, existing.generation)) {
    throw conflict(id, existing, request.query, request.target, request.sameAs);
  }
  return { id, generation: existing.generation, existing };
}

function selectionOf({ query, objects, models, planned, limits }: Run): Selection {
  return { query, objects, models, planned, ...(limits === undefined ? {} : { limits }) };
}

function conflict(
  id: string,
  theirs: Run,
  query: SelectionQuery,
  target: Run["target"],
  sameAs?: string,
): CutoverError {
  const words = (what: SelectionQuery, to: Run["target"], like: string | undefined): string =>
    `${like === undefined ? describeQuery(what) : `the selection of ${like}`} → ${to.name} (${to.kind} ${to.hash.slice(0, 8)})`;
  return new CutoverError("RUN_INVALID", `run ${id} was pinned for something else`, {
    place: runKey(id),
    expected: words(theirs.query, theirs.target, theirs.sameAs),
    received: words(query, target, sameAs),
    hint: "give another --run ID, or the flags and target of that run",
  });
}

/** Stands in keys: no slash, no `+` (it separates the parts of a commit's name), nothing hidden. */
function checkRunId(id: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(id) && !id.includes("..")) return;
  throw new CutoverError("USAGE", "--run is not a valid id", {
    expected: "letters, digits, `.`, `_`, `-`, at most 64, beginning with a letter or digit",
    received: id,
  });
}
