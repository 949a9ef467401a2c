/** Requests such as a moderation or pricing model gets, by chance of a seed: what the planted causes are planted in. */

/** A stream of numbers in [0, 1) of a seed: mulberry32. */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface RequestBody {
  text: string;
  lang: string;
  currency: string;
  amount: number;
  age: number | null;
  premium: boolean;
  tags: string[];
  items: { sku: string; price: number; quantity: number }[];
  note?: string;
  session: string;
}

export interface Drawn {
  readonly body: RequestBody;
  readonly modelVersion: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly answer: Answer;
}

export interface Answer {
  readonly score: number;
  readonly label: string;
  readonly price: number;
  readonly rank: number;
  readonly due: string;
  readonly reasons: readonly string[];
}

const WORDS =
  "the quick brown fox jumps over a lazy dog while seven wizards bring five boxing quilts to market today".split(" ");
const OTHER: Readonly<Record<string, string>> = {
  de: "größer über Straße",
  ru: "съешь ещё этих мягких",
  ja: "今日は良い天気ですね",
  ar: "مرحبا بالعالم",
  el: "καλημέρα κόσμε",
};
const CURRENCIES = ["USD", "EUR", "GBP", "JPY", "CHF", "SEK"];
const REASONS = ["length", "links", "tone", "sender", "history", "language", "device"];
const LABELS = ["ok", "spam", "abuse", "other"];

export function draw(random: () => number): Drawn {
  const below = (most: number): number => Math.floor(random() * most);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const chance = (rate: number): boolean => random() < rate;
  const lang = chance(0.85) ? "en" : pick(Object.keys(OTHER));
  const length = 3 + Math.floor(2 ** (random() * 6));
  const words = Array.from({ length }, () => pick(WORDS));
  if (lang !== "en") words.splice(below(words.length), 0, OTHER[lang] as string);
  if (chance(0.03)) words.push("😀");
  let text = words.join(chance(0.04) ? "\n" : " ");
  if (chance(0.03)) text = `${text} `;
  if (chance(0.02)) text = text.toUpperCase();
  if (chance(0.05)) text = `${text} https://example.org/${below(1e6)}`;
  if (chance(0.02)) text = "";
  const note = chance(0.6) ? "call me back" : undefined;
  return {
    body: {
      text,
      lang,
      currency: pick(CURRENCIES),
      amount: Math.round(2 ** (random() * 14) * 100) / 100,
      age: chance(0.08) ? null : 18 + below(70),
      premium: chance(0.3),
      tags: Array.from({ length: below(5) }, () => pick(WORDS)),
      items: Array.from({ length: 1 + below(4) }, () => ({
        sku: `sku-${below(5_000)}`,
        price: below(20_000) / 100,
        quantity: 1 + below(3),
      })),
      ...(note === undefined ? {} : { note }),
      session: below(2 ** 31).toString(36),
    },
    modelVersion: chance(0.2) ? "v2" : "v1",
    attributes: { tenant: `t${below(12)}`, region: pick(["eu", "us", "ap"]) },
    answer: {
      score: Math.round((0.001 + 0.998 * random()) * 1e6) / 1e6,
      label: pick(LABELS),
      price: Math.round((1 + 5_000 * random()) * 1e5) / 1e5,
      rank: below(40),
      due: new Date(Date.UTC(2026, 0, 1) + below(300) * 86_400_000 + below(86_400) * 1_000).toISOString(),
      reasons: REASONS.filter(() => chance(0.6)),
    },
  };
}
