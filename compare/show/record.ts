/** One record of a run with all that can be said of it: a document for `--json`, and what the terminal renders. */
import { formatPosition } from "../../src/record.ts";
import { judgePair } from "../pair.ts";
import type { NamedFinding } from "../triage/findings.ts";
import { type Mask, maskResult, maskValue } from "../triage/mask.ts";
import type { Answer, PairOutcome, PairResult } from "../types.ts";
import { isWaived, waivesPair } from "../waive.ts";
import type { ReplayedRow } from "./answers.ts";
import { type BodiesDiff, type Compared, diffBodies, shownDetail, shownText } from "./bodies.ts";
import { configText, type PlacedRule, type ShowContext } from "./context.ts";
import type { CapturedRow } from "./find.ts";
import { rulesFor, ruleText } from "./rule-words.ts";

/** A body as it may be shown: its text, masked and cut; null where it is no text. */
export interface ShownBody {
  readonly type: string;
  readonly bytes: number;
  readonly text: string | null;
}

/** With the rule that judged. */
export interface ShownFinding extends PlacedRule {
  readonly path: string;
  readonly kind: string;
  readonly legacy: string | null;
  readonly candidate: string | null;
  readonly delta: number | null;
  /** What the finding does to the pair. */
  readonly verdict: "fails" | "fails critically" | "advice" | "waived";
  readonly fingerprint: string;
  /** Of the waiver that names it, whether or not it has expired. */
  readonly waiver: { readonly fingerprint: string; readonly expired: boolean } | null;
}

/** A difference without a finding, and the rules that accept it. */
export interface AcceptedDifference {
  readonly path: string;
  readonly legacy: string | null;
  readonly candidate: string | null;
  /** None where the value is the same, written otherwise. */
  readonly by: readonly PlacedRule[];
}

const REPLAY_FACTS = [
  "outcome",
  "status",
  "latencyMs",
  "attempts",
  "throttles",
  "coldStart",
  "variant",
  "errorClass",
] as const satisfies readonly (keyof ReplayedRow)[];

export type ShownReplay = ShownBody &
  Pick<ReplayedRow, (typeof REPLAY_FACTS)[number] | "errorDetail"> & {
    /** UTC. */
    readonly replayedAt: string;
  };

export interface ShownRecord {
  readonly position: string;
  readonly id: string;
  readonly model: string;
  readonly modelVersion: string | null;
  /** UTC. */
  readonly capturedAt: string;
  readonly request: ShownBody;
  readonly legacy: ShownBody & { readonly status: number; readonly latencyMs: number | null };
  /** Null when nothing is stored; its `text` when it is no answer. */
  readonly candidate: ShownReplay | null;
  readonly outcome: PairOutcome | "notAnswered";
  readonly why: string;
  readonly findings: readonly ShownFinding[];
  /** At most 50. */
  readonly accepted: readonly AcceptedDifference[];
  readonly diff: BodiesDiff | null;
  readonly warnings: readonly string[];
  /** A shell line that sends it again. */
  readonly again: string;
}

const ACCEPTED_SHOWN = 50;

/** `unanswered` says why there is no result, and `again` how to send the record again. */
export function showRecord(
  context: ShowContext,
  captured: CapturedRow,
  replayed: ReplayedRow | undefined,
  { unanswered, again }: { readonly unanswered: string; readonly again: (position: string) => string },
): ShownRecord {
  const { model } = captured;
  const compiled = context.table.compiled(model);
  const { mask } = compiled;
  const legacy: Answer = { status: captured.status, type: captured.outputType, body: captured.output };
  const candidate = answerOf(replayed);
  const judged = replayed && judgePair(compiled, legacy, { outcome: replayed.outcome, answer: candidate });
  const named = judged === undefined ? [] : context.named(model, maskResult(mask, judged));
  const compared = candidate && diffBodies(legacy, candidate, mask);
  const accepted = judged && compared ? acceptedIn(context, model, compared, judged) : [];
  const request = bodyOf(mask, captured.inputType, captured.input);
  const answer = bodyOf(mask, captured.outputType, captured.output);
  return {
    position: formatPosition(captured),
    id: captured.id,
    model,
    modelVersion: captured.modelVersion,
    capturedAt: new Date(captured.capturedAt).toISOString(),
    request,
    legacy: { ...answer, status: captured.status, latencyMs: captured.latencyMs },
    candidate: replayed === undefined ? null : replayOf(mask, replayed),
    outcome: outcomeOf(judged, named),
    why: judged === undefined ? unanswered : whyOf(judged, named, compared, accepted.length),
    findings: named.map((one) => findingOf(context, model, one)),
    accepted: accepted.slice(0, ACCEPTED_SHOWN),
    diff: compared?.shown ?? null,
    warnings: judged?.warnings ?? [],
    again: again(formatPosition(captured)),
  };
}

function answerOf(replayed: ReplayedRow | undefined): Answer | null {
  if (replayed === undefined || replayed.output === null || replayed.status === null) return null;
  return { status: replayed.status, type: replayed.outputType ?? "", body: replayed.output };
}

function bodyOf(mask: Mask | null, type: string, body: Uint8Array): ShownBody {
  return { type, bytes: body.length, text: shownText(mask, type, body) };
}

function replayOf(mask: Mask | null, replayed: ReplayedRow): ShownReplay {
  const { output, outputType, errorDetail, replayedAt } = replayed;
  const facts = Object.fromEntries(REPLAY_FACTS.map((name) => [name, replayed[name]]));
  return {
    ...(facts as Pick<ReplayedRow, (typeof REPLAY_FACTS)[number]>),
    ...(output === null ? { type: "", bytes: 0, text: null } : bodyOf(mask, outputType ?? "", output)),
    errorDetail: shownDetail(mask, errorDetail),
    replayedAt: new Date(replayedAt).toISOString(),
  };
}

/** What waivers accept is counted as ignored, as in the summary. */
function outcomeOf(judged: PairResult | undefined, named: readonly NamedFinding[]): ShownRecord["outcome"] {
  if (judged === undefined) return "notAnswered";
  return waivesPair(judged, named) ? "ignored" : judged.outcome;
}

function whyOf(
  judged: PairResult,
  named: readonly NamedFinding[],
  compared: Compared | null,
  accepted: number,
): string {
  if (judged.notComparable === "legacy_unparseable") return "legacy's answer is not what its media type says";
  if (judged.notComparable !== null) return `no answer: ${judged.notComparable.replaceAll("_", " ")}`;
  if (judged.outcome === "mismatch") {
    if (waivesPair(judged, named)) return "waivers accept all that differs";
    const open = named.filter((one) => one.finding.gates && !isWaived(one)).length;
    return `${open} ${open === 1 ? "difference fails" : "differences fail"} the gate`;
  }
  if (compared?.shown.as === "equal") return "equal bytes";
  if (judged.outcome === "ignored") return "only what an ignore rule accepts differs";
  if (named.length > 0) return "only rules of weight advise fail";
  return `within tolerance: ${accepted} ${accepted === 1 ? "value differs" : "values differ"} as the rules allow`;
}

function findingOf(context: ShowContext, model: string, one: NamedFinding): ShownFinding {
  const { path, kind, rule, legacy, candidate, delta, gates, critical } = one.finding;
  const verdict = isWaived(one) ? "waived" : !gates ? "advice" : critical ? "fails critically" : "fails";
  return {
    path,
    kind,
    ...context.ruleAt(model, path, rule),
    legacy,
    candidate,
    delta,
    verdict,
    fingerprint: one.fingerprint,
    waiver: one.waiver,
  };
}

/** Rows that differ and that no finding is about, at their path, above or below it. */
function acceptedIn(
  { table, placeOf }: ShowContext,
  model: string,
  { documents, rows }: Compared,
  { findings }: PairResult,
): AcceptedDifference[] {
  if (documents === null) return [];
  const { mask, ...compiled } = table.compiled(model);
  const resolved = table.resolved(model);
  const paths = findings.map(({ path }) => path);
  const differing = rows.filter(
    ({ mark, path }) =>
      mark !== "equal" && mark !== "skipped" && !paths.some((one) => isWithin(one, path) || isWithin(path, one)),
  );
  return differing.map(({ path, keys, legacy, candidate }) => {
    const roots = [documents.legacy.root, documents.candidate.root];
    const by = rulesFor({ mask, ...compiled }, resolved, keys, roots).map(({ rule, pattern, index }): PlacedRule => {
      const at = ["models", pattern, "rules", index] as const;
      return { rule: ruleText(rule), at: configText(at), place: placeOf(at) };
    });
    const side = (text: string | null): string | null => (text === null ? null : maskValue(mask, path, text));
    return { path, legacy: side(legacy), candidate: side(candidate), by };
  });
}

function isWithin(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);
}
