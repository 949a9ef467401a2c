/** The composition root: declares the commands, opens what they need, turns their end into an exit code. */
import { Command, CommanderError } from "commander";
import type { Env } from "./config/overrides.ts";
import { CutoverError, EXIT } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { type BareRunner, type Surroundings, withSession } from "./open-session.ts";
import type { Runner } from "./session.ts";
import { describeFailure } from "./setup/failure.ts";
import { listenForInterrupt, processSignals, type SignalHooks } from "./setup/interrupt.ts";
import { processStreams } from "./setup/streams.ts";
import { carryFlags, type Given } from "./shell.ts";
import type { Streams } from "./streams.ts";
import { VERSION } from "./version.ts";

const GENERAL_HELP = `
Examples:
  $ cutover demo                                 the whole loop, with no service and no account
  $ cutover init && cutover doctor               a config of your own, and whether all of it answers
  $ cutover run --target candidate               replay, compare and judge: what a CI job calls

Exit codes: 0 pass or done, 1 gate failed, 2 usage or config, 3 inconclusive, 4 nothing compared,
5 verdict error, 70 a bug, 130 and 143 interrupted.`;

/** Called by bin.ts: runs this process's command line and leaves its exit code. */
export async function main(): Promise<void> {
  process.once("uncaughtException", (error) => {
    const { text, exitCode } = describeFailure(error, VERSION, process.argv.includes("--json"));
    process.stderr.write(text);
    process.exit(exitCode);
  });
  process.exitCode = await executeCli(process.argv.slice(2), processStreams(), process.env, processSignals);
  // A call of a store or a broker that hangs must not hold a process that has given its answer. One that has
  // succeeded leaves nothing open: there the wait would only hide that it did.
  if (process.exitCode !== EXIT.pass) setTimeout(() => process.exit(), LIMITS.exitGraceMs).unref();
}

/** Runs one command line to its end; resolves with the exit code and never rejects. */
export async function executeCli(
  argv: readonly string[],
  streams: Streams,
  env: Env,
  hooks: SignalHooks,
): Promise<number> {
  const pending: Promise<void>[] = [];
  const later = (output: Streams["stdout"]) => (text: string) => void pending.push(output.write(text));
  const interrupt = listenForInterrupt(hooks, (message) => later(streams.stderr)(`${message}\n`));
  let exitCode: number = EXIT.pass;
  const program = createProgram({ writeOut: later(streams.stdout), writeErr: later(streams.stderr) });
  const around = (): Surroundings => surroundings(program, streams, env, interrupt.signal);
  const finish = async (work: Promise<number>): Promise<void> => {
    exitCode = await work;
  };
  try {
    await addCommands(program, {
      run: (action) => (options) => finish(withSession(around(), (session) => action(session, options))),
      bare: (action) => (options) => finish(action(around(), options)),
    });
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    const failure = interrupt.signal.aborted && isAbort(error) ? interrupt.signal.reason : error;
    exitCode = await report(failure, streams, argv.includes("--json"), carrier(program));
  } finally {
    interrupt.release();
  }
  await Promise.allSettled(pending);
  return exitCode;
}

interface Runners {
  readonly run: Runner;
  readonly bare: BareRunner;
}

function createProgram(output: { writeOut: (text: string) => void; writeErr: (text: string) => void }): Command {
  return new Command("cutover")
    .description(
      "Proves that a new model endpoint answers as the legacy one did, on the traffic the legacy one really had.",
    )
    .version(VERSION, "-V, --version", "print the version")
    .option("--config <file>", "config file (default: ./cutover.yaml when it is there)")
    .option("--store <url>", "s3://bucket/prefix or a folder; wins over the config")
    .option("--json", "one JSON document on stdout", false)
    .option("--quiet", "only warnings and errors on stderr", false)
    .option("--no-color", "no colour and no animation (also NO_COLOR)")
    .helpCommand("help [command]", "help for a command")
    .addHelpText("after", GENERAL_HELP)
    .exitOverride()
    .configureOutput(output)
    .showHelpAfterError("(cutover --help lists commands and options)");
}

/** Imported here and not above, so that a wrong Node is told before the stages load. */
async function addCommands(program: Command, { run, bare }: Runners): Promise<void> {
  const [capture, replay, compare, demo, worker, setup] = await Promise.all([
    import("../capture/command.ts"),
    import("../replay/command.ts"),
    import("../compare/command.ts"),
    import("../demo/command.ts"),
    import("../worker/command.ts"),
    import("./setup/command.ts"),
  ]);
  demo.addDemoCommand(program, bare, {
    capture: (session) => capture.captureStage(session, { until: { kind: "end" } }),
    replay: replay.replayStage,
    compare: compare.compareStage,
    // The demo ends with commands of its own, that find its folder.
    print: (session, summary) => compare.printSummary(session, summary, { quietEnd: true }),
  });
  setup.addSetupCommands(program, run, bare, [capture.captureChecks, replay.replayChecks]);
  capture.addCaptureCommands(program, run);
  replay.addReplayCommands(program, run);
  compare.addCompareCommands(program, run);
  worker.addWorkerCommand(program, run, {
    replay: (session) => replay.openUnitReplayer(session),
    compare: compare.openUnitComparer,
  });
  addRunCommand(program, run, { ...replay, ...compare });
}

type RunParts = Pick<
  typeof import("../replay/command.ts"),
  "replayFlags" | "replayStage" | "replayAction" | "replayExitCode"
> &
  Pick<
    typeof import("../compare/command.ts"),
    "compareFlags" | "gateFlags" | "compareRuns" | "gateAction" | "leaveLayers" | "runSequential"
  >;

function addRunCommand(program: Command, run: Runner, parts: RunParts): void {
  type Reporter = import("../compare/command.ts").Reporter;
  type RunOptions = Parameters<RunParts["replayStage"]>[1] & {
    readonly sequential?: boolean;
    readonly noise?: string;
    readonly threads?: number;
    readonly reporter?: readonly Reporter[];
  };
  const command = program.command("run").description("replay, compare and gate: the one line a CI job needs");
  parts.gateFlags(parts.compareFlags(parts.replayFlags(command)));
  command.option("--sequential", "replay in growing samples, and stop a model as soon as its verdict is certain");
  command.addHelpText("after", "\nExample:\n  $ cutover run --target candidate --model 'client-a/*' --json");
  command.action(
    run(async (session, options: RunOptions) => {
      if (options.dryRun) return parts.replayAction(session, options);
      if (options.sequential && options.shard) {
        const hint = "leave out --shard: a layer is looked at when all of it is there";
        throw new CutoverError("USAGE", "a sequential run cannot be a part of a run", { place: "--sequential", hint });
      }
      const replayed = options.sequential
        ? await parts.runSequential(session, (layer) => parts.replayStage(session, { ...options, layer }))
        : await parts.replayStage(session, options);
      if (!options.sequential) await parts.leaveLayers(session, replayed.run);
      await parts.compareRuns(session, { run: replayed.run, noise: options.noise, threads: options.threads });
      const gate = { run: replayed.run, models: options.model };
      const exitCode = await parts.gateAction(session, gate, options.reporter);
      // A verdict over less than was asked for is not the end of it: an endpoint was missing, which must be mended.
      return exitCode === EXIT.pass ? parts.replayExitCode(replayed) : exitCode;
    }),
  );
}

function surroundings(program: Command, streams: Streams, env: Env, signal: AbortSignal): Surroundings {
  const { json, quiet, color, config, store } = program.opts<{
    json: boolean;
    quiet: boolean;
    color: boolean;
    config?: string;
    store?: string;
  }>();
  const colored = color && streams.stderr.isTTY && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
  const flags = { json, quiet, color: colored };
  return { env, streams, signal, version: VERSION, flags, configFile: config, store };
}

/** Hints name commands: what they need of this call's flags is put into them. */
function carrier(program: Command): (hint: string) => string {
  const names = program.commands.map((command) => command.name());
  return (hint) => carryFlags(hint, program.opts<Given>(), names);
}

async function report(
  error: unknown,
  streams: Streams,
  json: boolean,
  carry: (hint: string) => string,
): Promise<number> {
  if (error instanceof CommanderError) {
    // Commander has written its text already: help and version are no failure.
    if (error.exitCode === 0) return EXIT.pass;
    if (json) await streams.stderr.write(describeFailure(new CutoverError("USAGE", error.message), VERSION, true).text);
    return EXIT.usage;
  }
  const { text, exitCode } = describeFailure(error, VERSION, json, carry);
  await streams.stderr.write(text).catch(() => {});
  return exitCode;
}

/** What aborted calls of Node, undici and the SDKs reject with, beside the signal's own reason. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
