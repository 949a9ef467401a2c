/** `cutover report`. */
import type { Command } from "commander";
import { CutoverError, EXIT, type ExitCode } from "../../src/errors.ts";
import { inertJson, printable } from "../../src/inert.ts";
import { reportKey } from "../../src/lake/keys.ts";
import { resolveRun } from "../../src/lake/run.ts";
import type { Runner, Session } from "../../src/session.ts";
import { runFlag } from "../flags/command.ts";
import { currentSummary, findSummary, staleReason } from "../gate.ts";
import { fileOutput, localReport, openInBrowser, reportPlace, temporaryReport } from "../print.ts";

export function addReportCommand(program: Command, run: Runner): void {
  runFlag(program.command("report").description("the HTML report of a comparison, rendered from its summary"))
    .option("--out <file>", "write it to a file")
    .option("--against <run>", "mark what is new, known and fixed against another run; with --out or --open")
    .option("--open", "open it in the browser", false)
    .addHelpText("after", REPORT_HELP)
    .action(run(reportAction));
}

const REPORT_HELP = `
Examples:
  $ cutover report --open
  $ cutover report --against BEFORE --open    what a new version of the endpoint changed, marked on each difference`;

interface ReportFlags {
  readonly run?: string;
  readonly out?: string;
  readonly against?: string;
  readonly open: boolean;
}

async function reportAction(session: Session, flags: ReportFlags): Promise<number> {
  if (flags.against !== undefined) return againstAction(session, { ...flags, against: flags.against });
  const run = await resolveRun(session.store, flags.run);
  const summary = await findSummary(session, run);
  const stale = await staleReason(session, run, summary);
  if (stale !== undefined) session.log.warn("the report shows a comparison that is out of date", { because: stale });
  const { renderHtml } = await import("./html.ts");
  const page = renderHtml(summary);
  let at = reportPlace(session, summary);
  if (flags.out === undefined) {
    const key = reportKey(summary.run, summary.rules);
    await session.store.put(key, new TextEncoder().encode(page), { contentType: "text/html; charset=utf-8" });
  } else {
    await writeOut(flags.out, page);
    at = flags.out;
  }
  if (flags.open) await openInBrowser(flags.out ?? (await localReport(session, summary, page)));
  return tell(session, { run: summary.run, report: at });
}

/** The report in the store is of one run alone, and made again with each comparison: this one is a file of the user's. */
async function againstAction(session: Session, flags: ReportFlags & { readonly against: string }): Promise<number> {
  if (flags.out === undefined && !flags.open) {
    throw new CutoverError("USAGE", "a report against another run needs a place", {
      place: "--against",
      expected: "--out FILE or --open",
      hint: "the report in the store tells of its run alone",
    });
  }
  const run = await resolveRun(session.store, flags.run);
  const summary = await currentSummary(session, run);
  const [{ versusAgainst }, { renderHtml }] = await Promise.all([import("../versus/against.ts"), import("./html.ts")]);
  const versus = await versusAgainst(session, run, summary, flags.against);
  const page = renderHtml(summary, versus);
  const at = flags.out ?? (await temporaryReport(page));
  if (flags.out !== undefined) await writeOut(flags.out, page);
  if (flags.open) await openInBrowser(at);
  return tell(session, { run: summary.run, against: versus.against, report: at });
}

interface Told {
  readonly run: string;
  readonly against?: string;
  readonly report: string;
}

async function writeOut(path: string, page: string): Promise<void> {
  const file = await fileOutput(path);
  await file.write(page);
  await file.close();
}

async function tell({ streams, flags }: Session, told: Told): Promise<ExitCode> {
  await streams.stdout.write(flags.json ? `${inertJson(JSON.stringify(told))}\n` : `${printable(told.report)}\n`);
  return EXIT.pass;
}
