/** Signatures that are a formula: sign, complement, logit, ratio, offset. */
import { type Formula, type Hypothesis, shareOf, tryFormula } from "./evidence.ts";
import type { NumberPair } from "./pairs.ts";

type Found = Hypothesis<NumberPair> | null;

export function signFlip(pairs: readonly NumberPair[]): Found {
  return tryFormula(
    { name: "sign_flip", parameters: {}, f: (x) => -x, slope: () => 1, scale: 0, fitted: false },
    pairs,
  );
}

const isShare = (value: number): boolean => value >= 0 && value <= 1;

/** 1 − p of two probabilities. */
export function complement(pairs: readonly NumberPair[]): Found {
  if (shareOf(pairs, ({ x, y }) => isShare(x) && isShare(y)) < 1) return null;
  return tryFormula(
    { name: "complement", parameters: {}, f: (x) => 1 - x, slope: () => 1, scale: 1, fitted: false },
    pairs,
  );
}

/** ln(p / (1 − p)) of a probability, in one direction or the other. */
export function logit(pairs: readonly NumberPair[]): Found {
  const log = (p: number): number => Math.log(p) - Math.log1p(-p);
  const expit = (z: number): number => 1 / (1 + Math.exp(-z));
  const forward: Formula = {
    name: "logit",
    parameters: { from: "probability" },
    f: log,
    slope: (p) => 1 / (p * (1 - p)),
    scale: 1,
    fitted: false,
  };
  const backward: Formula = {
    name: "logit",
    parameters: { from: "logit" },
    f: expit,
    slope: (z) => expit(z) * (1 - expit(z)),
    scale: 0,
    fitted: false,
  };
  return tryFormula(forward, pairs) ?? tryFormula(backward, pairs);
}

/** The better of a ratio and an offset: of values that hardly vary, both may hold. */
export function ratioOrOffset(pairs: readonly NumberPair[]): Found {
  const found = [...ratios(pairs), ...offsets(pairs)];
  const [first, second] = found;
  if (first === undefined || second === undefined) return first?.found ?? null;
  const [one, other] = [missOf(first.formula, pairs), missOf(second.formula, pairs)];
  return one <= other ? first.found : second.found;
}

interface Fit {
  readonly formula: Formula;
  readonly found: Hypothesis<NumberPair>;
}

function ratios(pairs: readonly NumberPair[]): Fit[] {
  const quotients = precise(pairs.filter(({ x }) => x !== 0)).map(({ x, y }) => y / x);
  const formulaOf = (ratio: number): Formula => ({
    name: "constant_ratio",
    parameters: { ratio },
    f: (x) => x * ratio,
    slope: () => ratio,
    scale: 0,
    fitted: true,
  });
  const ratio = median(quotients);
  const inverse = simple(1 / ratio).map((value) => 1 / value);
  return firstFit(
    [...simple(ratio), ...inverse, ratio].filter((value) => value !== 1),
    formulaOf,
    pairs,
  );
}

function offsets(pairs: readonly NumberPair[]): Fit[] {
  const offset = median(precise(pairs).map(({ x, y }) => y - x));
  const formulaOf = (value: number): Formula => ({
    name: "constant_offset",
    parameters: { offset: value },
    f: (x) => x + value,
    slope: () => 1,
    scale: Math.abs(value),
    fitted: true,
  });
  return firstFit(
    [...simple(offset), offset].filter((value) => value !== 0),
    formulaOf,
    pairs,
  );
}

/** The simplest number that fits: what somebody wrote, not what rounding left of it. */
function firstFit(
  values: readonly number[],
  formulaOf: (value: number) => Formula,
  pairs: readonly NumberPair[],
): Fit[] {
  for (const value of new Set(values.filter(Number.isFinite))) {
    const formula = formulaOf(value);
    const found = tryFormula(formula, pairs);
    if (found !== null) return [{ formula, found }];
  }
  return [];
}

const DIGITS = [1, 2, 3, 4, 6, 9, 12] as const;

function simple(value: number): number[] {
  return Number.isFinite(value) ? DIGITS.map((digits) => Number(value.toPrecision(digits))) : [];
}

/** The half with most printed digits: a parameter is read from those that tell it best. */
function precise(pairs: readonly NumberPair[]): NumberPair[] {
  const digits = (pair: NumberPair): number => Math.min(pair.xDigits, pair.yDigits);
  return [...pairs].sort((a, b) => digits(b) - digits(a)).slice(0, Math.max(PRECISE_LEAST, pairs.length >> 1));
}
const PRECISE_LEAST = 8;

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** Median of what a formula is off, relative to the difference. */
function missOf({ f }: Formula, pairs: readonly NumberPair[]): number {
  return median(pairs.map(({ x, y }) => Math.abs(f(x) - y) / Math.abs(y - x)));
}
