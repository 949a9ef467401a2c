/** The verdict: a pure function of counts and limits. Nothing compared, or compared in part, is never a pass. */
import type { Gate } from "../src/config/rules.ts";
import { GATE_DEFAULTS } from "../src/config/rules.ts";
import { EXIT, type ExitCode } from "../src/errors.ts";
import { count, percent, plural } from "./report/figures.ts";
import { clopperPearson, pairsNeeded } from "./statistics.ts";
import type { Coverage, ModelSummary, Problem, RuleUse, Verdict } from "./summary.ts";

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
/** Reason of a skip that leaves no doubt about the model: the others left out what should have been compared. */
const SKIP_DECIDED = "decided";

export interface ModelFacts {
  /** Null: the model is shown and decides nothing. */
  readonly gate: Gate | null;
  /** Models of the run that have a gate: α is shared among them. */
  readonly gatedModels: number;
  readonly k: number;
  /** Pairs that differ under a critical rule. */
  readonly critical: number;
  readonly coverage: Coverage;
  /** Pairs whose legacy answer could not be parsed; among coverage.notComparable. */
  readonly unparseable: number;
  readonly uncovered: readonly string[];
  /** Expired ignore rules that stand for this model. */
  readonly expired: readonly RuleUse[];
  /** Records chosen by id prove nothing about the others. */
  readonly byIds: boolean;
}

export type ModelVerdict = Pick<
  ModelSummary,
  "verdict" | "reasons" | "upper" | "lower" | "limit" | "confidence" | "pairsNeeded"
>;

export function judgeModel(facts: ModelFacts): ModelVerdict {
  const { gate, gatedModels, k } = facts;
  const n = facts.coverage.compared;
  const alpha = 1 - (gate ?? GATE_DEFAULTS).confidence;
  const confidence = 1 - alpha / Math.max(1, gate === null ? 1 : gatedModels);
  const { lower, upper } = clopperPearson(k, n, confidence);
  if (gate === null) {
    const reasons = [`${mismatches(k, n)}; no gate, so this model decides nothing`];
    return { verdict: "inconclusive", reasons, upper, lower, limit: null, confidence: null, pairsNeeded: null };
  }
  const limit = gate.maxMismatchRate;
  const bounds: Bounds = { n, k, lower, upper, limit, confidence };
  const findings = [...errors(facts), ...failures(facts, gate, bounds), ...doubts(facts, bounds)];
  const verdict = worst(findings.map((finding) => finding.verdict));
  const reasons = findings.map(({ reason }) => reason);
  if (verdict === "pass") {
    const most = `with ${confidenceText(confidence)} confidence at most ${percent(upper, "up")}`;
    reasons.push(`${mismatches(k, n)}; ${most}, the limit is ${percent(limit)}`);
  }
  const needed = verdict === "inconclusive" ? morePairs(bounds) : null;
  return { verdict, reasons, upper, lower, limit, confidence, pairsNeeded: needed };
}

interface Bounds {
  readonly n: number;
  readonly k: number;
  readonly lower: number;
  readonly upper: number;
  readonly limit: number;
  readonly confidence: number;
}

interface Reason {
  readonly verdict: Verdict;
  readonly reason: string;
}

/** Something that should have been compared could not be, or was judged by what no longer holds. */
function errors({ coverage, uncovered, expired }: ModelFacts): Reason[] {
  const found: string[] = [];
  if (coverage.compared === 0) {
    found.push(`nothing was compared: ${coverageText(coverage)}`);
  }
  const left = Object.entries(coverage.skippedBy).filter(([reason, value]) => reason !== SKIP_DECIDED && value > 0);
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
  return found.map((reason) => ({ verdict: "error", reason }));
}

function failures(facts: ModelFacts, gate: Gate, bounds: Bounds): Reason[] {
  const { coverage, critical, unparseable } = facts;
  const { n, k, lower, limit, confidence } = bounds;
  const { scope, unpaired, notComparable } = coverage;
  const found: string[] = [];
  if (n > 0 && lower > limit) {
    const least = `with ${confidenceText(confidence)} confidence more than ${percent(lower, "down")}`;
    found.push(`${mismatches(k, n)}; ${least}, the limit is ${percent(limit)}`);
  }
  if (critical > 0)
    found.push(`${plural(critical, "pair")} ${critical === 1 ? "differs" : "differ"} under a critical rule`);
  const lost = unpaired + unparseable;
  if (lost > 0 && (scope - lost) / scope < gate.minCoverage) {
    const parts = [
      ...(unpaired > 0 ? [`${plural(unpaired, "record")} without an answer`] : []),
      ...(unparseable > 0 ? [`${plural(unparseable, "legacy answer")} that cannot be parsed`] : []),
    ];
    const share = percent((scope - lost) / scope, "down");
    found.push(`coverage ${share} is below ${percent(gate.minCoverage)}: ${parts.join(", ")} of ${count(scope)}`);
  }
  if (notComparable > 0 && notComparable / scope > gate.maxErrorRate) {
    const rate = percent(notComparable / scope, "up");
    found.push(
      `error rate ${rate} is above ${percent(gate.maxErrorRate)}: ${count(notComparable)} of ${count(scope)} failed`,
    );
  }
  return found.map((reason) => ({ verdict: "fail", reason }));
}

function doubts(facts: ModelFacts, bounds: Bounds): Reason[] {
  const { n, k, lower, upper, limit, confidence } = bounds;
  const found: string[] = [];
  if (n > 0 && lower <= limit && upper > limit) {
    const most = `with ${confidenceText(confidence)} confidence at most ${percent(upper, "up")}`;
    const needed = morePairs(bounds);
    const advice =
      needed === null
        ? "no number of pairs can prove that at this rate"
        : `about ${count(needed)} more pairs are needed`;
    found.push(`${mismatches(k, n)}; ${most}, the limit is ${percent(limit)}: ${advice}`);
  }
  if (facts.byIds) found.push("the records were chosen by id, which proves nothing about the others");
  return found.map((reason) => ({ verdict: "inconclusive", reason }));
}

function morePairs({ n, k, upper, limit, confidence }: Bounds): number | null {
  return upper > limit ? pairsNeeded(k, n, limit, confidence) : null;
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
 * error and leaves no model ready, since whose evidence is missing is not known.
 */
export function judgeRun(models: readonly (readonly [string, Judged])[], problems: readonly Problem[]): RunVerdict {
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
  const verdict = worst(gated.map(([, model]) => model.verdict));
  const ready = gated.filter(([, model]) => model.verdict === "pass").map(([name]) => name);
  return { verdict, exitCode: EXIT_OF[verdict], reasons, ready: ready.sort() };
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

/** `models."*".rules[2]`, where a person looks in the config. */
export function rulePlace({ pattern, index }: Pick<RuleUse, "pattern" | "index">): string {
  return `models.${JSON.stringify(pattern)}.rules[${index}]`;
}

function mismatches(k: number, n: number): string {
  const rate = n === 0 ? "" : ` (${percent(k / n)})`;
  return `${count(k)} ${k === 1 ? "mismatch" : "mismatches"} in ${plural(n, "pair")}${rate}`;
}

/** Rounded down: 99.9996 % never reads 100 %. */
function confidenceText(confidence: number): string {
  return percent(confidence, "down");
}

function coverageText({ captured, skipped, unpaired, notComparable }: Coverage): string {
  const parts = [
    `${count(unpaired)} without an answer`,
    `${count(notComparable)} not comparable`,
    `${count(skipped)} skipped`,
  ];
  return `of ${plural(captured, "selected record")} ${parts.join(", ")}`;
}
