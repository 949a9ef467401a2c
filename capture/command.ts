/** The commands `capture` and `captures`. */
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../src/config/units.ts";
import { CutoverError, EXIT } from "../src/errors.ts";
import { inertJson, printable } from "../src/inert.ts";
import { SELECTION_FLAGS } from "../src/lake/select/query.ts";
import type { Runner, Session } from "../src/session.ts";
import { auditCaptures } from "./audit/audit.ts";
import { listCaptures } from "./audit/captures.ts";
import { DIALECTS, type Dialect, renderDdl } from "./ddl/ddl.ts";
import { presentDatasets } from "./ddl/ddl-datasets.ts";
import { readTime } from "./mapping/fields.ts";
import { type PinFlags, pinStage, pinsStage, renderPin, renderPins } from "./pins.ts";
import type { Until } from "./port.ts";
import { rereadStage } from "./rejects/rejects-stage.ts";
import { objectsProgress, renderAudit, renderCapture, renderCaptures, renderReread } from "./render.ts";
import { captureStage } from "./stage.ts";

export { captureChecks } from "./operations/checks.ts";
export { type CaptureOptions, type CaptureResult, captureStage } from "./stage.ts";

interface CaptureFlags {
  readonly until?: Until;
  readonly fromRejects?: boolean;
  readonly dryRun?: boolean;
}

interface CapturesFlags {
  readonly ddl?: Dialect;
  readonly audit?: boolean;
  readonly repair?: boolean;
  readonly model?: readonly string[];
  readonly since?: number;
  readonly until?: number;
}

const CAPTURE_HELP = `
Examples:
  $ cutover capture                       follow the source until Ctrl-C
  $ cutover capture --until end           all that is there now, then end: for a job
  $ cutover capture --until idle:30s      end after 30 s without a message
  $ cutover capture --from-rejects        once capture.map is mended: read the rejected messages again
Start it again at any time: it goes on where the ledger in the store ends.`;

const CAPTURES_HELP = `
Examples:
  $ cutover captures                      models, rows and time ranges
  $ cutover captures --audit              proof that every position is held exactly once; exit 1 on a fault
  $ cutover captures --audit --repair     delete rejects that a killed writer left behind
  $ cutover captures --ddl duckdb         views over all datasets, as SQL; also athena and spark
  $ cutover captures pin smoke --limit 100    keep a selection, to be replayed by --pin smoke`;

const PIN_HELP = `
Examples:
  $ cutover captures pin smoke --limit 100 --since 2026-11-01
  $ cutover captures pin                                           what is kept
  $ cutover run --target candidate --pin smoke --run ci-42         what a CI job replays, each time anew`;

export function addCaptureCommands(program: Command, run: Runner): void {
  program
    .command("capture")
    .description("take what the legacy models received and answered into the store")
    .option("--until <when>", "end | idle:DURATION; files always end at their end", parseUntil)
    .addOption(
      new Option("--from-rejects", "read what was rejected before again, instead of the source").conflicts("until"),
    )
    .option("--dry-run", "with --from-rejects: say what would become a record, write nothing")
    .addHelpText("after", CAPTURE_HELP)
    .action(run(capture));
  const captured = program
    .command("captures")
    .description("what is captured, or proof of it")
    .option("--audit", "check every range of the ledger; exit 1 on a fault")
    .addOption(
      new Option("--repair", "with --audit: delete rejects that no capture object names").implies({ audit: true }),
    )
    .addOption(
      new Option("--ddl <engine>", "print the datasets as views or tables of an SQL engine")
        .choices(DIALECTS)
        .conflicts("audit"),
    )
    .option("--model <pattern>", "models to show; repeatable", collect)
    .option("--since <time>", "ISO 8601 or epoch ms, included", parseTime)
    .option("--until <time>", "ISO 8601 or epoch ms, excluded", parseTime)
    .addHelpText("after", CAPTURES_HELP)
    .action(run(captures));
  addPinCommand(captured, run);
}

function addPinCommand(captured: Command, run: Runner): void {
  const pin = captured
    .command("pin [name]")
    .description("keep a selection under a name, once; without a name: what is kept");
  for (const [flags, description] of SELECTION_FLAGS) {
    if (flags.startsWith("--model")) pin.option(flags, description, collect);
    else pin.option(flags, description);
  }
  pin
    .option("--dry-run", "print what would be kept, and keep nothing")
    .addHelpText("after", PIN_HELP)
    .action((name: string | undefined, flags: PinFlags) => {
      return run(pinAction)({ ...flags, ...sharedFlags(captured.opts()), name });
    });
}

/** Flags that both commands have: the outer one takes them, wherever they stand. */
function sharedFlags({ model, since, until, ...others }: CapturesFlags): PinFlags {
  const [other] = Object.keys(others);
  if (other !== undefined) {
    throw new CutoverError("USAGE", `--${other} does not go with captures pin`, {
      hint: "cutover captures pin --help",
    });
  }
  return {
    ...(model === undefined ? {} : { model }),
    ...(since === undefined ? {} : { since: String(since) }),
    ...(until === undefined ? {} : { until: String(until) }),
  };
}

async function pinAction(
  session: Session,
  { name, ...flags }: PinFlags & { name?: string | undefined },
): Promise<number> {
  await session.store.check({ signal: session.signal });
  if (name === undefined) {
    const kept = await pinsStage(session, flags);
    await print(session, kept, () => renderPins(kept));
  } else {
    const kept = await pinStage(session, name, flags);
    await print(session, kept, () => renderPin(kept));
  }
  return EXIT.pass;
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

async function capture(session: Session, flags: CaptureFlags): Promise<number> {
  const { until = { kind: "never" }, fromRejects = false, dryRun = false } = flags;
  if (fromRejects) {
    const result = await rereadStage(session, { dryRun });
    await print(session, result, () => renderReread(result));
    return EXIT.pass;
  }
  if (dryRun) {
    throw new CutoverError("USAGE", "capture from a source has no dry run", {
      hint: "cutover capture --from-rejects --dry-run, or cutover doctor",
    });
  }
  const result = await captureStage(session, { until });
  await print(session, result, () => renderCapture(result, session.store.url));
  return EXIT.pass;
}

async function captures(session: Session, flags: CapturesFlags): Promise<number> {
  const { store, signal } = session;
  // A store that is not there at all must not read as an empty one.
  await store.check({ signal });
  if (flags.audit) return audit(session, flags.repair ?? false);
  if (flags.ddl) return ddl(session, flags.ddl);
  const query = { models: flags.model ?? [], since: flags.since ?? null, until: flags.until ?? null };
  const seconds = stopwatch(session);
  const result = await listCaptures(store, query, {
    signal,
    onProgress: (objects) => session.log.progress(objectsProgress("read", objects, undefined, seconds())),
  });
  await session.log.flush();
  await print(session, result, () => renderCaptures(result));
  return EXIT.pass;
}

function stopwatch({ clock }: Session): () => number {
  const started = clock.monotonic();
  return () => (clock.monotonic() - started) / 1000;
}

async function audit(session: Session, repair: boolean): Promise<number> {
  const { store, signal, log } = session;
  const seconds = stopwatch(session);
  const result = await auditCaptures(store, {
    repair,
    signal,
    onProgress: (objects, all) => log.progress(objectsProgress("audited", objects, all, seconds())),
  });
  const { objects } = result.sums;
  if (objects > 0) log.info(objectsProgress("audited", objects, objects, seconds()));
  await log.flush();
  await print(session, result, () => renderAudit(result));
  if (objects === 0) return EXIT.nothing;
  return result.ok ? EXIT.pass : EXIT.fail;
}

async function ddl(session: Session, dialect: Dialect): Promise<number> {
  const { config, store, signal, version } = session;
  if (config.store === "memory:") throw new CutoverError("USAGE", "no other program reads memory", { place: "store" });
  const isS3 = config.store.startsWith("s3://");
  const text = renderDdl(dialect, {
    store: isS3 ? config.store.replace(/\/+$/, "") : resolve(config.store),
    s3: config.s3,
    present: await presentDatasets(store, signal),
    version,
  });
  await print(session, { ddl: text }, () => text);
  return EXIT.pass;
}

async function print({ flags, streams }: Session, result: unknown, text: () => string): Promise<void> {
  await streams.stdout.write(flags.json ? `${inertJson(JSON.stringify(result))}\n` : printable(text()));
}

function parseUntil(text: string): Until {
  if (text === "end") return { kind: "end" };
  const ms = text.startsWith("idle:") ? parseDuration(text.slice("idle:".length)) : undefined;
  if (ms === undefined || ms <= 0) throw new InvalidArgumentError("expected end or idle:DURATION, such as idle:30s");
  return { kind: "idle", ms };
}

function parseTime(text: string): number {
  const dayOnly = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const time = readTime(dayOnly ? `${text}T00:00:00Z` : text);
  if (time === undefined)
    throw new InvalidArgumentError("expected ISO 8601 with a zone (2026-01-31T12:00:00Z), a day, or epoch ms");
  return time;
}
