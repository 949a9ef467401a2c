/** Which way a difference goes, how far, and of what shape: coarse words, so that differences of one cause share a group. */
import { type GroupKey, NONE } from "./group-key.ts";
import { parseJsonText } from "./json/parse.ts";
import { argmax } from "./rules/label.ts";
import { templateOf } from "./triage/template.ts";
import type { Finding } from "./types.ts";

export interface FingerprintParts {
  /** `up`, `down`, `~` (rounding has no direction), `from→to` of classes and types, `none`. */
  readonly direction: string;
  /** A word of MAGNITUDES, a change of length, or `none`. */
  readonly magnitude: string;
  /** Of texts that differ, their shapes; `none` wherever there is a direction, and of all kinds but `value`. */
  readonly template: string;
}

/** The group of a finding, at the finest level. */
export function groupKeyOf(finding: Finding): GroupKey {
  const { field, rule, kind } = finding;
  return { path: field, kind, rule, ...fingerprintParts(finding) };
}

/** Depends on the kind and on the texts of both sides alone, so it is the same wherever it is computed. */
export function fingerprintParts(finding: Pick<Finding, "kind" | "legacy" | "candidate" | "delta">): FingerprintParts {
  const { kind, legacy, candidate, delta } = finding;
  if (legacy === null || candidate === null) return NOTHING;
  switch (kind) {
    case "value":
      return valueParts(legacy, candidate, delta);
    case "decision_flip":
      return directed((delta ?? 0) < 0 ? "above→below" : "below→above", relativeSize(legacy, candidate, delta));
    case "label_flip":
    case "error_new":
    case "error_legacy":
    case "error_class":
      return directed(`${classNameOf(legacy)}→${classNameOf(candidate)}`);
    case "type":
      return directed(typeDirection(legacy, candidate));
    case "length":
      return lengthParts(legacy, candidate);
    default:
      return NOTHING;
  }
}

/** Relative difference up to which each word holds; above the last it is `huge`. */
const MAGNITUDES: readonly (readonly [atMost: number, word: string])[] = [
  [1e-6, "rounding"],
  [1e-3, "tiny"],
  [0.05, "small"],
  [0.5, "large"],
];
/** Code points of a class name in a direction. */
const CLASS_NAME_MAX = 24;
const NOTHING: FingerprintParts = { direction: NONE, magnitude: NONE, template: NONE };

function directed(direction: string, magnitude: string = NONE): FingerprintParts {
  return { direction, magnitude, template: NONE };
}

function valueParts(legacy: string, candidate: string, delta: number | null): FingerprintParts {
  if (legacy === "true" || legacy === "false") return directed(`${legacy}→${cutName(candidate)}`);
  if (delta === null) return { ...NOTHING, template: templateOf(legacy, candidate) };
  const magnitude = relativeSize(legacy, candidate, delta);
  return directed(magnitude === "rounding" ? "~" : delta > 0 ? "up" : "down", magnitude);
}

/** By the larger of both, so that it is the same from either side. */
function relativeSize(legacy: string, candidate: string, delta: number | null): string {
  const [old, now] = [Number(legacy), Number(candidate)];
  if (delta === null || !Number.isFinite(old) || !Number.isFinite(now)) return "none";
  if (delta !== 0 && (old === 0 || now === 0)) return "zero";
  const relative = delta === 0 ? 0 : Math.abs(delta) / Math.max(Math.abs(old), Math.abs(now));
  return MAGNITUDES.find(([atMost]) => relative <= atMost)?.[1] ?? "huge";
}

/** The class as a person names it: the text of a string, the index of the largest value of a vector. */
export function classNameOf(json: string): string {
  const parsed = parseJsonText(json);
  const root = parsed.ok ? parsed.document.root : null;
  if (root?.kind === "array")
    return `#${argmax(root.items.map((item) => (item.kind === "number" ? item.value : Number.NaN)))}`;
  return cutName(root?.kind === "string" ? root.value : json);
}

function cutName(text: string): string {
  const name = [...text];
  return name.length <= CLASS_NAME_MAX ? name.join("") : `${name.slice(0, CLASS_NAME_MAX - 1).join("")}…`;
}

/** `number→string`; of two media types the types themselves. */
function typeDirection(legacy: string, candidate: string): string {
  const [from, to] = [kindOf(legacy), kindOf(candidate)];
  return from === to && from === "string" ? `${classNameOf(legacy)}→${classNameOf(candidate)}` : `${from}→${to}`;
}

function kindOf(json: string): string {
  const parsed = parseJsonText(json);
  return parsed.ok ? parsed.document.root.kind : "text";
}

function lengthParts(legacy: string, candidate: string): FingerprintParts {
  const [from, to] = [lengthOf(legacy), lengthOf(candidate)];
  if (from === null || to === null || from === to) return NOTHING;
  const change = Math.abs(to - from);
  const magnitude = change === 1 ? "1" : change < 10 ? "2–9" : "10+";
  return directed(to > from ? "up" : "down", magnitude);
}

function lengthOf(json: string): number | null {
  const parsed = parseJsonText(json);
  return parsed.ok && parsed.document.root.kind === "array" ? parsed.document.root.items.length : null;
}
