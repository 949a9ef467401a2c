/**
 * Values that are not to be shown: `models.<pattern>.mask`. Judging never sees a mask; showing, storing of findings and
 * the summary see nothing else. Where a mask cannot be applied, because a body does not read as what a path could mean,
 * the whole is hidden: a mask that fails must not show what it was for.
 */
import type { ResolvedMask } from "../../src/config/models.ts";
import { CutoverError, isCutoverError } from "../../src/errors.ts";
import { mediaType, parseBody } from "../json/formats.ts";
import { type JsonDocument, type JsonNode, textOf } from "../json/node.ts";
import { parseJsonText } from "../json/parse.ts";
import { type PathStep, parsePath } from "../json/path.ts";
import type { Finding, PairResult } from "../types.ts";

/** What stands for a value, as JSON text: neither its type nor its length. */
export const HIDDEN_JSON = '"•••"';
/** The same where no JSON is expected. */
export const HIDDEN_TEXT = "•••";

/** One step of a path and what follows it; `next` null: what it leads to is hidden. */
interface MaskStep {
  readonly step: PathStep;
  /** `..` stands before it: any number of levels may lie between. */
  readonly descends: boolean;
  readonly next: MaskStep | null;
}

/** Steps that may come next; `hidden` once a path has been walked to its end. */
export type Mask = ReadonlySet<MaskStep> | "hidden";

/** Null without a path. Throws CONFIG for a path that cannot be read. */
export function compileMask(masks: readonly ResolvedMask[] = []): Mask | null {
  if (masks.length === 0) return null;
  const heads = masks.map(({ path, pattern, index }) =>
    compilePath(path, `models.${JSON.stringify(pattern)}.mask[${index}]`),
  );
  if (heads.some((head) => head === null)) return "hidden";
  return new Set(heads.filter((head) => head !== null));
}

/** The text of an input or an answer, to be shown. */
export function maskBody(mask: Mask | null, type: string, body: Uint8Array): string {
  if (mask === null) return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
  if (mask === "hidden") return HIDDEN_TEXT;
  const parsed = parseBody(type, body);
  if (!parsed.ok || !hasStructure(type, parsed.document)) return HIDDEN_TEXT;
  return print(parsed.document, parsed.document.root, mask);
}

/** The findings of a pair as they may be stored and shown; its outcome stays. */
export function maskResult(mask: Mask | null, result: PairResult): PairResult {
  if (mask === null || result.findings.length === 0) return result;
  return { ...result, findings: result.findings.map((finding) => maskFinding(mask, finding)) };
}

/** A JSON text that stands at a path, to be shown. */
export function maskValue(mask: Mask | null, path: string, json: string): string {
  return mask === null ? json : (maskJson(at(mask, path), json) ?? json);
}

/** Whether the value at a path, or at a field's with `[*]`, is hidden. */
export function isMasked(mask: Mask | null, path: string): boolean {
  return mask !== null && at(mask, path) === "hidden";
}

function maskFinding(mask: Mask, finding: Finding): Finding {
  const state = at(mask, finding.path);
  if (state === "hidden" || isUnread(finding)) {
    const side = (text: string | null): string | null => (text === null ? null : HIDDEN_JSON);
    return { ...finding, legacy: side(finding.legacy), candidate: side(finding.candidate), delta: null };
  }
  if (state.size === 0) return finding;
  return { ...finding, legacy: maskJson(state, finding.legacy), candidate: maskJson(state, finding.candidate) };
}

/** A whole body that stands as one string, since it could not be read as what it says it is. */
function isUnread({ path, kind, legacy, candidate }: Finding): boolean {
  const isText = legacy?.startsWith('"') || candidate?.startsWith('"');
  return path === "$" && (kind === "shape" || kind === "value") && isText === true;
}

function maskJson(mask: Mask, text: string | null): string | null {
  if (text === null) return null;
  if (mask === "hidden") return HIDDEN_JSON;
  if (mask.size === 0) return text;
  const parsed = parseJsonText(text);
  return parsed.ok ? print(parsed.document, parsed.document.root, mask) : HIDDEN_JSON;
}

/** JSON, JSON Lines and CSV; a body that is one string at `$` is no place for a path to lead into. */
function hasStructure(type: string, { root }: JsonDocument): boolean {
  return root.kind !== "string" || /json/.test(mediaType(type));
}

/**
 * Printed from the values, not cut into the text as it came: of a repeated member the text holds the earlier values,
 * too, and these are no values of the document.
 */
function print(document: JsonDocument, node: JsonNode, mask: Mask): string {
  if (mask === "hidden") return HIDDEN_JSON;
  if (mask.size === 0) return textOf(document, node);
  if (node.kind === "array") {
    return `[${node.items.map((item, index) => print(document, item, advance(mask, index))).join(",")}]`;
  }
  if (node.kind !== "object") return textOf(document, node);
  const members = [...node.members].map(
    ([name, value]) => `${JSON.stringify(name)}:${print(document, value, advance(mask, name))}`,
  );
  return `{${members.join(",")}}`;
}

function at(mask: Mask, path: string): Mask {
  let state = mask;
  for (const step of parsePath(path, path).steps) {
    state = advance(state, step === "[*]" ? null : "name" in step ? step.name : step.index);
  }
  return state;
}

/** A member, an element, or null for the `[*]` of a field, which stands for all elements. */
type Key = string | number | null;

function advance(mask: Mask, key: Key): Mask {
  if (mask === "hidden") return mask;
  const next = new Set<MaskStep>();
  for (const one of mask) {
    if (one.descends) next.add(one);
    if (!leads(one.step, key)) continue;
    if (one.next === null) return "hidden";
    next.add(one.next);
  }
  return next;
}

function leads(step: PathStep, key: Key): boolean {
  if (step === "[*]") return typeof key !== "string";
  if ("index" in step) return key === step.index || key === null;
  return key === step.name;
}

/** The first step; null for `$` and `$..*`, which hide all. */
function compilePath(text: string, place: string): MaskStep | null {
  let next: MaskStep | null = null;
  const segments = segmentsOf(text).map((segment, index, { length }) => {
    if (index > 0 && index === length - 1 && segment === "*") return [];
    const written = index === 0 ? segment : `$${segment.startsWith("[") ? "" : "."}${segment}`;
    return stepsOf(written, text, place);
  });
  for (const [index, steps] of [...segments.entries()].reverse()) {
    for (const [position, step] of [...steps.entries()].reverse()) {
      next = { step, descends: index > 0 && position === 0, next };
    }
  }
  return next;
}

function stepsOf(written: string, whole: string, place: string): readonly PathStep[] {
  try {
    return parsePath(written, place).steps;
  } catch (cause) {
    if (!isCutoverError(cause, "CONFIG")) throw cause;
    throw new CutoverError("CONFIG", "cannot read the path of a mask", {
      place,
      expected: "a path as in rules, in which `..` stands for any number of levels",
      received: whole,
      hint: 'write for example `$.user.email`, `$.items[*]["full name"]` or `$..text`',
      cause,
    });
  }
}

/** Split at `..`, but for those in quoted names. */
function segmentsOf(path: string): string[] {
  return path.replace(/("(?:[^"\\]|\\.)*")|\.\./g, (_, quoted?: string) => quoted ?? "\u0000").split("\u0000");
}
