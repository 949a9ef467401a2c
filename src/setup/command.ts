/** `cutover init`, `config` and `doctor`: a config of one's own, what it comes to, and whether all of it answers. */
import type { Command } from "commander";
import type { BareRunner } from "../open-session.ts";
import type { Check, Runner, Session } from "../session.ts";
import { showConfig } from "./config.ts";
import { doctor } from "./doctor.ts";
import { writeConfig } from "./init.ts";

/** Checks that a stage brings to `doctor`. */
export type CheckProvider = (session: Session) => readonly Check[];

export function addSetupCommands(
  program: Command,
  run: Runner,
  bare: BareRunner,
  providers: readonly CheckProvider[],
): void {
  program
    .command("init")
    .description("write a commented cutover.yaml")
    .option("--force", "overwrite the file that is there", false)
    .addHelpText("after", "\nExample:\n  $ cutover init --config migration/cutover.yaml")
    .action(bare(writeConfig));
  program
    .command("config")
    .description("check the configuration and print what it comes to")
    .option("--sources", "every setting with its value and what said it", false)
    .option("--schema", "JSON Schema of cutover.yaml, for editors", false)
    .addHelpText("after", "\nExample:\n  $ cutover config --sources")
    .action(bare(showConfig));
  program
    .command("doctor")
    .description("check that store, source, targets and DogStatsD answer, and say how to mend what does not")
    .addHelpText("after", "\nExample:\n  $ cutover doctor --store s3://bucket/prefix")
    .action(
      run((session) =>
        doctor(
          session,
          providers.flatMap((provide) => provide(session)),
        ),
      ),
    );
}
