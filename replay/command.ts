/** `cutover replay`: flags in, result out. */
import { type Command, Option } from "commander";
import { CutoverError, EXIT } from "../src/errors.ts";
import { inertJson, printable } from "../src/inert.ts";
import { isCap } from "../src/lake/run.ts";
import { SELECTION_FLAGS } from "../src/lake/select/query.ts";
import type { Runner, Session } from "../src/session.ts";
import { renderForecast } from "./plan/forecast.ts";
import { forecastStage, type ReplayOptions } from "./planned.ts";
import { type QueueOptions, queueStage, renderQueued } from "./queue.ts";
import { type ReplayResult, renderResult } from "./results/result.ts";
import { parseBuckets, shardOf } from "./shard.ts";
import { replayStage } from "./stage.ts";

export { replayChecks } from "./checks.ts";
export type { ReplayOptions } from "./planned.ts";
export type { ReplayResult } from "./results/result.ts";
export { replayStage } from "./stage.ts";
export { openUnitReplayer } from "./units.ts";

export function addReplayCommands(program: Command, run: Runner): void {
  replayFlags(program.command("replay").description("send a selection of the captured requests to a target"))
    .option("--shard <i/n>", "part i (from 0) of n of the run, for array jobs; auto/n takes i from the scheduler")
    .option("--buckets <n>", "parts that a new run can be divided into (default: as many as shards)")
    .addOption(
      new Option("--queue <kind>", "let workers do it: its units become messages on a topic")
        .choices(["kafka"])
        .conflicts(["shard", "dryRun"]),
    )
    .option("--wait", "with --queue: until workers have done all of it")
    .addHelpText("after", "\nExample:\n  $ cutover replay --target candidate --limit 1000")
    .action(run(partAction));
}

/** What only a process that replays alone is asked: in the whole loop, compare would judge what is a part. */
interface PartFlags extends Omit<ReplayOptions, "shard" | "buckets"> {
  readonly shard?: string;
  readonly buckets?: string;
  readonly queue?: "kafka";
  readonly wait?: boolean;
}

async function partAction(session: Session, { shard, queue, wait, ...flags }: PartFlags): Promise<number> {
  const options = { ...flags, buckets: parseBuckets(flags.buckets) };
  if (queue !== undefined) return queueAction(session, { ...options, wait: wait ?? false });
  if (wait)
    throw new CutoverError("USAGE", "--wait without --queue", { hint: "without --queue replay waits by itself" });
  return replayAction(session, { ...options, shard: shardOf(shard, process.env) });
}

async function queueAction(session: Session, options: QueueOptions): Promise<number> {
  const result = await queueStage(session, options);
  await session.log.flush();
  const text = session.flags.json
    ? `${JSON.stringify(result)}\n`
    : "units" in result
      ? printable(renderQueued(result, session.given))
      : renderResult(result);
  await session.streams.stdout.write(text);
  if ("units" in result) return EXIT.pass;
  // Units were given up by a worker whose endpoint was parked: what is missing must be mended and sent.
  return result.replayed + result.failed < result.planned ? EXIT.usage : EXIT.pass;
}

/** Flags of a replay, also for the command that does the whole loop. */
export function replayFlags(command: Command): Command {
  command
    .requiredOption("--target <name>", "target of cutover.yaml")
    .option("--run <id>", "id of the run; by default a hash of selection and target");
  for (const [flags, description] of SELECTION_FLAGS) {
    if (flags.startsWith("--model")) command.option(flags, description, collect);
    else command.option(flags, description);
  }
  return command
    .option("--same-as <run>", "the pinned selection of another run")
    .option("--pin <name>", "the selection kept by cutover captures pin")
    .option("--fresh", "pin the selection anew instead of resuming; with --pin: send it again")
    .option("--max-requests <n>", "end after so many tries, retries among them")
    .option("--max-errors <n>", "end after so many failed requests")
    .option("--max-cost <amount>", "end before the target's price could come to more")
    .option("--max-duration <time>", "end after a time, such as 10m")
    .option("--yes", "send to a production target without asking")
    .option("--dry-run", "print requests, bytes, time and cost; send and write nothing");
}

/** What `cutover replay` does, and `cutover run` for a dry run. */
export async function replayAction(session: Session, options: ReplayOptions): Promise<number> {
  const { stdout } = session.streams;
  const { json } = session.flags;
  if (options.dryRun) {
    const forecast = await forecastStage(session, options);
    await stdout.write(json ? `${inertJson(JSON.stringify(forecast))}\n` : printable(renderForecast(forecast)));
    return EXIT.pass;
  }
  const result = await replayStage(session, options);
  await session.log.flush();
  await stdout.write(json ? `${inertJson(JSON.stringify(result))}\n` : printable(renderResult(result)));
  return replayExitCode(result);
}

/**
 * Results that failed are for compare and gate to judge; what was skipped must be mended and sent. A call that ended at a
 * cap did what it was told.
 */
export function replayExitCode(result: ReplayResult): number {
  return Object.keys(result.skipped).every(isCap) ? EXIT.pass : EXIT.usage;
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
