/** The runs of a store: what each was asked, how far it got, what came of it. */

import { isCutoverError } from "../src/errors.ts";
import { printable } from "../src/inert.ts";
import { listRuns, type Run, readRun, readSkips } from "../src/lake/run.ts";
import { readSequence } from "../src/lake/sequence.ts";
import { LIMITS } from "../src/limits.ts";
import { readMeta } from "../src/parquet/read.ts";
import { REPLAYS } from "../src/record.ts";
import type { Session, Stage } from "../src/session.ts";
import type { Given } from "../src/shell.ts";
import type { ObjectInfo, Store } from "../src/store/port.ts";
import { findSummary, staleReason } from "./gate.ts";
import { listInputs } from "./inputs.ts";
import { commandLine } from "./report/command-line.ts";
import { count } from "./report/figures.ts";
import { table } from "./report/table.ts";
import { visible } from "./report/text.ts";
import { undecided } from "./sequential/run.ts";
import type { Verdict } from "./summary.ts";
import { OBJECT_FAULTS } from "./unit.ts";

export interface RunState {
  readonly run: string;
  /** UTC milliseconds. */
  readonly createdAt: number;
  readonly target: string;
  readonly planned: number;
  /** Stored answers and failures. */
  readonly stored: number;
  /** Records left out by the last call of replay, because their endpoint could not be used. */
  readonly skipped: number;
  /** Complete: every planned record has a result. Skipped: all that lack one were left out by the last call. */
  /** Decided: a sequential run was certain of every verdict before all was sent. */
  readonly state: "complete" | "decided" | "skipped" | "partial";
  /** Under the rules in force; null when not compared under them, or not since the replays changed. */
  readonly verdict: Verdict | null;
}

/** All runs, the latest first. */
export const runsStage: Stage<unknown, { readonly runs: readonly RunState[] }> = async (session) => {
  const runs: RunState[] = [];
  for (const id of await listRuns(session.store)) runs.push(await stateOf(session, await readRun(session.store, id)));
  return { runs: runs.sort((a, b) => b.createdAt - a.createdAt || (a.run < b.run ? -1 : 1)) };
};

async function stateOf(session: Session, run: Run): Promise<RunState> {
  const { store, signal } = session;
  const { units } = await listInputs(store, run, signal);
  const stored = await countRows(
    store,
    units.flatMap(({ commits }) => commits),
    signal,
  );
  const skips = Object.values((await readSkips(store, run.run)).models).flatMap((reasons) => Object.values(reasons));
  const skipped = skips.reduce((sum, value) => sum + value, 0);
  return {
    run: run.run,
    createdAt: run.createdAt,
    target: run.target.name,
    planned: run.planned,
    stored,
    skipped: Math.min(skipped, run.planned - stored),
    state: (await isDecided(session, run, stored)) ? "decided" : progressOf(run.planned, stored, skipped),
    verdict: await verdictOf(session, run),
  };
}

async function isDecided(session: Session, run: Run, stored: number): Promise<boolean> {
  const sequence = stored < run.planned ? await readSequence(session.store, run.run) : undefined;
  return sequence !== undefined && undecided(session, run, sequence.decided) === 0;
}

function progressOf(planned: number, stored: number, skipped: number): RunState["state"] {
  if (stored >= planned) return "complete";
  return stored + skipped >= planned ? "skipped" : "partial";
}

async function verdictOf(session: Session, run: Run): Promise<Verdict | null> {
  try {
    const summary = await findSummary(session, run);
    return (await staleReason(session, run, summary)) === undefined ? summary.verdict : null;
  } catch (error) {
    if (isCutoverError(error, "COMPARE_MISSING")) return null;
    throw error;
  }
}

/** Rows as the footers of the objects say, a few read at a time. */
async function countRows(store: Store, objects: readonly ObjectInfo[], signal: AbortSignal): Promise<number> {
  let rows = 0;
  for (let at = 0; at < objects.length; at += LIMITS.footerReads) {
    const some = objects.slice(at, at + LIMITS.footerReads);
    const counts = await Promise.all(some.map((info) => rowsOf(store, info, signal)));
    for (const each of counts) rows += each;
  }
  return rows;
}

/** None for an object that cannot be read: compare names it, and a list of runs must not stop at it. */
export async function rowsOf(store: Store, info: ObjectInfo, signal: AbortSignal): Promise<number> {
  try {
    return (await readMeta(store, info.key, REPLAYS, { info, signal })).rows;
  } catch (error) {
    if (isCutoverError(error, ...OBJECT_FAULTS)) return 0;
    throw error;
  }
}

/** One line a run, for a terminal of `columns`. */
export function renderRuns(runs: readonly RunState[], columns: number, given?: Given): string {
  if (runs.length === 0) {
    const first = commandLine("replay", { flags: { "--target": "NAME" }, given });
    return printable(`no run yet: ${first} makes the first\n`);
  }
  const lines = table(
    [
      { title: "run", align: "left", drop: 0 },
      { title: "created (UTC)", align: "left", drop: 2 },
      { title: "target", align: "left", drop: 1 },
      { title: "planned", align: "right", drop: 0 },
      { title: "stored", align: "right", drop: 3 },
      { title: "state", align: "left", drop: 0 },
      { title: "verdict", align: "left", drop: 0 },
    ],
    runs.map((run) => [
      visible(run.run),
      new Date(run.createdAt).toISOString().slice(0, 19).replace("T", " "),
      visible(run.target),
      count(run.planned),
      count(run.stored),
      run.state,
      run.verdict?.toUpperCase() ?? "not compared",
    ]),
    columns,
  );
  return `${lines.join("\n")}\n`;
}
