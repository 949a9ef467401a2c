/** Texts that come again and again (models, versions, types): made once, found by their bytes. */
import { decodeString, isPlain } from "./strings.ts";

/**
 * Slots of the cache, a power of two. Two texts of one slot take turns in it: slower, never wrong. Of 400 models in 1,024
 * slots a third would.
 */
const SLOTS = 16_384;
/** Longer ones are not looked for. */
const TEXT_BYTES_MAX = 128;

export class TextCache {
  readonly #texts = new Array<string>(SLOTS).fill("");

  /** As `decodeString`. */
  decode(bytes: Uint8Array, start: number, end: number): string | undefined {
    const length = end - start;
    if (length > TEXT_BYTES_MAX || length === 0) return decodeString(bytes, start, end);
    let hash = length;
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0;
    const slot = (hash ^ (hash >>> 10)) & (SLOTS - 1);
    const known = this.#texts[slot] as string;
    if (known.length === length && isSame(known, bytes, start)) return known;
    const text = decodeString(bytes, start, end);
    // Only of ASCII are characters the bytes they are compared with.
    if (text !== undefined && isPlain(bytes, start, end)) this.#texts[slot] = text;
    return text;
  }
}

function isSame(text: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
