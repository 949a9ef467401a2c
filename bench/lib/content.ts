/**
 * The content that all benches measure: messages of about 1 KB of made-up words from a Zipf vocabulary,
 * 400 models, and pairs of outputs of which 99 % are equal in bytes, 0.7 % within tolerance, 0.3 % different.
 */
import { seededRandom } from "../../src/random.ts";

export const MODELS = 400;

const CONSONANTS = "bcdfghjklmnprstvwz";
const VOWELS = "aeiou";
const VOCABULARY_WORDS = 20_000;
/** Zipf's law, P(rank) ~ (rank + OFFSET) ** -EXPONENT: frequent words come as often as in reviews, and compress as they do. */
const ZIPF_EXPONENT = 1.07;
const ZIPF_OFFSET = 8;
/** Fine enough that even the rarest word has its share. */
const QUANTILES = 2 ** 20;

export interface Words {
  /** Whole words with blanks, commas and full stops between, at least `length` characters. */
  words(length: number): string;
  /** The same, cut to `length`. */
  text(length: number): string;
}

export function createWords(random: () => number): Words {
  const letter = (letters: string): string => letters[Math.floor(random() * letters.length)] as string;
  const vocabulary = Array.from({ length: VOCABULARY_WORDS }, () => {
    let word = "";
    for (let i = 1 + Math.floor(random() * 4); i > 0; i--) word += letter(CONSONANTS) + letter(VOWELS);
    return random() < 0.5 ? word : word + letter(CONSONANTS);
  });
  const words = (length: number): string => {
    let text = "";
    while (text.length < length) {
      const rank = ranks[Math.floor(random() * QUANTILES)] as number;
      text += vocabulary[rank] as string;
      text += SEPARATORS[Math.floor(random() * SEPARATORS.length)] as string;
    }
    return text;
  };
  return { words, text: (length) => words(length).slice(0, length) };
}

/** Quantile → rank. A table, because a power for each word is most of what filling a topic would cost. */
const ranks = Uint16Array.from({ length: QUANTILES }, (_, i) => zipfRank((i + 0.5) / QUANTILES));
/** One word in twelve ends with a comma, one with a full stop. */
const SEPARATORS = [", ", ". ", ...Array<string>(10).fill(" ")];

/** The inverse of the continuous distribution over [-0.5, words - 0.5], rounded. */
function zipfRank(quantile: number): number {
  const power = 1 - ZIPF_EXPONENT;
  const low = (ZIPF_OFFSET - 0.5) ** power;
  const high = (ZIPF_OFFSET + VOCABULARY_WORDS - 0.5) ** power;
  return Math.min(VOCABULARY_WORDS - 1, Math.round((low + quantile * (high - low)) ** (1 / power) - ZIPF_OFFSET));
}

export interface Message {
  readonly id: string;
  readonly model: string;
  readonly input: string;
  readonly output: string;
  readonly json: string;
}

/**
 * The stream of messages of the capture bench: {id, model, ts, input, output}, 984 bytes on average, which zstd 1
 * shrinks to 0.41. The same for the same seed.
 */
export function* messages(count: number, { seed = 42, models = MODELS } = {}): Generator<Message> {
  const random = seededRandom(seed);
  const { words } = createWords(random);
  const below = (limit: number): number => Math.floor(random() * limit);
  const hex = (): string =>
    below(2 ** 32)
      .toString(16)
      .padStart(8, "0");
  for (let i = 0; i < count; i++) {
    const id = `${hex()}-${hex()}-${String(i).padStart(8, "0")}`;
    const model = modelName(below(models));
    const embedding = Array.from({ length: 6 }, () => normal(random).toFixed(6)).join(",");
    const input = `{"user":${below(5e6)},"lang":"en","stars":${1 + below(5)},"text":"${words(500 + below(300))}","emb":[${embedding}]}`;
    const p = random();
    const probs = [0.5, 0.3, 0.2].map((share) => (p * share).toFixed(8)).join(",");
    const version = `2026-11-${String(1 + below(28)).padStart(2, "0")}`;
    const latency = (-Math.log(1 - random()) * 20).toFixed(3);
    const output = `{"label":"${labelOf(random())}","score":${p.toFixed(9)},"probs":[${probs}],"version":"${version}","latency_ms":${latency}}`;
    const ts = 1_761_955_200_000 + i * 7 + below(5);
    const json = `{"id":"${id}","model":"${model}","ts":${ts},"input":${input},"output":${output}}`;
    yield { id, model, input, output, json };
  }
}

/** Standard normal, by Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export function modelName(index: number): string {
  return `model-${String(index).padStart(3, "0")}`;
}

function labelOf(dice: number): string {
  if (dice < 1 / 3) return "positive";
  return dice < 2 / 3 ? "neutral" : "negative";
}

export interface OutputPair {
  readonly legacy: string;
  readonly candidate: string;
}

/** Shares of the pairs that differ within tolerance, and beyond it. */
export interface PairShares {
  readonly near: number;
  readonly far: number;
}

const USUAL_SHARES: PairShares = { near: 0.007, far: 0.003 };

/** Outputs of about 250 bytes; which of them differ, and how, is decided by the seed. */
export function outputPairs(shares: PairShares = USUAL_SHARES, seed = 7): () => OutputPair {
  const random = seededRandom(seed);
  const words = createWords(random);
  return () => {
    const p = random();
    const score = Number(random().toFixed(9));
    const probs = [0.5, 0.3, 0.2].map((share) => Number((p * share).toFixed(8)));
    const version = `2026-11-${String(1 + Math.floor(random() * 28)).padStart(2, "0")}`;
    const base = { label: labelOf(random()), score, probs, version, reason: words.text(100) };
    return { legacy: JSON.stringify(base), candidate: candidateOf(base, shares, random) };
  };
}

interface Output {
  readonly label: string;
  readonly score: number;
  readonly probs: readonly number[];
  readonly version: string;
  readonly reason: string;
}

const OTHER_LABEL: Readonly<Record<string, string>> = {
  positive: "neutral",
  neutral: "negative",
  negative: "positive",
};

function candidateOf(base: Output, { near, far }: PairShares, random: () => number): string {
  const dice = random();
  if (dice >= near + far) return JSON.stringify(base);
  if (dice >= far) {
    const probs = base.probs.map((value) => value * (1 + 1e-7));
    return JSON.stringify({ ...base, score: base.score * (1 + 1e-7) + 1e-12, probs });
  }
  const kind = random();
  if (kind < 0.4) return JSON.stringify({ ...base, label: OTHER_LABEL[base.label] });
  if (kind < 0.8) return JSON.stringify({ ...base, score: Number((base.score + 0.05).toFixed(9)) });
  const { version: _dropped, ...rest } = base;
  return JSON.stringify(rest);
}
