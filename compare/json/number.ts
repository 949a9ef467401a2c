/**
 * When two number literals are the same number. Doubles decide, except for integers of more than 15 digits and
 * literals beyond the double range: a double cannot tell those apart, so they compare as written decimals.
 */
import type { JsonNumber } from "./node.ts";

/** Integers below this have at most 15 digits: every one is a double of its own. */
const LARGEST_DOUBLE_JUDGED = 1e15;

/** The same number: 1 = 1.0 = 1e0, 0 = −0, NaN = NaN, ∞ = ∞ of the same sign. */
export function sameNumber(a: JsonNumber, b: JsonNumber): boolean {
  if (a.raw === b.raw) return true;
  if (Math.abs(a.value) < LARGEST_DOUBLE_JUDGED && Math.abs(b.value) < LARGEST_DOUBLE_JUDGED)
    return a.value === b.value;
  return numberKey(a) === numberKey(b);
}

/** Two numbers are the same exactly when their keys are equal. */
export function numberKey(number: JsonNumber): string {
  const { raw, value } = number;
  if (Math.abs(value) < LARGEST_DOUBLE_JUDGED) return `${value + 0}`;
  const decimal = readDecimal(raw);
  if (decimal === null || (!decimal.integer && Number.isFinite(value))) return `${value}`;
  return `=${decimal.negative ? "-" : ""}${decimal.digits}e${decimal.exponent}`;
}

/** The integer a literal stands for, exactly; null when it is a fraction, not finite, or beyond the double range. */
export function exactInteger(number: JsonNumber): bigint | null {
  if (!Number.isFinite(number.value)) return null;
  const decimal = readDecimal(number.raw);
  if (decimal === null || !decimal.integer) return null;
  const magnitude = BigInt(decimal.digits) * 10n ** decimal.exponent;
  return decimal.negative ? -magnitude : magnitude;
}

export interface Decimal {
  readonly negative: boolean;
  /** Without leading and trailing zeros; `0` for zero. */
  readonly digits: string;
  /** Value = digits · 10^exponent. */
  readonly exponent: bigint;
  readonly integer: boolean;
}

/** Null unless the text is a JSON number literal. */
export function readDecimal(raw: string): Decimal | null {
  const parts = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(raw);
  if (!parts) return null;
  const fraction = parts[3] ?? "";
  const all = (parts[2] + fraction).replace(/^0+/, "");
  if (all === "") return { negative: false, digits: "0", exponent: 0n, integer: true };
  let end = all.length;
  while (all.charCodeAt(end - 1) === 0x30) end--;
  const written = BigInt((parts[4] ?? "0").replace("+", ""));
  const exponent = written - BigInt(fraction.length) + BigInt(all.length - end);
  return { negative: parts[1] === "-", digits: all.slice(0, end), exponent, integer: exponent >= 0n };
}
