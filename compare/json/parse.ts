/**
 * Reads JSON without losing what `JSON.parse` loses: literals of numbers, repeated members, where a value stands.
 * Accepts RFC 8259, a leading byte-order mark, and bare NaN and ±Infinity, which Python and Java models print.
 */
import { isUtf8 } from "node:buffer";
import { LIMITS } from "../../src/limits.ts";
import type { JsonDocument, JsonNode, JsonNumber } from "./node.ts";

export type ParseResult =
  | { readonly ok: true; readonly document: JsonDocument }
  /** `reason` names the fault and the UTF-16 offset. */
  | { readonly ok: false; readonly reason: string };

/** Never throws on any input: bytes that are not UTF-8, empty or deeper than LIMITS.jsonDepth are a reason, too. */
export function parseJson(bytes: Uint8Array): ParseResult {
  if (!isUtf8(bytes)) return { ok: false, reason: "not valid UTF-8" };
  return parseJsonText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
}

export function parseJsonText(text: string): ParseResult {
  const reader = new Reader(text);
  try {
    return { ok: true, document: reader.document() };
  } catch (error) {
    if (error instanceof JsonFault) return { ok: false, reason: `${error.message} at offset ${reader.offset}` };
    throw error;
  }
}

/** Leaves the recursion at a fault; caught in parseJsonText. */
class JsonFault extends Error {}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const BARE_NUMBERS = ["NaN", "Infinity", "-Infinity"];
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

class Reader {
  readonly #text: string;
  #position = 0;
  #depth = 0;
  #duplicates = 0;
  #bareNumbers = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get offset(): number {
    return this.#position;
  }

  document(): JsonDocument {
    const byteOrderMark = this.#text.charCodeAt(0) === 0xfeff;
    if (byteOrderMark) this.#position = 1;
    this.#skipSpace();
    const root = this.#value();
    this.#skipSpace();
    if (this.#position < this.#text.length) throw new JsonFault("text after the document");
    return {
      text: this.#text,
      root,
      duplicates: this.#duplicates,
      byteOrderMark,
      bareNumbers: this.#bareNumbers,
    };
  }

  /** The value at the position; the space before it is skipped already. */
  #value(): JsonNode {
    const start = this.#position;
    switch (this.#text[start]) {
      case "{":
        return this.#object();
      case "[":
        return this.#array();
      case '"': {
        const value = this.#string();
        return { kind: "string", start, end: this.#position, value };
      }
      case "t":
        this.#word("true");
        return { kind: "boolean", start, end: this.#position, value: true };
      case "f":
        this.#word("false");
        return { kind: "boolean", start, end: this.#position, value: false };
      case "n":
        this.#word("null");
        return { kind: "null", start, end: this.#position };
      case undefined:
        throw new JsonFault("the document ends too early");
      default:
        return this.#number();
    }
  }

  #object(): JsonNode {
    const start = this.#position++;
    this.#enter();
    const members = new Map<string, JsonNode>();
    let more = !this.#take("}");
    while (more) {
      if (this.#text.charCodeAt(this.#position) !== QUOTE) throw new JsonFault("expected a member name");
      const name = this.#string();
      if (!this.#take(":")) throw new JsonFault("expected `:`");
      this.#skipSpace();
      const value = this.#value();
      if (members.has(name)) this.#duplicates++;
      members.set(name, value);
      more = this.#take(",");
      if (more) this.#skipSpace();
      else if (!this.#take("}")) throw new JsonFault("expected `,` or `}`");
    }
    this.#depth--;
    return { kind: "object", start, end: this.#position, members };
  }

  #array(): JsonNode {
    const start = this.#position++;
    this.#enter();
    const items: JsonNode[] = [];
    let more = !this.#take("]");
    while (more) {
      items.push(this.#value());
      more = this.#take(",");
      if (more) this.#skipSpace();
      else if (!this.#take("]")) throw new JsonFault("expected `,` or `]`");
    }
    this.#depth--;
    return { kind: "array", start, end: this.#position, items };
  }

  #enter(): void {
    this.#depth++;
    if (this.#depth > LIMITS.jsonDepth) throw new JsonFault(`deeper than ${LIMITS.jsonDepth} levels`);
    this.#skipSpace();
  }

  #string(): string {
    const from = this.#position + 1;
    for (let i = from; ; i++) {
      const code = this.#text.charCodeAt(i);
      if (code === QUOTE) {
        this.#position = i + 1;
        return this.#text.slice(from, i);
      }
      if (code === BACKSLASH) return this.#escapedString(from, i);
      if (!(code >= 0x20)) this.#faultInString(i);
    }
  }

  /** The rest of a string whose first escape stands at `at`. */
  #escapedString(from: number, at: number): string {
    let value = this.#text.slice(from, at);
    let plain = at;
    for (let i = at; ; i++) {
      const code = this.#text.charCodeAt(i);
      if (code === QUOTE) {
        this.#position = i + 1;
        return value + this.#text.slice(plain, i);
      }
      if (code === BACKSLASH) {
        value += this.#text.slice(plain, i) + this.#escape(i + 1);
        i += this.#text[i + 1] === "u" ? 5 : 1;
        plain = i + 1;
      } else if (!(code >= 0x20)) this.#faultInString(i);
    }
  }

  #escape(at: number): string {
    const letter = this.#text[at] ?? "";
    if (letter === "u") {
      const digits = this.#text.slice(at + 1, at + 5);
      if (/^[0-9a-fA-F]{4}$/.test(digits)) return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const character = ESCAPES[letter];
    if (character !== undefined) return character;
    this.#position = at;
    throw new JsonFault("bad escape");
  }

  #faultInString(at: number): never {
    this.#position = at;
    throw new JsonFault(at < this.#text.length ? "control character in a string" : "the document ends in a string");
  }

  #number(): JsonNumber {
    const start = this.#position;
    NUMBER.lastIndex = start;
    let raw = NUMBER.exec(this.#text)?.[0];
    if (raw === undefined) {
      raw = BARE_NUMBERS.find((word) => this.#text.startsWith(word, start));
      if (raw === undefined) throw new JsonFault("expected a value");
      this.#bareNumbers++;
    }
    this.#position = start + raw.length;
    return { kind: "number", start, end: this.#position, raw, value: Number(raw) };
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#position)) throw new JsonFault("expected a value");
    this.#position += word.length;
  }

  /** Skips space, then `character` when it stands there. */
  #take(character: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#position] !== character) return false;
    this.#position++;
    return true;
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#position);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#position++;
    }
  }
}
