/**
 * Judges one pair of answers. Outcome and status first, then media type, then equal bytes (most pairs, never
 * parsed), then the documents by rule. Pure: the same pair under the same rules is the same result.
 */
import type { DiffKind } from "../src/record.ts";
import { textDocument } from "./json/body.ts";
import { mediaType, parseBody } from "./json/formats.ts";
import type { JsonDocument } from "./json/node.ts";
import type { CompiledModel } from "./rules/compile.ts";
import { type Cover, DEFAULT_COVER, type Inherited } from "./rules/rule.ts";
import { Sink } from "./rules/sink.ts";
import { walk } from "./rules/walk.ts";
import type { Answer, CandidateAnswer, PairResult } from "./types.ts";

/** The face of the core: what surrounds it imports from here alone. */
export { type CompiledModel, compileModel } from "./rules/compile.ts";

export function judgePair(model: CompiledModel, legacy: Answer, candidate: CandidateAnswer): PairResult {
  const { answer } = candidate;
  const answered = candidate.outcome === "ok" || candidate.outcome === "model_error";
  if (!answer || !answered) return notComparable(candidate.outcome);
  const legacyFailed = isError(legacy.status);
  const candidateFailed = candidate.outcome === "model_error" || isError(answer.status);
  if (legacyFailed !== candidateFailed) {
    const kind = candidateFailed ? "error_new" : "error_legacy";
    return wholeAnswer(model.errorRule ?? DEFAULT_COVER, kind, String(legacy.status), String(answer.status), model);
  }
  return legacyFailed ? judgeErrors(model, legacy, answer) : judgeAnswers(model, legacy, answer);
}

/** Successes are one class whatever their number; anything else is an error of the class its status or body names. */
function isError(status: number): boolean {
  return status < 200 || status > 299;
}

function judgeAnswers(model: CompiledModel, legacy: Answer, candidate: Answer): PairResult {
  const legacyType = mediaType(legacy.type);
  const candidateType = mediaType(candidate.type);
  if (legacyType !== candidateType) {
    return rootDifference(model, "type", textNode(legacyType), textNode(candidateType));
  }
  if (Buffer.compare(legacy.body, candidate.body) === 0) return EQUAL;
  const inherited: Inherited = { exact: null, fallback: model.fallback, required: true, exactOnly: false };
  const old = parseBody(legacy.type, legacy.body);
  const now = parseBody(candidate.type, candidate.body);
  if (old.ok && now.ok) return judgeDocuments(model, old.document, now.document, inherited);
  if (now.ok) return notComparable("legacy_unparseable");
  const kind = old.ok ? "shape" : "value";
  return rootDifference(model, kind, old.ok ? old.document : textDocument(legacy.body), textDocument(candidate.body));
}

/** Both sides are errors: the class decides; bodies of one class are judged only where the path of a rule matches. */
function judgeErrors(model: CompiledModel, legacy: Answer, candidate: Answer): PairResult {
  const sameBytes = Buffer.compare(legacy.body, candidate.body) === 0;
  if (sameBytes && legacy.status === candidate.status) return EQUAL;
  const looksInside = model.error.readsBody || (model.judgesBodies && !sameBytes);
  const old = looksInside ? errorBody(legacy) : null;
  const now = looksInside ? errorBody(candidate) : null;
  const legacyClass = model.error.classOf(legacy.status, old);
  const candidateClass = model.error.classOf(candidate.status, now);
  if (!model.error.same(legacyClass, candidateClass)) {
    return wholeAnswer(model.errorRule ?? DEFAULT_COVER, "error_class", legacyClass, candidateClass, model);
  }
  const used = model.errorRule ? [model.errorRule.index] : [];
  if (!model.judgesBodies || sameBytes || !old || !now) return { ...EQUAL, used };
  const result = judgeDocuments(model, old, now, {
    exact: null,
    fallback: "silent",
    required: false,
    exactOnly: false,
  });
  return { ...result, used: [...used, ...(result.used ?? [])].sort((a, b) => a - b) };
}

/** What its type says when it parses as that, else text, so that a rule at `$` still has something to judge. */
function errorBody(answer: Answer): JsonDocument {
  const parsed = parseBody(answer.type, answer.body);
  return parsed.ok ? parsed.document : textDocument(answer.body);
}

function judgeDocuments(
  model: CompiledModel,
  legacy: JsonDocument,
  candidate: JsonDocument,
  inherited: Inherited,
): PairResult {
  const sink = new Sink(legacy, candidate);
  walk(sink, legacy.root, candidate.root, model.root, inherited);
  return sink.result();
}

/** A difference between whole bodies: under an ignore rule at `$` accepted, else judged by the exact rule there. */
function rootDifference(
  model: CompiledModel,
  kind: DiffKind,
  legacy: JsonDocument,
  candidate: JsonDocument,
): PairResult {
  const sink = new Sink(legacy, candidate);
  const { ignore, exact } = model.root;
  const rule = ignore ?? exact;
  if (rule) sink.use(rule.index);
  if (ignore) sink.ignore(kind);
  else sink.find(exact ?? DEFAULT_COVER, kind, legacy.root, candidate.root);
  return sink.result();
}

/** A difference of status or error class: no ignore rule is about these. */
function wholeAnswer(
  cover: Cover,
  kind: DiffKind,
  legacy: string,
  candidate: string,
  model: CompiledModel,
): PairResult {
  const sink = new Sink(textNode(legacy), textNode(candidate));
  sink.find(cover, kind, textNode(legacy).root, textNode(candidate).root);
  if (model.errorRule) sink.use(model.errorRule.index);
  return sink.result();
}

/** Statuses stand as numbers, classes and media types as strings. */
function textNode(value: string): JsonDocument {
  const text = /^[1-9][0-9]*$/.test(value) ? value : JSON.stringify(value);
  const root = { kind: "string", start: 0, end: text.length, value } as const;
  return { text, root, duplicates: 0, byteOrderMark: false, bareNumbers: 0 };
}

function notComparable(reason: string): PairResult {
  return { ...EQUAL, outcome: "notComparable", notComparable: reason };
}

/** Equal bytes: nothing was parsed, so no rule is known to match or to be missing. */
const EQUAL: PairResult = Object.freeze({
  outcome: "match",
  findings: [],
  ignored: [],
  notComparable: null,
  warnings: [],
  uncovered: [],
  used: null,
});
