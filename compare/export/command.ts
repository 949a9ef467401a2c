/** `cutover export`. */
import { type Command, Option } from "commander";
import { EXIT } from "../../src/errors.ts";
import { resolveRun } from "../../src/lake/run.ts";
import type { Runner, Session } from "../../src/session.ts";
import { EXPORT_FORMATS, type ExportFormat, exportRun } from "../export.ts";
import { currentSummary } from "../gate.ts";
import { fileOutput } from "../print.ts";

export function addExportCommand(program: Command, run: Runner): void {
  program
    .command("export [run]")
    .description("every finding of a comparison, on stdout or into a file (default: the latest run)")
    .addOption(new Option("--format <format>", "file format").choices([...EXPORT_FORMATS]).default("ndjson"))
    .option("--out <file>", "write to a file instead of stdout")
    .option("--group <fingerprint>", "only the findings of this group")
    .option("--model <pattern...>", "only these models (* stands for any characters)")
    .addHelpText("after", "\nExample:\n  $ cutover export --format csv --out findings.csv")
    .action((id: string | undefined, flags: ExportFlags) => run(exportAction)({ ...flags, run: id }));
}

interface ExportFlags {
  readonly run?: string | undefined;
  readonly format: ExportFormat;
  readonly out?: string;
  readonly group?: string;
  readonly model?: readonly string[];
}

async function exportAction(session: Session, flags: ExportFlags): Promise<number> {
  const run = await resolveRun(session.store, flags.run);
  const summary = await currentSummary(session, run);
  const file = flags.out === undefined ? undefined : await fileOutput(flags.out);
  const chosen = { models: flags.model, group: flags.group };
  const { rows } = await exportRun(session, summary, flags.format, file ?? session.streams.stdout, chosen);
  await file?.close();
  session.log.info("exported", { findings: rows, format: flags.format, to: flags.out ?? "stdout" });
  return EXIT.pass;
}
