/** `cutover worker`: takes units from Kafka. */
import type { Command } from "commander";
import type { Work, WorkKind } from "../src/queue/work.ts";
import type { Runner, Session } from "../src/session.ts";
import { workerStage } from "./stage.ts";
import { combineWorks } from "./works.ts";

const HELP = `
Examples:
  $ cutover worker                                      takes units until it is told to stop (SIGTERM, Ctrl-C)
  $ cutover replay --target candidate --queue kafka     puts the units of a run on the queue
  $ cutover compare --queue kafka                       has them judge its answers, and waits for it
All workers need the same config. What one has stored is never sent again, by whoever takes the unit next.`;

/** `open` gives what the units of each kind are done with. */
export function addWorkerCommand(
  program: Command,
  run: Runner,
  open: Readonly<Record<WorkKind, (session: Session) => Promise<Work>>>,
): void {
  const openAll = async (session: Session): Promise<Work> =>
    combineWorks({ replay: await open.replay(session), compare: await open.compare(session) });
  program
    .command("worker")
    .description("take units of replay and compare from the queue, beside other workers")
    .addHelpText("after", HELP)
    .action(run((session) => workerStage(session, () => openAll(session))));
}
