/** Commands that read what was found: groups, and one record with both answers. */
import { type Command, Option } from "commander";
import { parseCount } from "../../src/count.ts";
import { DIFF_KINDS } from "../../src/record.ts";
import type { Runner, Session } from "../../src/session.ts";
import { runOption } from "../flags/command.ts";
import { printResult } from "../print.ts";
import type { GroupsOptions } from "./groups.ts";
import type { ShowOptions } from "./stage.ts";

const GROUPS_HELP = `
Examples:
  $ cutover groups --model 'client-a/*' --limit 3
  $ cutover groups --against BEFORE     what a new version of the endpoint changed, group by group`;

const SHOW_HELP = `
Examples:
  $ cutover show r0123456789 order-4711
  $ cutover show r0123456789 inference@0a1b2c3d/3/1042    the position, as reports print it`;

export function addShowCommands(program: Command, run: Runner): void {
  program
    .command("groups [run]")
    .description("differences that look alike: likely causes, how many, where, the rule that would accept each")
    .addOption(runOption())
    .option("--model <pattern...>", "only these models (* stands for any characters)")
    .option("--path <pattern>", "only fields such as '$.items*'")
    .addOption(new Option("--kind <kind>", "only differences of this kind").choices([...DIFF_KINDS]))
    .addOption(
      new Option("--limit <n>", "show so many (default: 10)").argParser((text) =>
        parseCount("--limit", text, /^[1-9]\d{0,5}$/),
      ),
    )
    .option("--against <run>", "another run over the same selection: which groups are new, known, fixed")
    .addHelpText("after", GROUPS_HELP)
    .action((id: string | undefined, flags: GroupsFlags) => run(groupsAction)({ ...flags, run: id ?? flags.run }));
  program
    .command("show <run> <record>")
    .description("one record of a run, by id or position: both answers, what the rules say, how to send it again")
    .addHelpText("after", SHOW_HELP)
    .action((id: string, record: string) => run(showAction)({ run: id, record }));
}

interface GroupsFlags extends Omit<GroupsOptions, "models"> {
  readonly model?: readonly string[];
}

async function groupsAction(session: Session, { model, ...options }: GroupsFlags): Promise<number> {
  const [{ groupsStage }, { renderGroups }] = await Promise.all([import("./groups.ts"), import("./render-groups.ts")]);
  return printResult(session, await groupsStage(session, { ...options, models: model }), renderGroups);
}

async function showAction(session: Session, options: ShowOptions): Promise<number> {
  const [{ showStage }, { renderShow }] = await Promise.all([import("./stage.ts"), import("./render.ts")]);
  return printResult(session, await showStage(session, options), renderShow);
}
