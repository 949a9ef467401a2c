/** `cutover report`. */
import type { Command } from "commander";
import { EXIT } from "../../src/errors.ts";
import { reportKey } from "../../src/lake/keys.ts";
import { resolveRun } from "../../src/lake/run.ts";
import type { Runner, Session } from "../../src/session.ts";
import { runFlag } from "../flags/command.ts";
import { findSummary, staleReason } from "../gate.ts";
import { fileOutput, localReport, openInBrowser, reportPlace } from "../print.ts";

export function addReportCommand(program: Command, run: Runner): void {
  runFlag(program.command("report").description("the HTML report of a comparison, rendered from its summary"))
    .option("--out <file>", "write it to a file")
    .option("--open", "open it in the browser", false)
    .addHelpText("after", "\nExample:\n  $ cutover report --open")
    .action(run(reportAction));
}

interface ReportFlags {
  readonly run?: string;
  readonly out?: string;
  readonly open: boolean;
}

async function reportAction(session: Session, flags: ReportFlags): Promise<number> {
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
    const file = await fileOutput(flags.out);
    await file.write(page);
    await file.close();
    at = flags.out;
  }
  if (flags.open) await openInBrowser(flags.out ?? (await localReport(session, summary, page)));
  const { stdout } = session.streams;
  await stdout.write(session.flags.json ? `${JSON.stringify({ run: summary.run, report: at })}\n` : `${at}\n`);
  return EXIT.pass;
}
