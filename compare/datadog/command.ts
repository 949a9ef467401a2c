/** `cutover datadog`: documents for Datadog, made from the config alone. */
import type { Command } from "commander";
import { EXIT } from "../../src/errors.ts";
import type { Runner, Session } from "../../src/session.ts";
import type { DatadogOptions } from "./stage.ts";

const MONITORS_HELP = `
Examples:
  $ cutover datadog monitors --notify @slack-ml-oncall --apply
  $ cutover datadog monitors --out monitors/     01-gate.json …: datadog_monitor_json of Terraform takes each as it is

A composite names the monitors it is made of as \${KEY}: KEY is the file's name without number and .json. Terraform's
templatefile and envsubst put the ids there: files are in an order in which they can be made.`;

export function addDatadogCommands(program: Command, run: Runner): void {
  const datadog = program
    .command("datadog")
    .description("monitors and dashboard from the same numbers as the gate")
    .addHelpText("after", "\nExample:\n  $ cutover datadog monitors --json");
  const withFlags = (command: Command, action: "monitorsAction" | "dashboardAction"): Command =>
    command
      .option("--out <folder>", "write one JSON file a document, as Datadog's API takes it")
      .option("--apply", "make or update them in Datadog (DD_API_KEY, DD_APP_KEY, DD_SITE)", false)
      .action(
        run(async (session: Session, options: DatadogOptions) => {
          const stage = await import("./stage.ts");
          await stage[action](session, options, process.env);
          return EXIT.pass;
        }),
      );
  withFlags(datadog.command("monitors"), "monitorsAction")
    .description("a monitor for every number of a gate, for runs that do not come, and for a capture that falls behind")
    .option("--target <name...>", "targets to watch (default: all but those of production)")
    .option("--notify <handle...>", "whom alerts notify, such as @slack-ml-oncall")
    .option("--every <time>", "time within which a run is expected (default: 1d)")
    .addHelpText("after", MONITORS_HELP);
  withFlags(datadog.command("dashboard"), "dashboardAction")
    .description("one dashboard: verdicts, answers, latency, replay, capture")
    .addHelpText("after", "\nExample:\n  $ cutover datadog dashboard --json > dashboard.json");
}
