/** `cutover tolerance`. */
import type { Command } from "commander";
import { EXIT } from "../../src/errors.ts";
import type { Runner, Session } from "../../src/session.ts";
import { runFlag } from "../flags/command.ts";
import { jsonText } from "../print.ts";
import { type ToleranceOptions, toleranceStage } from "../tolerance.ts";
import { renderTolerance } from "./render.ts";

export function addToleranceCommand(program: Command, run: Runner): void {
  runFlag(program.command("tolerance"))
    .description("per field the smallest tolerance for mismatch rates 0, 1e-4 and 1e-3, as YAML; writes nothing")
    .addHelpText("after", "\nExample:\n  $ cutover tolerance --run r0123456789 > proposed.yaml")
    .action(run(toleranceAction));
}

async function toleranceAction(session: Session, options: ToleranceOptions): Promise<number> {
  const report = await toleranceStage(session, { run: options.run });
  const { stdout } = session.streams;
  await stdout.write(session.flags.json ? jsonText(report) : renderTolerance(report));
  return EXIT.pass;
}
