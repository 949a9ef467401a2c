/** Sampled findings as the signatures read them: two numbers, two instants or two classes, with what each stands for. */
import { classNameOf } from "../../fingerprint.ts";
import { isoTime } from "../../rules/time.ts";
import type { Sampled } from "../samples.ts";

/** A sampled finding, and how many findings it stands for. */
export interface Weighed {
  readonly item: Sampled;
  readonly weight: number;
}

export interface NumberPair {
  readonly x: number;
  readonly y: number;
  /** Half of the last printed place of each side: what the text leaves open. */
  readonly xHalf: number;
  readonly yHalf: number;
  /** Decimal places and significant digits as printed. */
  readonly xPlaces: number;
  readonly yPlaces: number;
  readonly xDigits: number;
  readonly yDigits: number;
  readonly weight: number;
}

export interface TimePair {
  /** Microseconds since 1970. */
  readonly x: number;
  readonly y: number;
  readonly weight: number;
}

export interface ClassPair {
  readonly x: string;
  readonly y: string;
  readonly weight: number;
}

/** Both sides finite numbers that differ; null else. */
export function numberPair({ item, weight }: Weighed): NumberPair | null {
  const { legacy, candidate, delta } = item;
  if (delta === null || delta === 0 || legacy === null || candidate === null) return null;
  const [old, now] = [readNumber(legacy), readNumber(candidate)];
  if (old === null || now === null) return null;
  return {
    x: old.value,
    y: now.value,
    xHalf: 0.5 * 10 ** -old.places,
    yHalf: 0.5 * 10 ** -now.places,
    xPlaces: old.places,
    yPlaces: now.places,
    xDigits: old.digits,
    yDigits: now.digits,
    weight,
  };
}

/** The pair with its sides exchanged. */
export function mirrored(pair: NumberPair): NumberPair {
  return {
    x: pair.y,
    y: pair.x,
    xHalf: pair.yHalf,
    yHalf: pair.xHalf,
    xPlaces: pair.yPlaces,
    yPlaces: pair.xPlaces,
    xDigits: pair.yDigits,
    yDigits: pair.xDigits,
    weight: pair.weight,
  };
}

/** Both sides texts that name an instant. */
export function timePair({ item, weight }: Weighed): TimePair | null {
  const { legacy, candidate } = item;
  if (!legacy?.startsWith('"') || !candidate?.startsWith('"')) return null;
  const [old, now] = [isoTime(legacy.slice(1, -1)), isoTime(candidate.slice(1, -1))];
  if (old === null || now === null) return null;
  return { x: Number(old.microseconds), y: Number(now.microseconds), weight };
}

/** The classes of both sides, as groups name them; of texts that were cut as the direction of their group says. */
export function classPair({ item, weight }: Weighed, direction: string): ClassPair | null {
  const { legacy, candidate } = item;
  if (legacy === null || candidate === null) return null;
  const isWhole = !legacy.endsWith("…") && !candidate.endsWith("…");
  const [x, y, ...more] = isWhole ? [classNameOf(legacy), classNameOf(candidate)] : direction.split("→");
  return x === undefined || y === undefined || x === y || more.length > 0 ? null : { x, y, weight };
}

const LITERAL = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;

function readNumber(text: string): { value: number; places: number; digits: number } | null {
  const match = LITERAL.exec(text);
  if (match === null) return null;
  const [, whole = "", fraction = "", exponent = "0"] = match;
  const value = Number(text);
  if (!Number.isFinite(value)) return null;
  // Zeros at the end of a whole number may only hold its place.
  const digits = (fraction === "" ? whole.replace(/0+$/, "") : whole + fraction).replace(/^0+/, "").length;
  return { value, places: fraction.length - Number(exponent), digits: Math.max(1, digits) };
}
