/** `cutover demo`: the whole loop on embedded defaults, with no service and no account. */
import { type Command, Option } from "commander";
import type { BareRunner, Surroundings } from "../src/open-session.ts";
import { type DemoOptions, type DemoStages, runDemo } from "./run-demo.ts";
import type { DemoSummary } from "./show.ts";

const EXAMPLES = `
Examples:
  $ cutover demo                 a port with four defects: verdict FAIL, and why
  $ cutover demo --fixed         the mended port: verdict PASS
  $ cutover demo --serve         keeps both models up, to try other commands on ./cutover-demo`;

export function addDemoCommand<S extends DemoSummary>(program: Command, bare: BareRunner, stages: DemoStages<S>): void {
  program
    .command("demo")
    .description("the whole loop on two small moderation models; leaves a folder to try every other command on")
    .option("--fixed", "compare with the mended port: PASS", false)
    .option("--dir <dir>", "folder to make (an earlier demo's is made anew)", "./cutover-demo")
    .option("--serve", "keep the two models up until interrupted", false)
    .addOption(new Option("--reviews <n>", "reviews to generate").argParser(Number).default(6000).hideHelp())
    .addHelpText("after", EXAMPLES)
    .action(
      bare((around: Surroundings, options: Omit<DemoOptions, "program">) =>
        runDemo(around, { ...options, program: programName(process.env) }, stages),
      ),
    );
}

/** npm tells a script what it runs as: then a plain `cutover` is not on the reader's PATH. */
function programName(env: NodeJS.ProcessEnv): string {
  if (env.npm_lifecycle_event === "npx") return "npx cutover";
  return env.npm_command === "run" || env.npm_command === "run-script" ? "npm run -s cutover --" : "cutover";
}
