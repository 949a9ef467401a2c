/** `cutover show RUN ID|POSITION`: one record of a run, or the records of one id, with all that can be said of them. */
import { resolveRun } from "../../src/lake/run.ts";
import { LIMITS } from "../../src/limits.ts";
import type { Stage } from "../../src/session.ts";
import { sendAgain } from "./again.ts";
import { readAnswer, whyUnanswered } from "./answers.ts";
import { openContext } from "./context.ts";
import { findRecords, notFound } from "./find.ts";
import { type ShownRecord, showRecord } from "./record.ts";

export interface ShowOptions {
  readonly run: string;
  /** Id, or position as printed. */
  readonly record: string;
}

export interface ShowResult {
  readonly run: string;
  readonly target: string;
  readonly asked: string;
  /** Records of this name in the run; `records` holds the first of them. */
  readonly found: number;
  readonly records: readonly ShownRecord[];
}

/** Judged by the rules in force; needs no comparison. USAGE when the run holds no such record. */
export const showStage: Stage<ShowOptions, ShowResult> = async (session, { run: id, record: asked }) => {
  const { store, signal, log, given } = session;
  const run = await resolveRun(store, id);
  const found = await findRecords(store, run, asked, LIMITS.showRecords, signal);
  if (found.records.length === 0) throw notFound(store, run, asked, found);
  if (found.missing.length > 0) {
    log.warn("capture objects of the run are gone, and may have held more of this id", {
      objects: found.missing.length,
    });
  }
  const context = await openContext(session);
  const records: ShownRecord[] = [];
  for (const { captured, range } of found.records) {
    const replayed = await readAnswer(store, run, range, captured.offset, signal);
    const unanswered = replayed === undefined ? await whyUnanswered(store, run, captured) : "";
    const again = (position: string): string => sendAgain(position, run.target.name, given);
    records.push(showRecord(context, captured, replayed, { unanswered, again }));
  }
  return { run: run.run, target: run.target.name, asked, found: found.selected, records };
};
