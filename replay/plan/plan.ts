/** Finds the run that a command means, or makes it: the selection is pinned before the first request. */
import { CutoverError, isCutoverError } from "../../src/errors.ts";
import { canonicalJson, sha256Hex } from "../../src/hash.ts";
import { isKeyName, KEY_NAME, runKey } from "../../src/lake/keys.ts";
import { checkPinned } from "../../src/lake/pinned.ts";
import { type Pin, readPin } from "../../src/lake/pins.ts";
import { type Run, readRun, type Selection, type SelectionQuery, selectionSchema } from "../../src/lake/run.ts";
import { pinOutcome } from "../../src/lake/select/outcome.ts";
import { describeQuery } from "../../src/lake/select/query.ts";
import { selectCaptures } from "../../src/lake/select/select.ts";
import type { Store } from "../../src/store/port.ts";

export interface PlanRequest {
  readonly store: Store;
  readonly query: SelectionQuery;
  readonly target: Run["target"];
  /** Id given by the user. */
  readonly run: string | undefined;
  readonly sameAs: string | undefined;
  /** Name of a kept selection. */
  readonly pin?: string | undefined;
  /** Hash of the rules in force: where `--only` finds the comparison it reads. */
  readonly rules?: string;
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
export async function planRun(given: PlanRequest): Promise<Plan> {
  if (given.run !== undefined) checkRunId(given.run);
  const { store } = given;
  const request: Asked = given.pin === undefined ? given : { ...given, kept: await readPin(store, given.pin) };
  const found = request.run === undefined ? await findGeneration(request) : await findGiven(request, request.run);
  if (found.existing) return { run: found.existing, pinned: true };
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
    ...(request.pin === undefined ? {} : { pin: request.pin }),
    toolVersion: request.version,
    ...(await selectionFor(request)),
  };
  return { run, pinned: false };
}

/** A request with the kept selection that it names. */
interface Asked extends PlanRequest {
  readonly kept?: Pin;
}

async function selectionFor({ store, query, sameAs, kept, rules = "", signal }: Asked): Promise<Selection> {
  if (sameAs !== undefined) return selectionSchema.parse(await readRun(store, sameAs));
  if (!kept) return selectCaptures(store, await pinOutcome(store, query, rules, signal), signal);
  await checkPinned(store, kept, signal);
  return selectionSchema.parse(kept);
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
    if (theirs.queryHash !== run.queryHash) throw conflict(run.run, theirs, run);
    return theirs;
  }
}

/** `r` and 10 hex digits: the same command gives the same id. */
export function runIdOf(queryHash: string): string {
  return `r${queryHash.slice(0, 10)}`;
}

function hashOf({ query, target, sameAs, kept }: Asked, generation: number): string {
  const material = {
    query,
    target,
    transform: null,
    generation,
    ...(sameAs === undefined ? {} : { sameAs }),
    // By what it holds: a pin that was deleted and kept anew is another one.
    ...(kept ? { pin: sha256Hex(canonicalJson(kept)) } : {}),
  };
  return sha256Hex(canonicalJson(material));
}

interface Found {
  readonly id: string;
  readonly generation: number;
  readonly existing?: Run;
}

/** The latest generation of this query, or the next one when `--fresh` asks for it. */
async function findGeneration(request: Asked): Promise<Found> {
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

async function findGiven(request: Asked, id: string): Promise<Found> {
  if (!(await request.store.head(runKey(id)))) return { id, generation: 0 };
  if (request.fresh) {
    throw new CutoverError("USAGE", `run ${id} exists, and a pinned selection never changes`, {
      hint: "give another --run ID, or leave it out: --fresh then counts up by itself",
    });
  }
  const existing = await readRun(request.store, id);
  if (existing.queryHash !== hashOf(request, existing.generation)) {
    throw conflict(id, existing, request);
  }
  return { id, generation: existing.generation, existing };
}

type Meant = Pick<Run, "query" | "target"> & {
  readonly sameAs?: string | undefined;
  readonly pin?: string | undefined;
};

function conflict(id: string, theirs: Meant, ours: Meant): CutoverError {
  return new CutoverError("RUN_INVALID", `run ${id} was pinned for something else`, {
    place: runKey(id),
    expected: inWords(theirs),
    received: inWords(ours),
    hint: "give another --run ID, or the flags and target of that run",
  });
}

function inWords({ query, target, sameAs, pin }: Meant): string {
  const selection =
    pin !== undefined ? `the pin ${pin}` : sameAs !== undefined ? `the selection of ${sameAs}` : describeQuery(query);
  return `${selection} → ${target.name} (${target.kind} ${target.hash.slice(0, 8)})`;
}

function checkRunId(id: string): void {
  if (isKeyName(id)) return;
  throw new CutoverError("USAGE", "--run is not a valid id", { expected: KEY_NAME, received: id });
}
