/** Signatures of lost precision: rounding to places or digits, and float32. */
import { DISTINCT_LEAST, distinct, type Hypothesis, holdsForMost, shareOf, WEAK_PAIRS_LEAST } from "./evidence.ts";
import { mirrored, type NumberPair } from "./pairs.ts";

type Found = Hypothesis<NumberPair> | null;
type Side = "candidate" | "legacy";

/**
 * `side` is the one that was rounded. Of all findings of the field alone: those of one magnitude are near one another by
 * choice, as if they had been rounded.
 */
export function rounded(pairs: readonly NumberPair[]): Found {
  if (pairs.length < WEAK_PAIRS_LEAST || distinct(pairs.map(({ x }) => x)) < DISTINCT_LEAST) return null;
  return eitherSide(pairs, (some, side) => toPlaces(some, side) ?? toDigits(some, side));
}

/** Rounded to float32, or computed in it: the values of one side are float32 numbers near the other's, which are not. */
export function float32(pairs: readonly NumberPair[]): Found {
  if (distinct(pairs.map(({ x }) => x)) < FLOATS_LEAST) return null;
  return eitherSide(pairs, (some, side) => {
    const found = [isRoundedToFloat, isComputedInFloat].find((holds) => holdsForMost(some, holds));
    return found === undefined || shareOf(some, isFloatStep) < FLOAT_STEPS_LEAST
      ? null
      : { name: "float32", parameters: { side }, holds: found };
  });
}

/** Each such value is one of 2^29 doubles by chance, so few are enough. */
const FLOATS_LEAST = 3;

function eitherSide(pairs: readonly NumberPair[], find: (pairs: readonly NumberPair[], side: Side) => Found): Found {
  const found = find(pairs, "candidate");
  if (found !== null) return found;
  const other = find(pairs.map(mirrored), "legacy");
  return other && { ...other, holds: (pair) => other.holds(mirrored(pair)) };
}

/** A double has no more decimal digits than these that all mean something. */
const DIGITS_MAX = 15;

function toPlaces(pairs: readonly NumberPair[], side: Side): Found {
  const places = Math.max(...pairs.map(({ yPlaces }) => yPlaces));
  if (places < 0 || places > DIGITS_MAX || !holdsForMost(pairs, ({ xPlaces }) => xPlaces > places)) return null;
  const unit = 10 ** -places;
  const loose = ({ x }: NumberPair): number => 1e-9 * unit + 4 * Number.EPSILON * Math.abs(x);
  const isNearest = (pair: NumberPair): boolean => Math.abs(pair.y - pair.x) <= unit / 2 + loose(pair);
  const isCut = (pair: NumberPair): boolean => {
    const lost = Math.abs(pair.x) - Math.abs(pair.y);
    return lost >= -loose(pair) && lost < unit + loose(pair) && pair.x * pair.y >= 0;
  };
  if (holdsForMost(pairs, isNearest) && isSpread(pairs, () => unit / 2)) {
    const ties = tiesOf(pairs, places);
    const parameters = { decimals: places, side, ...(ties === null ? {} : { rounding: ties }) };
    return { name: "rounded", parameters, holds: isNearest };
  }
  if (!holdsForMost(pairs, isCut) || !isSpread(pairs, () => unit)) return null;
  return { name: "rounded", parameters: { decimals: places, side, rounding: "down" }, holds: isCut };
}

/**
 * What rounding takes away is spread evenly up to `most`: half of it lies in the outer half, a fifth in the outer fifth.
 * Jitter beside few printed places does not reach so far.
 */
function isSpread(pairs: readonly NumberPair[], most: (pair: NumberPair) => number): boolean {
  const beyond = (part: number): number => shareOf(pairs, (pair) => Math.abs(pair.y - pair.x) > part * most(pair));
  const half = beyond(0.5);
  return half >= 0.3 && half <= 0.7 && beyond(0.8) >= 0.05;
}

const TIES_LEAST = 4;

/** How values half-way between two went, where there were enough of them and all went so. */
function tiesOf(pairs: readonly NumberPair[], places: number): "half-even" | "half-up" | null {
  const unit = 10 ** -places;
  const ties = pairs.filter(
    ({ x, y, xPlaces }) => xPlaces === places + 1 && Math.abs(Math.abs(y - x) - unit / 2) <= 1e-6 * unit,
  );
  if (distinct(ties.map(({ x }) => x)) < TIES_LEAST) return null;
  if (ties.every(({ y }) => Math.round(Math.abs(y) / unit) % 2 === 0)) return "half-even";
  return ties.every(({ x, y }) => Math.abs(y) > Math.abs(x)) ? "half-up" : null;
}

function toDigits(pairs: readonly NumberPair[], side: Side): Found {
  const digits = Math.max(...pairs.map(({ yDigits }) => yDigits));
  if (digits > DIGITS_MAX || !holdsForMost(pairs, ({ xDigits }) => xDigits > digits)) return null;
  const holds = ({ x, y }: NumberPair): boolean => Number(x.toPrecision(digits)) === y;
  const halfUnit = ({ x }: NumberPair): number => 10 ** (Math.floor(Math.log10(Math.abs(x))) + 1 - digits) / 2;
  if (!holdsForMost(pairs, holds) || !isSpread(pairs, halfUnit)) return null;
  return { name: "rounded", parameters: { digits, side }, holds };
}

/** An eighth of the last place of float32 at least: less is jitter of a number that has few digits anyway. */
function isFloatStep({ x, y }: NumberPair): boolean {
  return Math.abs(y - x) >= 2 ** -27 * Math.abs(x);
}
const FLOAT_STEPS_LEAST = 0.3;

/** As the double that the float32 is, or in the fewest digits that name it. */
function isRoundedToFloat({ x, y }: NumberPair): boolean {
  const float = Math.fround(x);
  return float !== x && y !== x && (y === float || y === shortestOf(float));
}

/** Last places of float32 that arithmetic in it may lose. */
const FLOAT_STEPS = 64;
/** More digits than a float32 needs: the value was printed as a double, and would not be a float32 by chance. */
const FLOAT_DIGITS = 9;

function isComputedInFloat({ x, y, yDigits }: NumberPair): boolean {
  if (Math.fround(y) !== y || yDigits <= FLOAT_DIGITS || Math.fround(x) === x) return false;
  return Math.abs(y - x) <= FLOAT_STEPS * 2 ** -24 * Math.max(Math.abs(x), Math.abs(y));
}

function shortestOf(float: number): number {
  for (let digits = 6; digits < FLOAT_DIGITS; digits++) {
    const value = Number(float.toPrecision(digits));
    if (Math.fround(value) === float) return value;
  }
  return Number(float.toPrecision(FLOAT_DIGITS));
}
