/**
 * The content that all benches measure: messages of about 1 KB of made-up words from a Zipf-like vocabulary,
 * 400 models, and pairs of outputs of which 99 % are equal in bytes, 0.7 % within tolerance, 0.3 % different.
 */
import { seededRandom } from "../../src/random.ts";

export const MODELS = 400;

const CONSONANTS = "bcdfghjklmnprstvwz";
const VOWELS = "aeiou";
const VOCABULARY_WORDS = 20_000;

export interface Words {
  /** Words joined by blanks, at least `length` characters, cut to it. */
  text(length: number): string;
}

export function createWords(random: () => number): Words {
  const letter = (letters: string): string => letters[Math.floor(random() * letters.length)] as string;
  const vocabulary = Array.from({ length: VOCABULARY_WORDS }, () => {
    let word = "";
    for (let i = 1 + Math.floor(random() * 4); i > 0; i--) word += letter(CONSONANTS) + letter(VOWELS);
    return random() < 0.5 ? word : word + letter(CONSONANTS);
  });
  // Inverse of a density ~ 1/rank: the frequent words come often, as in text.
  const rank = (): number => Math.floor(VOCABULARY_WORDS ** random()) - 1;
  return {
    text(length) {
      let text = "";
      while (text.length < length) text += `${vocabulary[rank()]} `;
      return text.slice(0, length);
    },
  };
}

export interface Message {
  readonly id: string;
  readonly model: string;
  readonly input: string;
  readonly output: string;
  readonly json: string;
}

/** The stream of messages of the capture bench: {id, model, ts, input, output}, 984 bytes on average. */
export function* messages(count: number, seed = 42): Generator<Message> {
  const random = seededRandom(seed);
  const words = createWords(random);
  const hex = (): string =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  for (let i = 0; i < count; i++) {
    const id = `${hex()}-${hex()}-${String(i).padStart(8, "0")}`;
    const model = modelName(Math.floor(random() * MODELS));
    const text = words.text(500 + Math.floor(random() * 300));
    const embedding = Array.from({ length: 6 }, () => (random() * 4 - 2).toFixed(6)).join(",");
    const user = Math.floor(random() * 5e6);
    const input = `{"user":${user},"lang":"en","stars":${1 + (i % 5)},"text":"${text}","emb":[${embedding}]}`;
    const p = random();
    const probs = [0.5, 0.3, 0.2].map((share) => (p * share).toFixed(8)).join(",");
    const version = `2026-11-${String(1 + (i % 28)).padStart(2, "0")}`;
    const output = `{"label":"${labelOf(random())}","score":${p.toFixed(9)},"probs":[${probs}],"version":"${version}"}`;
    const ts = 1_761_955_200_000 + i * 7;
    const json = `{"id":"${id}","model":"${model}","ts":${ts},"input":${input},"output":${output}}`;
    yield { id, model, input, output, json };
  }
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

/** Outputs of about 250 bytes; which of them differ, and how, is decided by the seed. */
export function outputPairs(seed = 7): () => OutputPair {
  const random = seededRandom(seed);
  const words = createWords(random);
  return () => {
    const p = random();
    const score = Number(random().toFixed(9));
    const probs = [0.5, 0.3, 0.2].map((share) => Number((p * share).toFixed(8)));
    const version = `2026-11-${String(1 + Math.floor(random() * 28)).padStart(2, "0")}`;
    const base = { label: labelOf(random()), score, probs, version, reason: words.text(100) };
    return { legacy: JSON.stringify(base), candidate: candidateOf(base, random) };
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

function candidateOf(base: Output, random: () => number): string {
  const dice = random();
  if (dice >= 0.01) return JSON.stringify(base);
  if (dice >= 0.003) {
    const probs = base.probs.map((value) => value * (1 + 1e-7));
    return JSON.stringify({ ...base, score: base.score * (1 + 1e-7) + 1e-12, probs });
  }
  const kind = random();
  if (kind < 0.4) return JSON.stringify({ ...base, label: OTHER_LABEL[base.label] });
  if (kind < 0.8) return JSON.stringify({ ...base, score: Number((base.score + 0.05).toFixed(9)) });
  const { version: _dropped, ...rest } = base;
  return JSON.stringify(rest);
}
