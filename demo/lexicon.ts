/** What the moderation models look for: words, the reason code they give, and their weight (in log-odds). */
export interface Entry {
  readonly reason: Reason;
  /** Multiples of 0.25, so that sums are exact and some reviews land on a threshold to the last bit. */
  readonly weight: number;
}

/** In the order of severity in which the legacy model lists them. */
export const REASONS = ["THREAT", "HATE", "INSULT", "PROFANITY", "SPAM"] as const;
export type Reason = (typeof REASONS)[number];

const WORDS: Readonly<Record<Reason, Readonly<Record<string, number>>>> = {
  THREAT: { hurt: 2.5, destroy: 2, повесить: 4.5, erwürgen: 4.5 },
  HATE: { vermin: 3, subhuman: 3.5, "sous-homme": 4.5, ungeziefer: 2.5 },
  INSULT: { idiot: 2, stupid: 1.25, moron: 2.25, clown: 0.75, идиот: 4.5, crétin: 4.5, dämlich: 4.75 },
  PROFANITY: { damn: 0.75, crap: 1, hell: 0.5, scheiße: 4.5, жопа: 4.75 },
  SPAM: { discount: 0.75, coupon: 1.25, whatsapp: 1.5, subscribe: 1 },
};

export const LEXICON: ReadonlyMap<string, Entry> = new Map(
  REASONS.flatMap((reason) =>
    Object.entries(WORDS[reason]).map(([word, weight]): [string, Entry] => [word, { reason, weight }]),
  ),
);

/** Log-odds of an empty text. */
export const BIAS = -2;
/** Scores at or above: shown to a moderator; taken down. */
export const REVIEW_AT = 0.5;
export const BLOCK_AT = 0.9;
