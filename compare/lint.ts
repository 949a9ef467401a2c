/** `cutover rules lint`: rules that do not do what they say, from the rules alone and from a comparison under them. */
import { readFile } from "node:fs/promises";
import { dotted } from "../src/config/faults.ts";
import { rulesHash } from "../src/config/models.ts";
import { CutoverError, EXIT, type ExitCode, isCutoverError } from "../src/errors.ts";
import { printable } from "../src/inert.ts";
import { listRuns, resolveRun } from "../src/lake/run.ts";
import type { Session, Stage } from "../src/session.ts";
import type { Given } from "../src/shell.ts";
import { loadFunctions } from "./functions.ts";
import type { LintCode, LintFinding, LintLevel } from "./lint/findings.ts";
import { expiredWaivers, lintPatterns } from "./lint/static.ts";
import { lintWithRun } from "./lint/with-run.ts";
import { utcDay } from "./models.ts";
import { commandLine } from "./report/command-line.ts";
import { NO_FUNCTIONS } from "./rules/custom.ts";
import { readSummary } from "./stored.ts";
import type { Summary } from "./summary.ts";

export interface LintOptions {
  /** Default: the latest run, when it was compared under the rules in force. */
  readonly run?: string | undefined;
}

export interface LintReport {
  /** No finding of level error. */
  readonly ok: boolean;
  /** The run whose comparison was read; null when there is none under these rules. */
  readonly run: string | null;
  /** In the order of the config file. */
  readonly findings: readonly {
    readonly level: LintLevel;
    readonly code: LintCode;
    /** `cutover.yaml:12 models."*".rules[3]`. */
    readonly place: string;
    readonly message: string;
  }[];
}

export const lintStage: Stage<LintOptions, LintReport> = async (session, { run }) => {
  const { config, clock } = session;
  const today = utcDay(clock.now());
  const { functions, faults } = await findFunctions(session);
  const alone = [...faults, ...expiredWaivers(config, today), ...lintPatterns(config, today, functions)];
  const summary = await comparisonOf(session, run);
  const known = new Set(alone.map(({ at }) => JSON.stringify(at)));
  const findings = [...alone, ...(summary ? lintWithRun(config, summary, today, known) : [])];
  const lineOf = await linesOf(session);
  const placed = findings.map((finding) => ({ ...finding, line: lineOf?.(finding.at) ?? 0 }));
  placed.sort((a, b) => a.line - b.line);
  return {
    ok: !findings.some(({ level }) => level === "error"),
    run: summary?.run ?? null,
    findings: placed.map(({ level, code, at, message, line }) => ({
      level,
      code,
      place: placeOf(session, at, lineOf === null ? null : line),
      message,
    })),
  };
};

export function lintExitCode({ ok }: LintReport): ExitCode {
  return ok ? EXIT.pass : EXIT.fail;
}

export function renderLint({ run, findings }: LintReport, given?: Given): string {
  const lines = findings.map(
    ({ level, code, place, message }) => `${level.padEnd(7)}  ${place}\n         ${code}: ${message}`,
  );
  const counted = (level: LintLevel): string => {
    const n = findings.filter((finding) => finding.level === level).length;
    return `${n} ${level}${n === 1 ? "" : "s"}`;
  };
  const seen =
    run === null
      ? `no comparison under these rules was read: ${commandLine("compare", { given })}`
      : `with the comparison of ${run}`;
  return printable(`${[...lines, `${counted("error")}, ${counted("warning")}; ${seen}`].join("\n")}\n`);
}

/** A module that is not there is a finding, and must not hide the others. */
async function findFunctions(session: Session) {
  try {
    return { functions: await loadFunctions(session.config, session.log), faults: [] };
  } catch (error) {
    if (!isCutoverError(error, "CONFIG")) throw error;
    const none = { ...NO_FUNCTIONS, find: () => () => true };
    const finding: LintFinding = {
      level: "error",
      code: "unreadable",
      at: [],
      message: `${error.details.place}: ${error.message}`,
    };
    return { functions: none, faults: [finding] };
  }
}

/** A run that is named must have been compared; the latest is read when it was. */
async function comparisonOf(session: Session, named: string | undefined): Promise<Summary | undefined> {
  const { store, config } = session;
  if (named === undefined && (await listRuns(store)).length === 0) return undefined;
  const { run } = await resolveRun(store, named);
  const summary = await readSummary(store, run, rulesHash(config).slice(0, 12));
  if (summary !== undefined || named === undefined) return summary;
  throw new CutoverError("COMPARE_MISSING", "the run was not compared under the rules in force", {
    place: `run ${run}`,
    hint: `cutover compare --run ${run}`,
  });
}

/** Lines of the config file; null without one. */
async function linesOf({ configFile }: Session): Promise<((at: LintFinding["at"]) => number) | null> {
  if (configFile === undefined) return null;
  const text = await readFile(configFile, "utf8");
  // The YAML parser is loaded only where a config is read.
  const { parseConfigDocument } = await import("../src/config/document.ts");
  return parseConfigDocument(text).lineOf;
}

function placeOf({ configFile }: Session, at: LintFinding["at"], line: number | null): string {
  if (at.length === 0) return configFile ?? "the settings";
  return line === null || configFile === undefined ? dotted(at) : `${configFile}:${line} ${dotted(at)}`;
}
