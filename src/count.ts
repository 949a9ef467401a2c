/** A number of things as a flag gives it. */
import { CutoverError } from "./errors.ts";

/** `digits` matches what may be read at all, and so bounds it. USAGE for anything else, and for zero. */
export function parseCount(flag: string, text: string, digits: RegExp): number {
  const count = digits.test(text) ? Number(text) : 0;
  if (count >= 1) return count;
  throw new CutoverError("USAGE", `${flag} is not a count`, { expected: "a whole number from 1", received: text });
}
