/** What triage says of the differences: words of summary.json, shared by those who find and those who show. */

/** Closed set: what the candidate's values have to do with legacy's. */
export const SIGNATURES = [
  "constant_offset",
  "constant_ratio",
  "rounded",
  "float32",
  "sign_flip",
  "complement",
  "logit",
  "permuted_labels",
  "off_by_one",
  "clipped",
  "constant_default",
  "hour_shift",
  "permutation",
] as const;
export type SignatureName = (typeof SIGNATURES)[number];

export interface Signature {
  readonly name: SignatureName;
  /** E.g. `{offset: 0.05}`, `{ratio: 100}`, `{decimals: 2}`, `{hours: 1}`. */
  readonly parameters: Readonly<Record<string, number | string>>;
  /** Sampled pairs for which it holds, of those that were looked at. */
  readonly holds: number;
  readonly of: number;
}

/** One condition on a request, e.g. feature `$.text` `script`, value `non-ASCII`. */
export interface SliceTerm {
  readonly feature: string;
  readonly value: string;
}

/** Conditions that hold together for most of the mismatches and few of the matches. */
export interface Slice {
  readonly terms: readonly SliceTerm[];
  /** Sampled mismatches inside it, of all sampled mismatches that were looked at; so of the matches. */
  readonly mismatches: number;
  readonly ofMismatches: number;
  readonly matches: number;
  readonly ofMatches: number;
  /** Pairs that one sampled match stands for. */
  readonly matchWeight: number;
  /** Mismatch rate inside over the rate of all; null when every pair inside mismatches and none outside. */
  readonly lift: number | null;
}

/** One guessed cause over the groups that share it. */
export interface Explanation {
  /** Null when it holds over several models. */
  readonly model: string | null;
  readonly text: string;
  readonly by: "signature" | "slice";
  readonly signature?: Signature;
  readonly slice?: Slice;
  /** Fingerprints of the groups it explains, at most 100. */
  readonly groups: readonly string[];
  /** Findings in these groups, and their share of all findings of the model, or of the run. */
  readonly count: number;
  readonly share: number;
}

/** Closed set: what an exemplar stands for. */
export const EXEMPLAR_CHOICES = ["median", "worst", "threshold", "fewest"] as const;
export type ExemplarChoice = (typeof EXEMPLAR_CHOICES)[number];
