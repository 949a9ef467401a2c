/** Commands of this stage: compare, gate and runs here, the others in the rooms of what they run. They read flags, call the stage, print, and exit by its verdict. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { EXIT, type ExitCode } from "../src/errors.ts";
import { resolveRun } from "../src/lake/run.ts";
import { LIMITS } from "../src/limits.ts";
import type { Runner, Session } from "../src/session.ts";
import { detectReporters, parseReporter, type Reporter, report } from "./ci/reporters.ts";
import { comparedSummary, type JudgedBy } from "./compared.ts";
import { addDatadogCommands } from "./datadog/command.ts";
import { addExportCommand } from "./export/command.ts";
import { addOnce, runFlag } from "./flags/command.ts";
import { type GateOptions, gateStage } from "./gate.ts";
import { addLintCommand } from "./lint/command.ts";
import { jsonText, printSummary, reportPlace } from "./print.ts";
import { addReportCommand } from "./report/command.ts";
import { compareStage } from "./run-compare.ts";
import { renderRuns, runsStage } from "./runs.ts";
import type { SelfTestOptions } from "./selftest/stage.ts";
import { addShowCommands } from "./show/command.ts";
import { addSuggestCommand } from "./suggest/command.ts";
import type { Summary } from "./summary.ts";
import { addToleranceCommand } from "./tolerance/command.ts";
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
  addReportCommand(program, run);
  addExportCommand(program, run);
  addShowCommands(program, run);
  const rules = program.command("rules").description("care for the rules");
  addSuggestCommand(rules, run);
  addLintCommand(rules, run);
  addToleranceCommand(program, run);
  addDatadogCommands(program, run);
  program
    .command("runs")
    .description("the runs of the store, their state and verdicts")
    .option("--watch", "show how fast those in progress move, until they end or Ctrl-C")
    .addHelpText("after", "\nExamples:\n  $ cutover runs --json\n  $ cutover runs --watch")
    .action(run(runsAction));
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
    const [{ versusAgainst }, { renderVersus }] = await Promise.all([
      import("./versus/against.ts"),
      import("./versus/render.ts"),
    ]);
    const run = await resolveRun(session.store, summary.run);
    const versus = await versusAgainst(session, run, summary, against, judgedBy(flags));
    await printSummary(session, session.flags.json ? { ...summary, versus } : summary);
    if (!session.flags.json) await stdout.write(`\n${renderVersus(versus, stdout.columns, session.given)}`);
  }
  session.log.info("report", { at: reportPlace(session, summary) });
  return EXIT.pass;
}

/** Compares a run, and before it the one that its noise is taken from; also the middle of `cutover run`. */
export async function compareRuns(session: Session, flags: CompareFlags, onJudged?: () => void): Promise<Summary> {
  const { run, noise } = flags;
  const by = judgedBy(flags);
  const legacy =
    noise === undefined ? undefined : await comparedSummary(session, await resolveRun(session.store, noise), by);
  return compareStage(session, { run, noise: legacy, ...by, onJudged });
}

function judgedBy({ threads, queue }: CompareFlags): JudgedBy {
  return { threads: threads ?? "auto", queue };
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

async function runsAction(session: Session, { watch }: { readonly watch?: boolean }): Promise<number> {
  if (watch) {
    await watchRuns(session);
    if (session.signal.aborted) return EXIT.interrupted;
  }
  const state = await runsStage(session, {});
  const { stdout } = session.streams;
  await stdout.write(session.flags.json ? jsonText(state) : renderRuns(state.runs, stdout.columns, session.given));
  return EXIT.pass;
}
