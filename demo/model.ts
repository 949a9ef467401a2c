/**
 * Two small moderation models: the legacy one, and its port with four realistic defects of porting.
 * Pure functions of the text.
 */
import { BIAS, BLOCK_AT, LEXICON, REASONS, REVIEW_AT, type Reason } from "./lexicon.ts";

export interface Answer {
  readonly label: "ok" | "review" | "block";
  /** Probability that a moderator would act, 0 to 1. */
  readonly score: number;
  readonly reasons: readonly Reason[];
}

export type Model = (text: string) => Answer;

/** What goes wrong in the port; `demo --fixed` has none of it. */
export interface Defects {
  /** Long reviews take a vectorised path that adds and answers in float32. */
  readonly float32: boolean;
  /** The tokenizer's `\w` knows ASCII only, so that `crétin` becomes `cr` and `tin`. */
  readonly asciiTokenizer: boolean;
  /** `>` where legacy has `>=`. */
  readonly strictThreshold: boolean;
  /** Reasons in the order in which a set gave them out, not by severity. */
  readonly unorderedReasons: boolean;
}

export const NO_DEFECTS: Defects = {
  float32: false,
  asciiTokenizer: false,
  strictThreshold: false,
  unorderedReasons: false,
};
export const PORTING_DEFECTS: Defects = {
  float32: true,
  asciiTokenizer: true,
  strictThreshold: true,
  unorderedReasons: true,
};

/** Tokens from which the port takes its vectorised path. */
const LONG_REVIEW_TOKENS = 60;

export const legacyModel: Model = (text) => {
  const { sum, reasons } = weigh(tokens(text, /[^\p{L}\p{N}'-]+/u));
  const score = 1 / (1 + Math.exp(-(BIAS + sum)));
  return { label: label(score, (value, limit) => value >= limit), score, reasons: bySeverity(reasons) };
};

/** The port. Sound or not, it uses another form of the logistic function: the last bit of a score may differ. */
export function portedModel(defects: Defects): Model {
  const separator = defects.asciiTokenizer ? /[^A-Za-z0-9'-]+/ : /[^\p{L}\p{N}'-]+/u;
  const reaches = defects.strictThreshold
    ? (value: number, limit: number): boolean => value > limit
    : (value: number, limit: number): boolean => value >= limit;
  return (text) => {
    const words = tokens(text, separator);
    const { sum, reasons } = weigh(words);
    const odds = Math.exp(BIAS + sum);
    const exact = odds / (1 + odds);
    const score = defects.float32 && words.length > LONG_REVIEW_TOKENS ? Math.fround(exact) : exact;
    return {
      label: label(score, reaches),
      score,
      reasons: defects.unorderedReasons ? [...reasons] : bySeverity(reasons),
    };
  };
}

function tokens(text: string, separator: RegExp): string[] {
  return text.toLowerCase().normalize("NFC").split(separator).filter(Boolean);
}

/** Sum of the weights, each word once; reasons in the order in which they were met. */
function weigh(words: readonly string[]): { sum: number; reasons: Set<Reason> } {
  const reasons = new Set<Reason>();
  let sum = 0;
  for (const word of new Set(words)) {
    const entry = LEXICON.get(word);
    if (!entry) continue;
    sum += entry.weight;
    reasons.add(entry.reason);
  }
  return { sum, reasons };
}

function label(score: number, reaches: (value: number, limit: number) => boolean): Answer["label"] {
  if (reaches(score, BLOCK_AT)) return "block";
  return reaches(score, REVIEW_AT) ? "review" : "ok";
}

function bySeverity(reasons: ReadonlySet<Reason>): Reason[] {
  return REASONS.filter((reason) => reasons.has(reason));
}
