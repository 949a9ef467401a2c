/** The comparison of a run as things stand; made when there is none. */
import { isCutoverError } from "../src/errors.ts";
import type { Run } from "../src/lake/run.ts";
import type { Session } from "../src/session.ts";
import { currentSummary } from "./gate.ts";
import { type CompareOptions, compareStage } from "./run-compare.ts";
import type { Summary } from "./summary.ts";

/** How it is made. */
export type JudgedBy = Pick<CompareOptions, "threads" | "queue">;

export async function comparedSummary(session: Session, run: Run, by: JudgedBy = {}): Promise<Summary> {
  try {
    return await currentSummary(session, run);
  } catch (error) {
    if (!isCutoverError(error, "COMPARE_MISSING")) throw error;
    return compareStage(session, { run: run.run, ...by });
  }
}
