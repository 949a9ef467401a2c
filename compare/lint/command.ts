/** `cutover rules lint`. */
import type { Command } from "commander";
import type { Runner, Session } from "../../src/session.ts";
import { runFlag } from "../flags/command.ts";
import { type LintOptions, lintExitCode, lintStage, renderLint } from "../lint.ts";
import { jsonText } from "../print.ts";

const LINT_HELP = `
Example:
  $ cutover rules lint --json

With a comparison of the latest run (or --run) under these rules, also says what matched nothing.
Exit codes: 0 no error, 1 an error was found.`;

/** Added to `cutover rules`. */
export function addLintCommand(rules: Command, run: Runner): void {
  runFlag(rules.command("lint"))
    .description("rules that do not do what they say: dead, shadowed, expired, matching nothing; and paths without one")
    .addHelpText("after", LINT_HELP)
    .action(run(lintAction));
}

async function lintAction(session: Session, options: LintOptions): Promise<number> {
  const report = await lintStage(session, { run: options.run });
  await session.streams.stdout.write(session.flags.json ? jsonText(report) : renderLint(report, session.given));
  return lintExitCode(report);
}
