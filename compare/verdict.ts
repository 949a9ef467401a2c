/** The verdict: a pure function of counts and limits. Nothing compared, or compared in part, is never a pass. */
import { GATE_DEFAULTS, type Gate } from "../src/config/rules.ts";
import { EXIT, type ExitCode } from "../src/errors.ts";
import { isCap } from "../src/lake/run.ts";
import { boundsOf } from "./anytime.ts";
import { count, percent, plural } from "./report/figures.ts";
import type { ModelSummary, Problem, Verdict } from "./summary.ts";
import type { ModelFacts, Reason, Standing } from "./verdict/facts.ts";
import { mismatchDoubts, mismatchFailures, mismatchProof, neededOf } from "./verdict/mismatch-rate.ts";
import { serviceReasons } from "./verdict/service.ts";
import { coverageText, mismatches, rulePlace } from "./verdict/words.ts";

/** Worst last. */
const SEVERITY: Readonly<Record<Verdict, number>> = { pass: 0, inconclusive: 1, fail: 2, error: 3 };
const EXIT_OF: Readonly<Record<Verdict, ExitCode>> = {
  pass: EXIT.pass,
  fail: EXIT.fail,
  inconclusive: EXIT.inconclusive,
  error: EXIT.verdictError,
};
/** Models and problems that the reasons of a run name one by one. */
const NAMED = 20;
/**
 * Reasons of skips that leave no doubt about what was compared: a sequential run was certain, or has not come further.
 * Its layers are samples of the whole, and its bounds hold at every look.
 */
export const SKIP_DECIDED = "decided";
export const SKIP_LATER = "later_layers";
const HARMLESS: ReadonlySet<string> = new Set([SKIP_DECIDED, SKIP_LATER]);

export type ModelVerdict = Pick<
  ModelSummary,
  "verdict" | "reasons" | "upper" | "lower" | "limit" | "confidence" | "pairsNeeded"
>;

export function judgeModel(facts: ModelFacts): ModelVerdict {
  const { gate, gatedModels, k, looks } = facts;
  const n = facts.coverage.compared;
  const { confidence: wanted, maxMismatchRate: limit } = gate ?? GATE_DEFAULTS;
  const confidence = 1 - (1 - wanted) / Math.max(1, gate === null ? 1 : gatedModels);
  const { lower, upper } = boundsOf(looks, k, n, confidence, limit);
  if (gate === null) {
    const reasons = [`${mismatches(k, n)}; no gate, so this model decides nothing`];
    return { verdict: "inconclusive", reasons, upper, lower, limit: null, confidence: null, pairsNeeded: null };
  }
  const at: Standing = { n, k, lower, upper, limit, confidence, looks };
  const found = [
    ...errors(facts),
    ...mismatchFailures(facts, gate, at),
    ...serviceReasons(facts, gate),
    ...mismatchDoubts(facts, gate, at),
    ...doubts(facts, gate),
  ].sort((a, b) => SEVERITY[b.verdict] - SEVERITY[a.verdict]);
  const verdict = worst(found.map((reason) => reason.verdict));
  const reasons = verdict === "pass" ? [mismatchProof(gate, at)] : found.map(({ reason }) => reason);
  const needed = verdict === "inconclusive" && gate.evidence === "bound" ? neededOf(at) : null;
  return { verdict, reasons, upper, lower, limit, confidence, pairsNeeded: needed };
}

/** Something that should have been compared could not be, or was judged by what no longer holds. */
function errors({ coverage, uncovered, expired, expiredWaivers }: ModelFacts): Reason[] {
  const found: string[] = [];
  if (coverage.compared === 0) {
    found.push(`nothing was compared: ${coverageText(coverage)}`);
  }
  const left = Object.entries(coverage.skippedBy).filter(
    ([reason, value]) => !HARMLESS.has(reason) && !isCap(reason) && value > 0,
  );
  if (left.length > 0) {
    const parts = left.map(([reason, value]) => `${count(value)} ${reason}`).join(", ");
    found.push(`replay skipped ${parts} of ${plural(coverage.captured, "selected record")}`);
  }
  if (uncovered.length > 0) {
    const named = uncovered.slice(0, 3).join(", ") + (uncovered.length > 3 ? ", …" : "");
    found.push(`no rule covers ${named}: add a rule, or a default`);
  }
  for (const rule of expired) {
    found.push(`${rulePlace(rule)} (ignore ${rule.path}) has expired and accepts nothing any more: renew or remove it`);
  }
  for (const fingerprint of expiredWaivers) {
    found.push(`the waiver of ${fingerprint} has expired and accepts nothing any more: renew or remove it`);
  }
  return found.map((reason) => ({ verdict: "error", reason }));
}

function doubts({ coverage, empty, narrowed }: ModelFacts, { maxEmptyShare }: Gate): Reason[] {
  const { compared, captured, skippedBy } = coverage;
  const found: string[] = [];
  // A call of replay that was told to end there proved what it proved: nothing is wrong, and not all is known.
  for (const [reason, value] of Object.entries(skippedBy).filter(([reason, value]) => isCap(reason) && value > 0)) {
    const of = plural(captured, "selected record");
    found.push(`replay ended at ${reason} before ${count(value)} of ${of} were sent: the same command goes on`);
  }
  const pairs = Object.values(empty).reduce((sum, value) => sum + value, 0);
  if (pairs > 0 && pairs / compared > maxEmptyShare) {
    const kinds = Object.entries(empty).map(([kind, value]) => `${count(value)} both ${kind}`);
    const share = `${percent(pairs / compared)} of the pairs hold nothing that could differ (${kinds.join(", ")})`;
    found.push(`${share}, the limit is ${percent(maxEmptyShare)}`);
  }
  if (narrowed !== null) found.push(`the records were chosen ${narrowed}, which proves nothing about the others`);
  return found.map((reason) => ({ verdict: "inconclusive", reason }));
}

export interface RunVerdict {
  readonly verdict: Verdict;
  readonly exitCode: ExitCode;
  readonly reasons: readonly string[];
  /** Models whose own verdict is pass. */
  readonly ready: readonly string[];
}

type Judged = Pick<ModelSummary, "n" | "limit" | "verdict" | "reasons">;

/**
 * Worst of the gated models. A problem of the run (an unreadable object, sums that do not add up) makes it an
 * error and leaves no model ready, since whose evidence is missing is not known. So does an expired waiver, but the
 * models without a difference that it names stay ready.
 */
export function judgeRun(
  models: readonly (readonly [string, Judged])[],
  problems: readonly Problem[],
  expiredWaivers: readonly string[] = [],
): RunVerdict {
  const gated = models.filter(([, model]) => model.limit !== null);
  const compared = models.reduce((sum, [, model]) => sum + model.n, 0);
  const faults = problems.slice(0, NAMED).map(({ place, message }) => `${place}: ${message}`);
  if (problems.length > NAMED) faults.push(`… and ${plural(problems.length - NAMED, "more problem")}`);
  const reasons = [...faults, ...modelReasons(gated)];
  if (problems.length > 0) return { verdict: "error", exitCode: EXIT.verdictError, reasons, ready: [] };
  if (compared === 0) {
    const nothing = "nothing was compared: there is no answer to judge";
    return { verdict: "error", exitCode: EXIT.nothing, reasons: [nothing, ...reasons], ready: [] };
  }
  if (gated.length === 0) {
    const none = "no model of this run has a gate: give models.<pattern> a gate in the config";
    return { verdict: "error", exitCode: EXIT.verdictError, reasons: [none], ready: [] };
  }
  const expired = expiredWaivers.map((name) => `the waiver of ${name} has expired: renew or remove it`);
  const verdict = worst([...gated.map(([, model]) => model.verdict), expired.length > 0 ? "error" : "pass"]);
  const ready = gated.filter(([, model]) => model.verdict === "pass").map(([name]) => name);
  return { verdict, exitCode: EXIT_OF[verdict], reasons: [...expired, ...reasons], ready: ready.sort() };
}

/** Worst models first, each with all it was found; models that pass are named only when all do. */
function modelReasons(gated: readonly (readonly [string, Judged])[]): string[] {
  const order = [...gated].sort(
    ([a, x], [b, y]) => SEVERITY[y.verdict] - SEVERITY[x.verdict] || (a < b ? -1 : a > b ? 1 : 0),
  );
  const bad = order.filter(([, { verdict }]) => verdict !== "pass");
  const told = bad.length > 0 ? bad : order;
  const reasons = told.slice(0, NAMED).map(([name, model]) => `${name}: ${model.reasons.join("; ")}`);
  if (told.length > NAMED) reasons.push(`… and ${plural(told.length - NAMED, "more model")}`);
  return reasons;
}

export function worst(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce<Verdict>((most, next) => (SEVERITY[next] > SEVERITY[most] ? next : most), "pass");
}
