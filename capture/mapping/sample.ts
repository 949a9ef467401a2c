/** Which records are kept: a pure function of id and model, so that every reading keeps the same ones. */
import type { CaptureSettings } from "../../src/config/schema.ts";
import { hashText } from "../../src/hash.ts";
import { compilePattern } from "../../src/match.ts";

/** Whether to keep a record; the first pattern that matches the model decides, none keeps all. */
export type Sampler = (record: { readonly id: string; readonly model: string }) => boolean;

const HASHES = 2 ** 32;

export function createSampler(sample: CaptureSettings["sample"]): Sampler {
  if (sample.every(({ rate }) => rate === 1)) return () => true;
  const patterns = sample.map(({ models, rate }) => ({ matches: compilePattern(models), rate }));
  const rateOf = (model: string): number => patterns.find(({ matches }) => matches(model))?.rate ?? 1;
  return ({ id, model }) => hashText(`${model}\n${id}`) < rateOf(model) * HASHES;
}
