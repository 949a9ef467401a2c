/** JSON strings as bytes: their escapes read without passing through a decoder that would replace bytes. */

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const BACKSLASH = 0x5c;
const SIMPLE_ESCAPES: Readonly<Record<number, number>> = {
  34: 0x22,
  92: 0x5c,
  47: 0x2f,
  98: 0x08,
  102: 0x0c,
  110: 0x0a,
  114: 0x0d,
  116: 0x09,
};

/**
 * The bytes that the inside of a JSON string [start, end) stands for; the span must have been scanned.
 * Bytes that are not escapes are taken as they are. Undefined when an escape is a lone surrogate,
 * which UTF-8 cannot hold.
 */
export function unescapeBytes(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
  return contentBytes(bytes, start, end, false);
}

/** With `loneKept` a lone surrogate becomes the three bytes that it would have in UTF-8. */
function contentBytes(bytes: Uint8Array, start: number, end: number, loneKept: boolean): Uint8Array | undefined {
  let at = bytes.indexOf(BACKSLASH, start);
  if (at < 0 || at >= end) return bytes.subarray(start, end);
  const out = new Uint8Array(end - start);
  let length = 0;
  let from = start;
  while (at >= 0 && at < end) {
    out.set(bytes.subarray(from, at), length);
    length += at - from;
    const escaped = bytes[at + 1] as number;
    if (escaped === 0x75) {
      let unit = hex4(bytes, at + 2);
      at += 6;
      if (unit >= 0xd800 && unit <= 0xdfff) {
        const paired = unit < 0xdc00 && at < end && bytes[at] === BACKSLASH && bytes[at + 1] === 0x75;
        const low = paired ? hex4(bytes, at + 2) : 0;
        if (low >= 0xdc00 && low <= 0xdfff) {
          unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
          at += 6;
        } else if (!loneKept) {
          return undefined;
        }
      }
      length = putCodePoint(out, length, unit);
    } else {
      out[length++] = SIMPLE_ESCAPES[escaped] as number;
      at += 2;
    }
    from = at;
    at = bytes.indexOf(BACKSLASH, at);
  }
  out.set(bytes.subarray(from, end), length);
  return out.subarray(0, length + end - from);
}

/** The text of bytes; undefined when they are not valid UTF-8. */
export function decodeText(bytes: Uint8Array, start = 0, end: number = bytes.length): string | undefined {
  const ascii = asciiText(bytes, start, end);
  if (ascii !== undefined) return ascii;
  try {
    return utf8.decode(bytes.subarray(start, end));
  } catch {
    return undefined;
  }
}

/** The text that the inside of a JSON string stands for; undefined when it is not well-formed Unicode. */
export function decodeString(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (isPlain(bytes, start, end)) return latin1Slice.call(bytes, start, end);
  const content = unescapeBytes(bytes, start, end);
  return content === undefined ? undefined : decodeText(content);
}

/** ASCII without an escape, as short names and ids nearly always are: it stands for itself. */
export function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte > 0x7f || byte === BACKSLASH) return false;
  }
  return true;
}

/**
 * A name for comparing member names: equal exactly when the bytes that they stand for are. Those that are
 * not valid UTF-8 compare in a form that no text has.
 */
export function memberName(bytes: Uint8Array, start: number, end: number): string {
  const name = contentBytes(bytes, start, end, true) as Uint8Array;
  return decodeText(name) ?? `${Buffer.from(name).toString("latin1")}\ud800`;
}

/** For ASCII this is the cheapest way to a string; `toString("latin1")` calls it. */
const { latin1Slice } = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
};

function asciiText(bytes: Uint8Array, start: number, end: number): string | undefined {
  for (let i = start; i < end; i++) if ((bytes[i] as number) > 0x7f) return undefined;
  return latin1Slice.call(bytes, start, end);
}

function hex4(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const c = bytes[at + i] as number;
    value = (value << 4) | (c <= 0x39 ? c - 0x30 : (c | 0x20) - 0x57);
  }
  return value;
}

function putCodePoint(out: Uint8Array, at: number, code: number): number {
  let next = at;
  if (code < 0x80) {
    out[next++] = code;
  } else if (code < 0x800) {
    out[next++] = 0xc0 | (code >> 6);
    out[next++] = 0x80 | (code & 0x3f);
  } else if (code < 0x10000) {
    out[next++] = 0xe0 | (code >> 12);
    out[next++] = 0x80 | ((code >> 6) & 0x3f);
    out[next++] = 0x80 | (code & 0x3f);
  } else {
    out[next++] = 0xf0 | (code >> 18);
    out[next++] = 0x80 | ((code >> 12) & 0x3f);
    out[next++] = 0x80 | ((code >> 6) & 0x3f);
    out[next++] = 0x80 | (code & 0x3f);
  }
  return next;
}
