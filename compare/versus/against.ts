/** Another run beside one that has been compared; compared here when nobody has. */
import { type Run, resolveRun } from "../../src/lake/run.ts";
import type { Session } from "../../src/session.ts";
import { comparedSummary, type JudgedBy } from "../compared.ts";
import type { Summary } from "../summary.ts";
import { versusStage } from "./stage.ts";
import type { Versus } from "./versus.ts";

export async function versusAgainst(
  session: Session,
  run: Run,
  { rules }: Pick<Summary, "rules">,
  id: string,
  by?: JudgedBy,
): Promise<Versus> {
  const before = await resolveRun(session.store, id);
  await comparedSummary(session, before, by);
  return versusStage(session, rules, run, before);
}
