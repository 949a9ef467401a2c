/** Keys that every adapter can keep, and the order in which they are listed. */
import { CutoverError } from "../errors.ts";

/** S3 takes so many bytes of UTF-8. */
const KEY_BYTES = 1_024;
/** Folder of the local adapter's unfinished writes; not a key, so that a listing never shows them. */
export const TEMP_FOLDER = ".cutover-tmp";

/**
 * Refuses what one of the adapters could not keep, or would read as another place: an absolute key,
 * `..`, empty segments, control characters (not valid in S3's XML), text that is not well-formed.
 */
export function checkKey(key: string): void {
  const fault = faultOf(key);
  if (fault === undefined) return;
  throw new CutoverError("USAGE", `not a usable key: ${fault}`, {
    place: JSON.stringify(key.slice(0, 200)),
    expected: "segments joined by /, none of them empty, . or ..",
  });
}

/** Whether a file found in a folder can be an object: the system may have put others there. */
export function isKey(key: string): boolean {
  return faultOf(key) === undefined;
}

function faultOf(key: string): string | undefined {
  if (key === "") return "it is empty";
  if (key.startsWith("/")) return "it is absolute";
  if (!key.isWellFormed()) return "it holds a lone surrogate";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(key)) return "it holds a control character";
  if (Buffer.byteLength(key) > KEY_BYTES) return `it is longer than ${KEY_BYTES} bytes`;
  const segments = key.split("/");
  if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) return "a segment is no name";
  if (segments[0] === TEMP_FOLDER) return `${TEMP_FOLDER} is kept for unfinished writes`;
  return undefined;
}

/** UTF-8 byte order, which is the order of code points: UTF-16 order puts U+E000–U+FFFF after surrogates. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Code units in order of code points: surrogates above everything else. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
