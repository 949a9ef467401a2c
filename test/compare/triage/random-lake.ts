/** Pairs from a seed, with causes of several kinds planted at random: what triage has to find, in another mixture each time. */
import { seededRandom } from "../../../src/random.ts";
import type { PairSpec } from "../pipeline-lake.ts";

interface Input {
  readonly text: string;
  readonly country: string;
  readonly amount: number | null;
}

interface Output {
  readonly label: string;
  readonly score: number;
  readonly note?: string;
}

const COUNTRIES = ["no", "de", "fr", "pt"];
const TEXTS = ["plain words", "søk på ord", "слово", "many words of a text that is rather long ".repeat(4)];
/** Which inputs a cause is about, and what it does to the answer. */
const WHERE: readonly ((input: Input) => boolean)[] = [
  ({ text }) => !/^[a-z ]*$/.test(text),
  ({ country }) => country === "de",
  ({ amount }) => amount === null,
  ({ country, amount }) => country === "fr" && amount !== null && amount > 100,
];
const EFFECTS: readonly ((output: Output) => object)[] = [
  (output) => ({ ...output, score: output.score + 0.5 }),
  (output) => ({ ...output, score: output.score * 100 }),
  (output) => ({ ...output, label: "other" }),
  ({ note: _, ...output }) => output,
  (output) => ({ ...output, score: Math.fround(output.score) }),
];

/** The pairs of each object. One in fifty differs for no cause, one in a hundred has no answer. */
export function randomPairs(seed: number): PairSpec[][] {
  const random = seededRandom(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const causes = Array.from({ length: 1 + Math.floor(random() * 3) }, () => [pick(WHERE), pick(EFFECTS)] as const);
  return Array.from({ length: 4 + Math.floor(random() * 4) }, () =>
    Array.from({ length: 150 + Math.floor(random() * 150) }, (): PairSpec => {
      const amount = random() < 0.3 ? null : Math.round(random() * 500);
      const input: Input = { text: pick(TEXTS), country: pick(COUNTRIES), amount };
      const legacy: Output = { label: pick(["a", "b", "c"]), score: random(), note: `n${Math.floor(random() * 9)}` };
      const found = causes.filter(([where]) => where(input));
      const caused = found.reduce<object>((output, [, effect]) => effect(output as Output), legacy);
      const candidate = random() < 0.02 ? { ...caused, label: pick(["a", "b", "c", "d"]) } : caused;
      return {
        model: random() < 0.7 ? "big" : "small",
        modelVersion: random() < 0.5 ? "v1" : "v2",
        input: JSON.stringify(input),
        legacy: JSON.stringify(legacy),
        ...(random() < 0.01 ? {} : { candidate: JSON.stringify(candidate) }),
      };
    }),
  );
}
