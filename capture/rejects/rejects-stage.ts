/** `capture --from-rejects`: reads rejected messages again, or says what would come of it. */
import type { Session, Stage } from "../../src/session.ts";
import { createLedger } from "../ranges/ledger.ts";
import { emptyTotals } from "../ranges/totals.ts";
import { formatCount } from "../render.ts";
import { type CaptureResult, runSource } from "../stage.ts";
import { rejectsSource, waitingRejects } from "./rejects-source.ts";
import { addSums, emptySums, type RereadSums, type SurveyOptions } from "./rejects-survey.ts";

export interface RereadOptions {
  /** Map them, write nothing. */
  readonly dryRun: boolean;
}

/** Sums of what became durable, and of what waited before. */
export interface RereadResult extends CaptureResult {
  readonly dryRun: boolean;
  readonly waiting: Readonly<RereadSums>;
}

export const rereadStage: Stage<RereadOptions, RereadResult> = async (session, { dryRun }) => {
  await session.store.check({ write: !dryRun, signal: session.signal });
  const waiting = emptySums();
  let read = 0;
  const options: SurveyOptions = {
    store: session.store,
    map: session.config.capture.map,
    signal: session.signal,
    onRead(messages) {
      read += messages;
      session.log.progress(`${formatCount(read)} rejected messages tried against capture.map`);
    },
  };
  if (!dryRun) {
    const result = await runSource(toleratingRejects(session), rejectsSource(options, waiting));
    return { ...result, dryRun, waiting };
  }
  const { clock } = session;
  const started = clock.monotonic();
  for await (const one of waitingRejects(createLedger(session.store), options)) addSums(waiting, one);
  await session.log.flush();
  return {
    ...emptyTotals(),
    seconds: Math.round(clock.monotonic() - started) / 1000,
    consumingSeconds: 0,
    dryRun,
    waiting,
  };
};

/** All of these were rejected once: that some are again is no sign of a wrong mapping. */
function toleratingRejects(session: Session): Session {
  const { config } = session;
  return { ...session, config: { ...config, capture: { ...config.capture, maxRejectRate: 1 } } };
}
