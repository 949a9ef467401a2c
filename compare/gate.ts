/** The gate: turns a comparison into an exit code, and refuses one that was judged by other rules or other answers. */
import { rulesHash } from "../src/config/models.ts";
import { CutoverError, type ExitCode } from "../src/errors.ts";
import { type Run, resolveRun } from "../src/lake/run.ts";
import { compilePattern } from "../src/match.ts";
import type { Session, Stage } from "../src/session.ts";
import { listInputs } from "./inputs.ts";
import { createModelTable, distinctRules, utcDay } from "./models.ts";
import { listComparisons, readSummary, staleness } from "./stored.ts";
import { expiredWaivers } from "./summarise/waivers.ts";
import type { Summary } from "./summary.ts";
import { judgeRun } from "./verdict.ts";
import { waivesOf } from "./waive.ts";

export interface GateOptions {
  /** Default: the run created last. */
  readonly run?: string | undefined;
  /** Patterns of the models to judge; all when none is given. */
  readonly models?: readonly string[] | undefined;
}

export interface GateResult {
  readonly summary: Summary;
  readonly exitCode: ExitCode;
}

/** Throws COMPARE_MISSING (exit 5) with the command to run when no comparison speaks of what stands now. */
export const gateStage: Stage<GateOptions, GateResult> = async (session, options) => {
  const run = await resolveRun(session.store, options.run);
  const summary = await currentSummary(session, run);
  const { exitCode, ...judged } = judgeSummary(summary, options.models ?? []);
  return { summary: { ...summary, ...judged, exitCode }, exitCode };
};

/** The verdict over the chosen models: bounds stay those of the whole run, whose models share α. */
export function judgeSummary(summary: Summary, patterns: readonly string[]): ReturnType<typeof judgeRun> {
  const matchers = patterns.map(compilePattern);
  const chosen = Object.entries(summary.models).filter(
    ([name]) => matchers.length === 0 || matchers.some((matches) => matches(name)),
  );
  if (matchers.length > 0 && chosen.length === 0) {
    throw new CutoverError("USAGE", "no model of the run matches --model", {
      place: `run ${summary.run}`,
      expected: `one of ${Object.keys(summary.models).slice(0, 8).join(", ")}`,
      received: patterns.join(", "),
    });
  }
  return judgeRun(chosen, summary.problems ?? [], expiredWaivers(summary.waivers ?? []));
}

/** The comparison of the run under the rules in force, of the answers as they stand; COMPARE_MISSING otherwise. */
export async function currentSummary(session: Session, run: Run): Promise<Summary> {
  const summary = await findSummary(session, run);
  const stale = await staleReason(session, run, summary);
  if (stale === undefined) return summary;
  throw new CutoverError("COMPARE_MISSING", `the comparison is out of date: ${stale}`, {
    place: `run ${run.run}`,
    hint: compareCommand(run),
  });
}

/** The comparison of the run under the rules in force, whatever changed since; COMPARE_MISSING when there is none. */
export async function findSummary({ config, store }: Session, run: Run): Promise<Summary> {
  const rules = rulesHash(config).slice(0, 12);
  const summary = await readSummary(store, run.run, rules);
  if (summary !== undefined) return summary;
  const others = (await listComparisons(store, run.run)).filter((other) => other !== rules);
  const never = others.length === 0;
  const message = never
    ? "the run has not been compared"
    : "the run was compared under other rules or waivers than those in force";
  throw new CutoverError("COMPARE_MISSING", message, {
    place: `run ${run.run}`,
    ...(never ? {} : { expected: `rules ${rules}`, received: `rules ${others.join(", ")}` }),
    hint: compareCommand(run),
  });
}

/** Why the comparison does not speak of what stands now; undefined when it does. Listings alone are read. */
export async function staleReason(session: Session, run: Run, summary: Summary): Promise<string | undefined> {
  const { config, store, clock, signal, version } = session;
  const { digest } = await listInputs(store, run, signal);
  const table = createModelTable(config, utcDay(clock.now()));
  const expired = distinctRules(Object.keys(summary.models).flatMap((name) => table.expired(name)));
  const { expired: waivers } = waivesOf(config, utcDay(clock.now()));
  return staleness(summary, { inputs: digest, expired, expiredWaivers: [...waivers], version });
}

function compareCommand({ run }: Run): string {
  return `cutover compare --run ${run}`;
}
