/** time: the same instant within a tolerance, to the microsecond. */
import type { Rule } from "../../src/config/rules.ts";
import type { JsonNode } from "../json/node.ts";
import { readDecimal } from "../json/number.ts";
import type { ValueJudge } from "./rule.ts";

type TimeRule = Extract<Rule, { type: "time" }>;

/** Text stands against text and numbers against numbers; `coerce` lets them meet. */
export function timeJudge(rule: TimeRule): ValueJudge {
  const tolerance = BigInt(rule.tolerance);
  return {
    accepts: (node) => readTime(node, rule) !== null,
    judge: (legacyNode, candidateNode, place) => {
      const legacy = readTime(legacyNode, rule);
      const candidate = readTime(candidateNode, rule);
      if (legacy === null || candidate === null) return "type";
      if (legacyNode.kind !== candidateNode.kind && !rule.coerce) return "type";
      if (!legacy.zoned || !candidate.zoned) place.warn("time_without_zone");
      const apart = candidate.microseconds - legacy.microseconds;
      return (apart < 0n ? -apart : apart) <= tolerance ? null : "value";
    },
  };
}

export interface Instant {
  /** Since 1970-01-01T00:00Z; what is finer is dropped. */
  readonly microseconds: bigint;
  /** False when the text names no zone and UTC was taken. */
  readonly zoned: boolean;
}

function readTime(node: JsonNode, rule: TimeRule): Instant | null {
  if (node.kind === "number") return rule.unit === undefined ? null : epochTime(node.raw, rule.unit);
  if (node.kind !== "string") return null;
  const written = isoTime(node.value);
  if (written !== null || !rule.coerce || rule.unit === undefined) return written;
  return epochTime(node.value, rule.unit);
}

/** Digits after the microsecond's place in a number of the unit. */
const UNIT_DIGITS = { s: 6n, ms: 3n, us: 0n } as const;
/** Microseconds of about 30,000 years: a number beyond is no time. */
const FARTHEST_DIGITS = 18n;

function epochTime(raw: string, unit: keyof typeof UNIT_DIGITS): Instant | null {
  const decimal = readDecimal(raw);
  if (decimal === null) return null;
  const exponent = decimal.exponent + UNIT_DIGITS[unit];
  if (BigInt(decimal.digits.length) + exponent > FARTHEST_DIGITS) return null;
  const whole =
    exponent >= 0n
      ? BigInt(decimal.digits) * 10n ** exponent
      : BigInt(decimal.digits.slice(0, Math.max(0, decimal.digits.length + Number(exponent))) || "0");
  return { microseconds: decimal.negative ? -whole : whole, zoned: true };
}

const DATE = String.raw`(\d{4}|[+-]\d{6})(?:-(\d{2})-(\d{2})|(\d{2})(\d{2}))`;
const CLOCK = String.raw`(\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d+))?)?)?`;
const ISO = new RegExp(`^${DATE}(?:[Tt ]${CLOCK}(?: ?([Zz]|[+-]\\d{2}(?::?\\d{2})?))?)?$`);

/** ISO 8601: extended or basic, also a day alone; null for anything else, and for days and hours that are none. */
export function isoTime(text: string): Instant | null {
  const match = ISO.exec(text);
  if (!match) return null;
  const [, year, m1, d1, m2, d2, hours = "00", minutes = "00", seconds = "00", fraction = "", zone] = match;
  const [month, day] = [Number(m1 ?? m2), Number(d1 ?? d2)];
  const days = daysOf(Number(year), month, day);
  const [h, m, s] = [Number(hours), Number(minutes), Number(seconds)];
  const endOfDay = h === 24 && m === 0 && s === 0 && /^0*$/.test(fraction);
  // A leap second is the first second of the next minute, as it is to every clock that counts in POSIX time.
  if (days === null || (h > 23 && !endOfDay) || m > 59 || s > 60) return null;
  const offset = offsetMinutes(zone);
  if (offset === null) return null;
  const ms = days + ((h * 60 + m - offset) * 60 + s) * 1_000;
  return {
    microseconds: BigInt(ms) * 1_000n + BigInt(fraction.slice(0, 6).padEnd(6, "0")),
    zoned: zone !== undefined,
  };
}

/** UTC milliseconds at the start of a day; null for the 30th of February. */
function daysOf(year: number, month: number, day: number): number | null {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : null;
}

function offsetMinutes(zone: string | undefined): number | null {
  if (zone === undefined || zone === "Z" || zone === "z") return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3).replace(":", "") || "0")];
  if (hours > 23 || minutes > 59) return null;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}
