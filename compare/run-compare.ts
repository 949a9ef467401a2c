/** The compare stage: judges every unit of a run, and writes diffs, report and, last of all, summary.json. */
import { rulesHash } from "../src/config/models.ts";
import { diffsPrefix, junitKey, reportKey, summaryKey } from "../src/lake/keys.ts";
import { type Run, readSkips, resolveRun } from "../src/lake/run.ts";
import { readSequence, type Sequence } from "../src/lake/sequence.ts";
import { LIMITS } from "../src/limits.ts";
import type { LogFields } from "../src/log.ts";
import { growYoungGeneration } from "../src/memory.ts";
import type { Session, Stage } from "../src/session.ts";
import type { Store } from "../src/store/port.ts";
import { renderJunit } from "./ci/junit.ts";
import { loadFunctions } from "./functions.ts";
import { type Inputs, listInputs } from "./inputs.ts";
import { sendMetrics } from "./metrics.ts";
import { createModelTable, distinctRules, type ModelTable, utcDay } from "./models.ts";
import { withNoise } from "./noise.ts";
import { type Crew, startCrew } from "./parts/crew.ts";
import { judgeOnQueue } from "./parts/queue.ts";
import { threadsFor } from "./parts/thread-count.ts";
import { type Judged, judgeOnThreads } from "./parts/threads.ts";
import { reportPlace } from "./print.ts";
import { encodeSummary, readSummary, staleness } from "./stored.ts";
import { summarise } from "./summarise.ts";
import type { Summary } from "./summary.ts";
import { maskOfModels } from "./triage/inputs/looks.ts";
import { commitsWithVariants } from "./triage/inputs/variants.ts";
import type { SampledRows } from "./triage/slices/rows.ts";
import { triage } from "./triage/stage.ts";
import type { Unit } from "./unit.ts";
import { type Waives, waivesOf } from "./waive.ts";

export interface CompareOptions {
  /** Default: the run created last. */
  readonly run?: string | undefined;
  /** A comparison of answers of the legacy system itself: its rates stand beside each field. */
  readonly noise?: Summary | undefined;
  /** The layers of a sequential run to look at: the summary is returned, and nothing is written. */
  readonly look?: Sequence | undefined;
  /** Called when everything is judged and counted, and diffs are written; before report and summary are. */
  readonly onJudged?: (() => void) | undefined;
  /** Bytes of answers held at once, over all threads; for tests. */
  readonly bufferBytes?: number | undefined;
  /** Resident memory above which all threads but this one take no further unit; for tests. */
  readonly restBytes?: number | undefined;
  /** Threads of this process that judge; one by itself. They open the store anew, by its address. */
  readonly threads?: number | "auto" | undefined;
  /** Workers judge, and this process merges what they find. */
  readonly queue?: "kafka" | undefined;
}

export const compareStage: Stage<CompareOptions, Summary> = async (session, options) => {
  const run = await resolveRun(session.store, options.run);
  const { threads = 1, queue } = options;
  const asked = threads === "auto" ? undefined : threads;
  const onWarning: Session["log"]["warn"] = (message, fields) => session.log.warn(message, fields);
  const crew = startCrew(queue ? 0 : threadsFor(run.objects, { asked, onWarning }) - 1);
  // What was judged, and the threads, are gone before the report takes its memory.
  const { summary, diffs } = await explained(session, run, options, crew).finally(crew.close);
  if (options.look === undefined) await publish(session, summary, diffs);
  return summary;
};

interface Explained {
  readonly summary: Summary;
  /** Keys of the diffs objects that belong to it. */
  readonly diffs: ReadonlySet<string>;
}

async function explained(session: Session, run: Run, options: CompareOptions, crew: Crew): Promise<Explained> {
  const { config, store, clock, signal } = session;
  const hash = rulesHash(config);
  const rules = hash.slice(0, 12);
  const today = utcDay(clock.now());
  const warn = tellOnce(session);
  const table = createModelTable(config, today, await loadFunctions(config, { warn }));
  const waives = waivesOf(config, today);
  // A rule that cannot be read is refused before any work.
  for (const name of Object.keys(run.models)) table.compiled(name);
  const inputs = await listInputs(store, run, signal);
  const sequence = options.look ?? (await readSequence(store, run.run));
  const by: JudgedBy = {
    table,
    waives,
    inputs,
    sequence,
    writes: options.look === undefined,
    today,
    warn,
    rulesHash: hash,
  };
  if (by.writes) await dropStale(session, run, rules, by);
  const { summary: plain, diffs, rows } = await counted(session, run, by, { ...options, crew });
  if (!by.writes) return { summary: plain, diffs };
  const told = await triage(
    {
      store,
      run,
      maskOf: maskOfModels(table),
      commits: commitsWithVariants(run, inputs.units),
      log: session.log,
      signal,
      helpers: crew.look,
    },
    rows,
    plain,
  );
  options.onJudged?.();
  return { summary: options.noise === undefined ? told : withNoise(told, options.noise), diffs };
}

/** Of the tally only the rows that triage looks at: all else of it, the larger part, is gone when triage takes its memory. */
async function counted(
  session: Session,
  run: Run,
  by: JudgedBy,
  options: JudgeOptions,
): Promise<Explained & { readonly rows: SampledRows }> {
  const { config, store, version } = session;
  const { rulesHash, table, waives, sequence, inputs } = by;
  const { tally, problems, unreadable, diffs } = await judgeUnits(session, run, by, options);
  const summary = summarise({
    run,
    skips: await readSkips(store, run.run),
    rulesHash,
    table,
    waivers: config.waiverList,
    waives,
    sequence,
    price: config.targets[run.target.name]?.price,
    tally,
    problems: [...inputs.problems, ...problems],
    unreadable,
    inputs: inputs.digest,
    version,
  });
  return { summary, diffs, rows: tally.rows };
}

/** The summary last of all: who finds one finds all that belongs to it. */
async function publish(session: Session, summary: Summary, diffs: ReadonlySet<string>): Promise<void> {
  const { store, metrics, signal } = session;
  const { run, rules } = summary;
  await deleteOtherDiffs(store, run, rules, diffs);
  await writeReport(session, summary);
  await store.put(junitKey(run, rules), new TextEncoder().encode(renderJunit(summary)), {
    contentType: "application/xml",
    signal,
  });
  await store.put(summaryKey(run, rules), encodeSummary(summary), { contentType: "application/json", signal });
  sendMetrics(metrics, summary, reportPlace(session, summary));
}

/**
 * A summary of other answers goes before the first of its diffs does, so that no kill leaves a summary beside
 * diffs that are not its own. One of the same answers stays: the same bytes will be written over it.
 */
async function dropStale(
  session: Session,
  run: Run,
  rules: string,
  { table, waives, inputs }: JudgedBy,
): Promise<void> {
  const { store, version } = session;
  const expired = distinctRules(Object.keys(run.models).flatMap((name) => table.expired(name)));
  const old = await readSummary(store, run.run, rules);
  const basis = { inputs: inputs.digest, expired, expiredWaivers: [...waives.expired], version };
  if (old === undefined || staleness(old, basis) !== undefined) {
    await store.delete([summaryKey(run.run, rules)]);
  }
}

/** What answers are judged by, and which. */
interface JudgedBy {
  readonly rulesHash: string;
  readonly table: ModelTable;
  readonly waives: Waives;
  readonly inputs: Inputs;
  /** Of a sequential run. */
  readonly sequence: Sequence | undefined;
  readonly writes: boolean;
  readonly today: string;
  readonly warn: (message: string, fields?: LogFields) => void;
}

interface JudgeOptions extends CompareOptions {
  readonly crew: Crew;
}

/** Unit by unit, on threads or workers: what each holds is one unit's answers, and tallies whose size is bounded. */
async function judgeUnits(
  session: Session,
  run: Run,
  { rulesHash, table, waives, sequence, writes, today, warn, inputs: { units } }: JudgedBy,
  { threads: asked, crew, queue, restBytes: rest, bufferBytes = LIMITS.compareBufferBytes }: JudgeOptions,
): Promise<Judged> {
  const { store, config, log, signal } = session;
  let objects = 0;
  let records = 0;
  const onUnit = ({ object }: Unit, workers?: number): void => {
    objects++;
    records += object.selected;
    const beside = workers === undefined ? {} : { workers };
    log.progress("compared", { objects, of: units.length, records, selected: run.planned, ...beside });
  };
  const { query, limits, models } = run;
  const judge = { run: { run: run.run, query, limits, models }, rules: rulesHash.slice(0, 12), today, sequence };
  if (queue !== undefined) return judgeOnQueue(session, { rulesHash, judge, units, onUnit });
  const threads = crew.size + 1;
  growYoungGeneration(threads === 1 ? LIMITS.compareYoungMib : LIMITS.compareYoungMibEach);
  const order = { ...judge, writes, bufferBytes: Math.floor(bufferBytes / threads) };
  const restBytes = rest ?? (asked === "auto" ? LIMITS.compareRestBytes : Number.POSITIVE_INFINITY);
  const tools = { store, table, waives, signal };
  return judgeOnThreads({ ...tools, order, config, units, crew, restBytes, onUnit, onWarning: warn });
}

/** Threads find the same faults of rules, each for itself. */
function tellOnce({ log }: Session): JudgedBy["warn"] {
  const told = new Set<string>();
  return (message, fields) => {
    const name = `${message} ${fields?.rule ?? ""}`;
    if (!told.has(name)) log.warn(message, fields);
    told.add(name);
  };
}

/** Findings of an earlier comparison that this one did not write again. */
async function deleteOtherDiffs(store: Store, run: string, rules: string, keep: ReadonlySet<string>): Promise<void> {
  const stale: string[] = [];
  for await (const { key } of store.list(diffsPrefix(run, rules))) if (!keep.has(key)) stale.push(key);
  if (stale.length > 0) await store.delete(stale);
}

/** report.html beside the summary. One that no browser could open is not written; the summary tells all the same. */
async function writeReport({ store, log, signal }: Session, summary: Summary): Promise<void> {
  const { renderHtml } = await import("./report/html.ts");
  const page = renderHtml(summary);
  const body = typeof page === "string" ? new TextEncoder().encode(page) : page;
  const key = reportKey(summary.run, summary.rules);
  if (body.byteLength > LIMITS.reportMaxBytes) {
    log.warn("the report is too large to be of use and was not written; summary.json and diffs/ hold all", {
      bytes: body.byteLength,
      limit: LIMITS.reportMaxBytes,
    });
    await store.delete([key]);
    return;
  }
  if (body.byteLength > LIMITS.reportWarnBytes) log.warn("the report is large", { key, bytes: body.byteLength });
  await store.put(key, body, { contentType: "text/html; charset=utf-8", signal });
}
