/** Sizes and durations as people write them: `64MiB`, `500ms`, `5m`. */
import { z } from "zod";

const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};
const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3 };

/** A number with a unit of the table; undefined when the text is something else. */
function parseUnit(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(text.trim());
  const factor = match ? units[match[2] as string] : undefined;
  return match && factor !== undefined ? Math.round(Number(match[1]) * factor) : undefined;
}

export const parseBytes = (text: string): number | undefined => parseUnit(text, BYTES);
export const parseDuration = (text: string): number | undefined => parseUnit(text, MILLISECONDS);

/** Bytes; written as `64MiB` (KiB, MiB, GiB, KB, MB, GB, B) or as a number. */
export const bytesSchema = unit(parseBytes, "a size such as 64MiB");
/** Milliseconds; written as `500ms`, `30s`, `5m`, `1h`. */
export const durationSchema = unit(parseDuration, "a duration such as 500ms, 30s, 5m or 1h");

function unit(parse: (text: string) => number | undefined, expected: string) {
  return z.union([z.number(), z.string()], { error: `expected ${expected}` }).transform((value, context) => {
    const parsed = typeof value === "number" ? value : parse(value);
    if (parsed === undefined || !Number.isSafeInteger(parsed) || parsed <= 0) {
      context.issues.push({ code: "custom", message: `expected ${expected}`, input: value });
      return z.NEVER;
    }
    return parsed;
  });
}

const MICROSECONDS: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1e3,
  s: 1e6,
  m: 60e6,
  h: 3600e6,
  d: 86_400e6,
};
const MICROSECONDS_EXPECTED = "expected a duration such as 250us, 5ms, 1s or 2m, or 0";

/** Microseconds, 0 included; written as `250us`, `5ms`, `1s`, `2m`, `1h`, `1d`. */
export const microsecondsSchema = z
  .union([z.literal(0), z.string()], { error: MICROSECONDS_EXPECTED })
  .transform((value, context) => {
    const parsed = value === 0 ? 0 : parseUnit(value, MICROSECONDS);
    if (parsed !== undefined && Number.isSafeInteger(parsed)) return parsed;
    context.issues.push({ code: "custom", message: MICROSECONDS_EXPECTED, input: value });
    return z.NEVER;
  });
