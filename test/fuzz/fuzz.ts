/** The loop of the fuzzer: documents from one seed, each judged by all targets, until a count or a time is reached. */
import { readFileSync } from "node:fs";
import { seededRandom } from "../../src/random.ts";
import { below, generate, mutate, pick, within } from "./mutate.ts";
import { checkLines, checkScanner, checkStrings } from "./targets.ts";

export interface Finding {
  readonly target: string;
  readonly seed: number;
  readonly document: number;
  /** The document, to be tried again alone. */
  readonly base64: string;
  readonly message: string;
}

export interface FuzzResult {
  readonly documents: number;
  /** Documents that the scanner accepted, that held strings to compare, that had more than one line. */
  readonly accepted: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

export interface FuzzOptions {
  readonly seed: number;
  readonly documents?: number;
  readonly seconds?: number;
}

/** Accepted mutations join the corpus, so that changes pile up; it never grows beyond this. */
const CORPUS_MAX = 400;
const FINDINGS_MAX = 20;
/** Documents grow with each mutation; above this they are cut. */
const DOCUMENT_BYTES_MAX = 8_192;

export async function fuzz({ seed, documents = Number.POSITIVE_INFINITY, seconds }: FuzzOptions): Promise<FuzzResult> {
  const random = seededRandom(seed);
  const corpus = [...fixtures(), ...Array.from({ length: 40 }, () => generate(random))];
  const accepted = { scanner: 0, strings: 0, lines: 0 };
  const findings: Finding[] = [];
  const deadline = seconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + seconds * 1000;
  let n = 0;
  for (; n < documents && findings.length < FINDINGS_MAX && performance.now() < deadline; n++) {
    const fresh = random() < 0.2;
    const made = fresh ? generate(random) : mutate(random, pick(random, corpus), corpus);
    const bytes = within(random, made.subarray(0, DOCUMENT_BYTES_MAX));
    const judge = async (target: keyof typeof accepted, check: () => unknown): Promise<boolean> => {
      try {
        const result = (await check()) as { readonly accepted: boolean };
        if (result.accepted) accepted[target]++;
        return result.accepted;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        findings.push({ target, seed, document: n, base64: Buffer.from(bytes).toString("base64"), message });
        return false;
      }
    };
    const kept = await judge("scanner", () => checkScanner(bytes));
    await judge("strings", () => checkStrings(bytes));
    await judge("lines", () => checkLines(bytes, random));
    if (!kept) continue;
    if (corpus.length < CORPUS_MAX) corpus.push(bytes);
    else if (random() < 0.1) corpus[below(random, corpus.length)] = bytes;
  }
  return { documents: n, accepted, findings };
}

/** The cases of the mapping, and some lines of a file. */
function fixtures(): Buffer[] {
  const cases = JSON.parse(
    readFileSync(new URL("../../fixtures/capture/messages.json", import.meta.url), "utf8"),
  ) as readonly { readonly value: string }[];
  const lines = ['{"a":1}\r\n\n{"b":2}\r\r\n', "\n\n\n", "\r", "a\r\nb"];
  return [...cases.map(({ value }) => value), ...lines].map((text) => Buffer.from(text));
}
