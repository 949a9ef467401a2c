/** Readings of single field values. Each returns undefined when the value is not of the form; none coerces. */

/** Text with a zone; a time without one would be read differently on each machine. */
const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
/** Largest time that a Date can hold. */
const TIME_MAX_MS = 8.64e15;
const INT32_MAX = 2 ** 31 - 1;

/** UTC milliseconds from digits or ISO 8601; finer digits than milliseconds are cut off. */
export function readTime(text: string): number | undefined {
  const value = NUMBER.test(text) ? Number(text) : ISO.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isInteger(value) && Math.abs(value) <= TIME_MAX_MS ? value : undefined;
}

export function readStatus(text: string): number | undefined {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  return Number.isInteger(value) && value >= 0 && value <= INT32_MAX ? value : undefined;
}

/** Milliseconds, not negative. */
export function readLatency(text: string): number | undefined {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** Whether the text is a JSON object whose values are all strings. */
export function isStringMap(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
    return Object.values(value).every((item) => typeof item === "string");
  } catch {
    return false;
  }
}
