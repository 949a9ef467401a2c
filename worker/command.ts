/** `cutover worker`: takes units from Kafka. */
import type { Command } from "commander";
import type { Work } from "../src/queue/work.ts";
import type { Runner, Session } from "../src/session.ts";
import { workerStage } from "./stage.ts";

const HELP = `
Examples:
  $ cutover worker                                      takes units until it is told to stop (SIGTERM, Ctrl-C)
  $ cutover replay --target candidate --queue kafka     puts the units of a run on the queue
All workers need the same config. What one has stored is never sent again, by whoever takes the unit next.`;

/** `open` gives what the units are done with. */
export function addWorkerCommand(program: Command, run: Runner, open: (session: Session) => Promise<Work>): void {
  program
    .command("worker")
    .description("take units of replay from the queue, beside other workers")
    .addHelpText("after", HELP)
    .action(run((session) => workerStage(session, () => open(session))));
}
