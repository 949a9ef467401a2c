/** Another run beside one that has been compared; compared here when nobody has. */
import { isCutoverError } from "../../src/errors.ts";
import { type Run, resolveRun } from "../../src/lake/run.ts";
import type { Session } from "../../src/session.ts";
import { currentSummary } from "../gate.ts";
import { compareStage } from "../run-compare.ts";
import type { Summary } from "../summary.ts";
import { versusStage } from "./stage.ts";
import type { Versus } from "./versus.ts";

export async function versusAgainst(
  session: Session,
  run: Run,
  { rules }: Pick<Summary, "rules">,
  id: string,
): Promise<Versus> {
  const before = await resolveRun(session.store, id);
  try {
    await currentSummary(session, before);
  } catch (error) {
    if (!isCutoverError(error, "COMPARE_MISSING")) throw error;
    await compareStage(session, { run: before.run });
  }
  return versusStage(session, rules, run, before);
}
