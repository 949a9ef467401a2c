/** `cutover rules suggest`. */
import type { Command } from "commander";
import type { Runner, Session } from "../../src/session.ts";
import { runOption } from "../flags/command.ts";
import { printResult } from "../print.ts";

/** Added to `cutover rules`. */
export function addSuggestCommand(rules: Command, run: Runner): void {
  rules
    .command("suggest [run]")
    .description("for each large group the narrowest rule that would accept it, and what that would do; writes nothing")
    .addOption(runOption())
    .option("--group <fingerprint...>", "only these groups")
    .addHelpText("after", "\nExample:\n  $ cutover rules suggest --group 2:0a1b2c3d4e5f")
    .action((id: string | undefined, flags: SuggestFlags) => run(suggestAction)({ ...flags, run: id ?? flags.run }));
}

interface SuggestFlags {
  readonly run?: string | undefined;
  readonly group?: readonly string[];
}

async function suggestAction(session: Session, { run, group }: SuggestFlags): Promise<number> {
  const [{ suggestStage }, { renderSuggestions }] = await Promise.all([import("./stage.ts"), import("./render.ts")]);
  return printResult(session, await suggestStage(session, { run, groups: group }), renderSuggestions);
}
