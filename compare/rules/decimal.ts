/** decimal: the literals as decimals, equal after rounding to a scale. No double in between. */
import type { Rule } from "../../src/config/rules.ts";
import type { JsonNumber } from "../json/node.ts";
import { type Decimal, readDecimal } from "../json/number.ts";
import { judgeOfNumbers } from "./number.ts";
import type { ValueJudge } from "./rule.ts";

type DecimalRule = Extract<Rule, { type: "decimal" }>;
export type Rounding = DecimalRule["rounding"];

export function decimalJudge(rule: DecimalRule): ValueJudge {
  const key = ({ raw, value }: JsonNumber): string => roundedKey(raw, rule.scale, rule.rounding) ?? `${value}`;
  return judgeOfNumbers(rule.coerce, (legacy, candidate) => key(legacy) === key(candidate));
}

/** The same text for literals that round to the same decimal; null for NaN and infinities. */
export function roundedKey(raw: string, scale: number, rounding: Rounding): string | null {
  const decimal = readDecimal(raw);
  if (decimal === null) return null;
  const { negative, digits, exponent } = roundDecimal(decimal, scale, rounding);
  return digits === "0" ? "0" : `${negative ? "-" : ""}${digits}e${exponent}`;
}

/** Works on the digits as written, so that an exponent of any size costs nothing. */
function roundDecimal(decimal: Decimal, scale: number, rounding: Rounding): Omit<Decimal, "integer"> {
  const unit = BigInt(-scale);
  const surplus = unit - decimal.exponent;
  if (surplus <= 0n || decimal.digits === "0") return decimal;
  const length = BigInt(decimal.digits.length);
  // Less than a tenth of the unit: no rounding lifts it.
  if (surplus > length) return { negative: false, digits: "0", exponent: 0n };
  const cut = Number(length - surplus);
  const kept = decimal.digits.slice(0, cut);
  const digits = roundsUp(kept, decimal.digits.slice(cut), rounding) ? increment(kept) : kept;
  return { negative: decimal.negative, ...strip(digits, unit) };
}

/** `rest` has no trailing zeros, so it is a half only when it is `5`. */
function roundsUp(kept: string, rest: string, rounding: Rounding): boolean {
  if (rounding === "down" || rest < "5") return false;
  if (rest !== "5" || rounding === "half-up") return true;
  return Number(kept.at(-1) ?? "0") % 2 === 1;
}

function increment(digits: string): string {
  const nines = /9*$/.exec(digits)?.[0].length ?? 0;
  const head = digits.slice(0, digits.length - nines);
  const raised = head === "" ? "1" : `${head.slice(0, -1)}${Number(head.at(-1)) + 1}`;
  return raised + "0".repeat(nines);
}

function strip(digits: string, exponent: bigint): { digits: string; exponent: bigint } {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 0x30) end--;
  if (end === 0) return { digits: "0", exponent: 0n };
  return { digits: digits.slice(0, end), exponent: exponent + BigInt(digits.length - end) };
}
