/** Commands of this stage: compare, gate, report, export, runs, rules lint, tolerance. They read flags, call the stage, print, and exit by its verdict. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseCount } from "../src/count.ts";
import { EXIT, type ExitCode, isCutoverError } from "../src/errors.ts";
import { reportKey } from "../src/lake/keys.ts";
import { type Run, resolveRun } from "../src/lake/run.ts";
import { LIMITS } from "../src/limits.ts";
import { DIFF_KINDS } from "../src/record.ts";
import type { Runner, Session } from "../src/session.ts";
import { detectReporters, parseReporter, type Reporter, report } from "./ci/reporters.ts";
import type { DatadogOptions } from "./datadog/stage.ts";
import { EXPORT_FORMATS, type ExportFormat, exportRun } from "./export.ts";
import { currentSummary, findSummary, type GateOptions, gateStage, staleReason } from "./gate.ts";
import { type LintOptions, lintExitCode, lintStage, renderLint } from "./lint.ts";
import { fileOutput, jsonText, localReport, openInBrowser, printSummary, reportPlace } from "./print.ts";
import { compareStage } from "./run-compare.ts";
import { renderRuns, runsStage } from "./runs.ts";
import type { SelfTestOptions } from "./selftest/stage.ts";
import type { GroupsOptions } from "./show/groups.ts";
import type { ShowOptions } from "./show/stage.ts";
import type { Summary } from "./summary.ts";
import { renderTolerance } from "./tolerance/render.ts";
import { type ToleranceOptions, toleranceStage } from "./tolerance.ts";
import { watchRuns } from "./watch.ts";

export type { Reporter } from "./ci/reporters.ts";
export { openUnitComparer } from "./parts/work.ts";
export { printSummary } from "./print.ts";
export { compareStage } from "./run-compare.ts";
export { leaveLayers, runSequential } from "./sequential/run.ts";

const COMPARE_HELP = `
Examples:
  $ cutover compare                   again after a change of rules: nothing is sent to the target
  $ cutover compare --noise LEGACY    LEGACY: cutover replay --target legacy --same-as RUN
  $ cutover compare --queue kafka     on the workers that take its units (cutover worker)
  $ cutover compare --against BEFORE  what a new version of the endpoint changed`;

const GATE_HELP = `
Example:
  $ cutover gate --model 'client-a/*'
  $ cutover gate --self-test            0 when every seeded fault is caught or accepted by a rule, which it names

Exit codes: 0 pass, 1 fail, 3 inconclusive, 4 nothing compared, 5 error: something could not be compared, or
the comparison is missing or out of date (cutover compare makes it).`;

const LINT_HELP = `
Example:
  $ cutover rules lint --json

With a comparison of the latest run (or --run) under these rules, also says what matched nothing.
Exit codes: 0 no error, 1 an error was found.`;

const GROUPS_HELP = `
Examples:
  $ cutover groups --model 'client-a/*' --limit 3
  $ cutover groups --against BEFORE     what a new version of the endpoint changed, group by group`;

const SHOW_HELP = `
Examples:
  $ cutover show r0123456789 order-4711
  $ cutover show r0123456789 inference@0a1b2c3d/3/1042    the position, as reports print it`;

const DATADOG_HELP = `
Examples:
  $ cutover datadog monitors --notify @slack-ml-oncall --apply
  $ cutover datadog monitors --out monitors/     01-gate.json …: datadog_monitor_json of Terraform takes each as it is

A composite names the monitors it is made of as \${KEY}: KEY is the file's name without number and .json. Terraform's
templatefile and envsubst put the ids there: files are in an order in which they can be made.`;

export function addCompareCommands(program: Command, run: Runner): void {
  compareFlags(program.command("compare").description("pair and judge the answers of a run; exits 0 when it could"))
    .option("--against <run>", "another run over the same selection: what is fixed, still there, new, flaky")
    .addOption(
      new Option("--queue <kind>", "let workers judge (cutover worker): its units become messages on a topic")
        .choices(["kafka"])
        .conflicts("threads"),
    )
    .addHelpText("after", COMPARE_HELP)
    .action(run(compareAction));
  gateFlags(program.command("gate").description("the verdict of a comparison as an exit code"))
    .option("--self-test", "whether comparison and gate would see faults put into legacy's own answers", false)
    .addHelpText("after", GATE_HELP)
    .action(
      run((session: Session, flags: GateFlags & { readonly selfTest: boolean }) => {
        const options = { run: flags.run, models: flags.model };
        return flags.selfTest ? selfTestAction(session, options) : gateAction(session, options, flags.reporter);
      }),
    );
  runFlag(program.command("report").description("the HTML report of a comparison, rendered from its summary"))
    .option("--out <file>", "write it to a file")
    .option("--open", "open it in the browser", false)
    .addHelpText("after", "\nExample:\n  $ cutover report --open")
    .action(run(reportAction));
  program
    .command("export [run]")
    .description("every finding of a comparison, on stdout or into a file (default: the latest run)")
    .addOption(new Option("--format <format>", "file format").choices([...EXPORT_FORMATS]).default("ndjson"))
    .option("--out <file>", "write to a file instead of stdout")
    .option("--group <fingerprint>", "only the findings of this group")
    .option("--model <pattern...>", "only these models (* stands for any characters)")
    .addHelpText("after", "\nExample:\n  $ cutover export --format csv --out findings.csv")
    .action((id: string | undefined, flags: ExportFlags) => run(exportAction)({ ...flags, run: id }));
  addTriageCommands(program, run);
  addRuleCommands(program, run);
  addDatadogCommands(program, run);
  program
    .command("runs")
    .description("the runs of the store, their state and verdicts")
    .option("--watch", "show how fast those in progress move, until they end or Ctrl-C")
    .addHelpText("after", "\nExamples:\n  $ cutover runs --json\n  $ cutover runs --watch")
    .action(run(runsAction));
}

/** Commands that read what was found. */
function addTriageCommands(program: Command, run: Runner): void {
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

/** Commands that care for the rules. */
function addRuleCommands(program: Command, run: Runner): void {
  const rules = program.command("rules").description("care for the rules");
  rules
    .command("suggest [run]")
    .description("for each large group the narrowest rule that would accept it, and what that would do; writes nothing")
    .addOption(runOption())
    .option("--group <fingerprint...>", "only these groups")
    .addHelpText("after", "\nExample:\n  $ cutover rules suggest --group 2:0a1b2c3d4e5f")
    .action((id: string | undefined, flags: SuggestFlags) => run(suggestAction)({ ...flags, run: id ?? flags.run }));
  runFlag(rules.command("lint"))
    .description("rules that do not do what they say: dead, shadowed, expired, matching nothing; and paths without one")
    .addHelpText("after", LINT_HELP)
    .action(run(lintAction));
  runFlag(program.command("tolerance"))
    .description("per field the smallest tolerance for mismatch rates 0, 1e-4 and 1e-3, as YAML; writes nothing")
    .addHelpText("after", "\nExample:\n  $ cutover tolerance --run r0123456789 > proposed.yaml")
    .action(run(toleranceAction));
}

/** Documents for Datadog, made from the config alone. */
function addDatadogCommands(program: Command, run: Runner): void {
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
          const stage = await import("./datadog/stage.ts");
          await stage[action](session, options, process.env);
          return EXIT.pass;
        }),
      );
  withFlags(datadog.command("monitors"), "monitorsAction")
    .description("a monitor for every number of a gate, for runs that do not come, and for a capture that falls behind")
    .option("--target <name...>", "targets to watch (default: all but those of production)")
    .option("--notify <handle...>", "whom alerts notify, such as @slack-ml-oncall")
    .option("--every <time>", "time within which a run is expected (default: 1d)")
    .addHelpText("after", DATADOG_HELP);
  withFlags(datadog.command("dashboard"), "dashboardAction")
    .description("one dashboard: verdicts, answers, latency, replay, capture")
    .addHelpText("after", "\nExample:\n  $ cutover datadog dashboard --json > dashboard.json");
}

/** Flags of compare, on any command that compares; a flag the command has already is left alone. */
export function compareFlags(command: Command): Command {
  const noise = new Option(
    "--noise <run>",
    "a run against the legacy system itself: its rates stand beside each field",
  );
  const threads = new Option("--threads <n>", "threads that judge (default: 2 where there is work for two)");
  return addOnce(addOnce(runFlag(command), noise), threads.argParser(parseThreads));
}

function parseThreads(text: string): number {
  const threads = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (threads >= 1 && threads <= LIMITS.compareThreadsMax) return threads;
  throw new InvalidArgumentError(`expected a whole number from 1 to ${LIMITS.compareThreadsMax}`);
}

/** Flags of gate, on any command that judges; `models` of GateOptions is `--model`. */
export function gateFlags(command: Command): Command {
  const models = new Option("--model <pattern...>", "judge only these models (* stands for any characters)");
  const reporters = new Option(
    "--reporter <name...>",
    "junit[=FILE], markdown[=FILE], github, or none (default: github where GITHUB_ACTIONS is set)",
  );
  // Read with the flags, so that a wrong one is told before any work.
  reporters.argParser((text, before: Reporter[] = []) => [...before, ...parseReporter(text)]);
  return addOnce(addOnce(runFlag(command), models), reporters);
}

function runFlag(command: Command): Command {
  return addOnce(command, runOption());
}

function runOption(): Option {
  return new Option("--run <id>", "run to read (default: the latest)");
}

function addOnce(command: Command, option: Option): Command {
  const known = command.options.some(({ long }) => long === option.long);
  return known ? command : command.addOption(option);
}

interface CompareFlags {
  readonly run?: string | undefined;
  readonly noise?: string | undefined;
  readonly against?: string | undefined;
  readonly threads?: number | undefined;
  readonly queue?: "kafka" | undefined;
}

interface GateFlags {
  readonly run?: string;
  readonly model?: readonly string[];
  readonly reporter?: readonly Reporter[];
}

interface ExportFlags {
  readonly run?: string | undefined;
  readonly format: ExportFormat;
  readonly out?: string;
  readonly group?: string;
  readonly model?: readonly string[];
}

interface GroupsFlags extends Omit<GroupsOptions, "models"> {
  readonly model?: readonly string[];
}

interface SuggestFlags {
  readonly run?: string | undefined;
  readonly group?: readonly string[];
}

interface ReportFlags {
  readonly run?: string;
  readonly out?: string;
  readonly open: boolean;
}

/** Judgement is the gate's: a comparison that could be made exits 0 whatever it found. */
async function compareAction(session: Session, flags: CompareFlags): Promise<number> {
  const { stdout } = session.streams;
  const started = performance.now();
  let seconds = 0;
  const onJudged = (): void => {
    seconds = (performance.now() - started) / 1000;
  };
  const summary = await compareRuns(session, flags, onJudged);
  const { against } = flags;
  if (against === undefined) {
    await printSummary(session, session.flags.json ? { ...summary, seconds } : summary);
  } else {
    const [{ versusStage }, { renderVersus }] = await Promise.all([
      import("./versus/stage.ts"),
      import("./versus/render.ts"),
    ]);
    const before = await resolveRun(session.store, against);
    await comparedSummary(session, before, flags);
    const versus = await versusStage(session, summary.rules, await resolveRun(session.store, summary.run), before);
    await printSummary(session, session.flags.json ? { ...summary, versus } : summary);
    if (!session.flags.json) await stdout.write(`\n${renderVersus(versus, stdout.columns)}`);
  }
  session.log.info("report", { at: reportPlace(session, summary) });
  return EXIT.pass;
}

/** Compares a run, and before it the one that its noise is taken from; also the middle of `cutover run`. */
export async function compareRuns(session: Session, flags: CompareFlags, onJudged?: () => void): Promise<Summary> {
  const { run, noise, queue } = flags;
  const legacy =
    noise === undefined ? undefined : await comparedSummary(session, await resolveRun(session.store, noise), flags);
  return compareStage(session, { run, noise: legacy, threads: flags.threads ?? "auto", queue, onJudged });
}

/** The comparison of a run as things stand; made when there is none. */
async function comparedSummary(session: Session, run: Run, { threads, queue }: CompareFlags): Promise<Summary> {
  try {
    return await currentSummary(session, run);
  } catch (error) {
    if (!isCutoverError(error, "COMPARE_MISSING")) throw error;
    return compareStage(session, { run: run.run, threads: threads ?? "auto", queue });
  }
}

/** The verdict, printed and reported; also the end of `cutover run`. */
export async function gateAction(
  session: Session,
  options: GateOptions,
  reporters: readonly Reporter[] = detectReporters(process.env),
): Promise<ExitCode> {
  const { summary, exitCode } = await gateStage(session, options);
  await printSummary(session, summary);
  await report(session, summary, reporters, process.env);
  return exitCode;
}

async function selfTestAction(session: Session, options: SelfTestOptions): Promise<number> {
  const [{ selfTestStage }, { renderSelfTest }] = await Promise.all([
    import("./selftest/stage.ts"),
    import("./selftest/render.ts"),
  ]);
  const test = await selfTestStage(session, options);
  const { stdout } = session.streams;
  await session.log.flush();
  await stdout.write(session.flags.json ? jsonText(test) : renderSelfTest(test, stdout.columns));
  return test.exitCode;
}

async function reportAction(session: Session, flags: ReportFlags): Promise<number> {
  const run = await resolveRun(session.store, flags.run);
  const summary = await findSummary(session, run);
  const stale = await staleReason(session, run, summary);
  if (stale !== undefined) session.log.warn("the report shows a comparison that is out of date", { because: stale });
  const { renderHtml } = await import("./report/html.ts");
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

async function groupsAction(session: Session, { model, ...options }: GroupsFlags): Promise<number> {
  const [{ groupsStage }, { renderGroups }] = await Promise.all([
    import("./show/groups.ts"),
    import("./show/render-groups.ts"),
  ]);
  return printResult(session, await groupsStage(session, { ...options, models: model }), renderGroups);
}

async function showAction(session: Session, options: ShowOptions): Promise<number> {
  const [{ showStage }, { renderShow }] = await Promise.all([import("./show/stage.ts"), import("./show/render.ts")]);
  return printResult(session, await showStage(session, options), renderShow);
}

async function suggestAction(session: Session, { run, group }: SuggestFlags): Promise<number> {
  const [{ suggestStage }, { renderSuggestions }] = await Promise.all([
    import("./suggest/stage.ts"),
    import("./suggest/render.ts"),
  ]);
  return printResult(session, await suggestStage(session, { run, groups: group }), renderSuggestions);
}

/** One JSON document, or the text for a terminal as it is. */
async function printResult<T>(
  { flags, streams, log }: Session,
  result: T,
  render: (result: T, options: { readonly color: boolean; readonly columns: number }) => string,
): Promise<ExitCode> {
  const { stdout } = streams;
  await log.flush();
  const options = { color: flags.color && stdout.isTTY, columns: stdout.columns };
  await stdout.write(flags.json ? jsonText(result) : render(result, options));
  return EXIT.pass;
}

async function lintAction(session: Session, options: LintOptions): Promise<number> {
  const report = await lintStage(session, { run: options.run });
  await session.streams.stdout.write(session.flags.json ? jsonText(report) : renderLint(report));
  return lintExitCode(report);
}

async function toleranceAction(session: Session, options: ToleranceOptions): Promise<number> {
  const report = await toleranceStage(session, { run: options.run });
  const { stdout } = session.streams;
  await stdout.write(session.flags.json ? jsonText(report) : renderTolerance(report));
  return EXIT.pass;
}

async function runsAction(session: Session, { watch }: { readonly watch?: boolean }): Promise<number> {
  if (watch) {
    await watchRuns(session);
    if (session.signal.aborted) return EXIT.interrupted;
  }
  const state = await runsStage(session, {});
  const { stdout } = session.streams;
  await stdout.write(session.flags.json ? jsonText(state) : renderRuns(state.runs, stdout.columns));
  return EXIT.pass;
}
