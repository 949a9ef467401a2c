/** What one pair adds to the tally of its model. */
import { type EmptyKind, emptyKind } from "../evidence.ts";
import type { CandidateAnswer, PairResult } from "../types.ts";
import { isWaived, type KeyedFinding, waivesPair } from "../waive.ts";
import { bump } from "./fields.ts";
import type { ModelTally } from "./tally.ts";

/** Rule types that judge what is decided by an answer, as opposed to the values in it. */
const DECISION_RULES: ReadonlySet<string> = new Set(["label", "decision", "rank"]);

export function isDecisionRule(type: string): boolean {
  return DECISION_RULES.has(type);
}

/** A pair of equal bytes, [from, to) of `body`. */
export function countEqual(tally: ModelTally, status: number, body: Uint8Array, from: number, to: number): void {
  tally.match++;
  const empty: EmptyKind | null = isError(status) ? "error" : emptyKind(body, from, to);
  if (empty !== null) bump(tally.empty, empty, 1);
}

/** A pair that was judged; true when it is a mismatch that no waiver accepts. */
export function countPair(tally: ModelTally, result: PairResult, keyed: readonly KeyedFinding[]): boolean {
  for (const warning of new Set(result.warnings)) bump(tally.warnings, warning, 1);
  if (result.notComparable !== null) {
    bump(tally.errors, result.notComparable, 1);
    return false;
  }
  const waived = waivesPair(result, keyed);
  const mismatch = result.outcome === "mismatch" && !waived;
  if (mismatch) tally.mismatch++;
  else if (result.outcome === "match") tally.match++;
  else tally.ignored++;
  if (waived) tally.waived++;
  const open = keyed.filter((one) => one.finding.gates && !isWaived(one));
  if (open.some(({ finding }) => finding.critical)) tally.critical++;
  if (open.some(({ finding }) => isDecisionRule(finding.rule))) tally.decisionMismatch++;
  if (open.some(({ finding }) => !isDecisionRule(finding.rule))) tally.valueMismatch++;
  countWaivers(tally, keyed);
  if (result.used !== null) {
    tally.parsed++;
    for (const index of result.used) tally.used.add(index);
  }
  tally.addUncovered(result.uncovered);
  if (keyed.length > 0 || result.ignored.length > 0) tally.fields.addPair(result, keyed);
  return mismatch;
}

/** Both answers of a pair that agrees, where their bytes differ. */
export function countEvidence(
  tally: ModelTally,
  legacy: { readonly status: number; readonly body: Uint8Array },
  { outcome, answer }: CandidateAnswer,
): void {
  if (answer === null) return;
  const [old, now] = [isError(legacy.status), outcome === "model_error" || isError(answer.status)];
  if (old && now) bump(tally.empty, "error", 1);
  if (old || now) return;
  const empty = emptyKind(legacy.body);
  if (empty !== null && emptyKind(answer.body) !== null) bump(tally.empty, empty, 1);
}

function countWaivers(tally: ModelTally, keyed: readonly KeyedFinding[]): void {
  const seen = new Set<string>();
  for (const { waiver } of keyed) {
    if (waiver === null || seen.has(waiver.fingerprint)) continue;
    seen.add(waiver.fingerprint);
    bump(waiver.expired ? tally.expiredWaivers : tally.waivers, waiver.fingerprint, 1);
  }
}

function isError(status: number): boolean {
  return status < 200 || status > 299;
}
