/**
 * When a signature is believed: it holds for nearly all that was sampled, and what it predicts could hardly be so by
 * chance. Chance is counted in bits: of each distinct value of legacy, how many times the difference is larger than what
 * would still have fitted. A difference of one last place carries no bit, so jitter of printed digits proves nothing.
 */
import type { SignatureName } from "../types.ts";
import type { NumberPair } from "./pairs.ts";

/** What was found, and a test of one more pair. */
export interface Hypothesis<T> {
  readonly name: SignatureName;
  readonly parameters: Readonly<Record<string, number | string>>;
  readonly holds: (pair: T) => boolean;
}

/** Share of the findings for which a signature must hold. */
export const SHARE_LEAST = 0.95;
/** Sampled pairs below which nothing is said. */
export const PAIRS_LEAST = 8;
/** Distinct values of legacy that show that a value varies. */
export const DISTINCT_LEAST = 8;
/** Of pairs that show a bit or two each, so many are asked for. */
export const WEAK_PAIRS_LEAST = 16;

const BITS_LEAST = 24;
/** One pair proves no more than this. */
const BITS_MOST = 10;
/** A difference is of a size to tell a formula by when it is so many times what the formula may be off. */
const CLEAR = 20;

export function shareOf<T extends { readonly weight: number }>(
  pairs: readonly T[],
  holds: (pair: T) => boolean,
): number {
  let [all, held] = [0, 0];
  for (const pair of pairs) {
    all += pair.weight;
    if (holds(pair)) held += pair.weight;
  }
  return all === 0 ? 0 : held / all;
}

export function holdsForMost<T extends { readonly weight: number }>(
  pairs: readonly T[],
  holds: (pair: T) => boolean,
): boolean {
  return pairs.length >= PAIRS_LEAST && shareOf(pairs, holds) >= SHARE_LEAST;
}

export function distinct<T>(values: Iterable<T>): number {
  return new Set(values).size;
}

/** A formula that gives the candidate's value from legacy's. */
export interface Formula {
  readonly name: SignatureName;
  readonly parameters: Readonly<Record<string, number | string>>;
  readonly f: (x: number) => number;
  /** How much the result changes with x: what is open in x is open so many times in the result. */
  readonly slope: (x: number) => number;
  /** Size of the numbers that the formula computes with, beside both values. */
  readonly scale: number;
  /** A number in it was taken from the pairs: one of them is then explained for nothing. */
  readonly fitted: boolean;
}

/** Of arithmetic in doubles and of arithmetic in float32, relative. */
const DOUBLE_NOISE = 1e-12;
const FLOAT_NOISE = 3e-7;

type Tolerance = (pair: NumberPair, formula: Formula) => number;
const TOLERANCES: readonly Tolerance[] = [
  (pair, formula) => DOUBLE_NOISE * sizeOf(pair, formula),
  (pair, formula) =>
    FLOAT_NOISE * sizeOf(pair, formula) +
    pair.yHalf +
    Math.abs(formula.slope(pair.x)) * (pair.xHalf + FLOAT_NOISE * Math.abs(pair.x)),
];

function sizeOf({ x, y }: NumberPair, { scale }: Formula): number {
  return Math.max(Math.abs(x), Math.abs(y), scale);
}

/** As exact as doubles first, then as exact as float32 and the printed places allow. */
export function tryFormula(formula: Formula, pairs: readonly NumberPair[]): Hypothesis<NumberPair> | null {
  for (const tolerance of TOLERANCES) {
    const holds = (pair: NumberPair): boolean => Math.abs(formula.f(pair.x) - pair.y) <= tolerance(pair, formula);
    const clear = (pair: NumberPair): boolean => Math.abs(pair.y - pair.x) >= CLEAR * tolerance(pair, formula);
    if (!holdsForMost(pairs, holds) || shareOf(pairs, clear) < 0.5) continue;
    const proof = pairs.filter((pair) => holds(pair) && clear(pair));
    if (bitsOf(proof, (pair) => tolerance(pair, formula), formula.fitted) < BITS_LEAST) continue;
    return { name: formula.name, parameters: formula.parameters, holds };
  }
  return null;
}

function bitsOf(pairs: readonly NumberPair[], tolerance: (pair: NumberPair) => number, fitted: boolean): number {
  const seen = new Map<number, number>();
  for (const pair of pairs) {
    if (seen.has(pair.x)) continue;
    const open = Math.max(2 * tolerance(pair), 2 * pair.yHalf);
    seen.set(pair.x, Math.min(BITS_MOST, Math.max(0, Math.log2(Math.abs(pair.y - pair.x) / open))));
  }
  const bits = [...seen.values()];
  const all = bits.reduce((sum, bit) => sum + bit, 0);
  return fitted ? all - Math.max(0, ...bits) : all;
}
