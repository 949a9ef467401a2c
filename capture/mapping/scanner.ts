/**
 * Finds members of a JSON message without parsing and printing it: every byte is checked against the
 * grammar once, and the values asked for are returned as spans of the message, so that what is kept is
 * what was sent.
 *
 * The grammar is RFC 8259. Bytes of 0x80 and above are let through inside strings whether or not they are
 * valid UTF-8 (payload bytes are kept as they are); outside of strings they are an error. A byte order
 * mark at the start is skipped. Nesting is followed with a stack of its own, not by recursion.
 */
import { LIMITS } from "../../src/limits.ts";
import { memberName } from "./strings.ts";

/** Types of a value found. `missing`: no such member. */
export const VALUE = { missing: 0, string: 1, number: 2, object: 3, array: 4, boolean: 5, null: 6 } as const;

/** A path compiled into a tree: at each level the member names that matter. */
export interface ScanNode {
  /** Index of the result that this value fills; −1 when only levels below are asked for. */
  slot: number;
  readonly names: string[];
  /** UTF-8 of `names`, in the same order. */
  readonly nameBytes: Uint8Array[];
  readonly children: ScanNode[];
}

export const SCAN = { ok: 0, syntax: 1, duplicate: 2, depth: 3, empty: 4 } as const;

export interface Scanner {
  /**
   * Reads one message. Returns SCAN.ok, or what is wrong; then `errorAt` is the byte.
   * After SCAN.ok `type[slot]`, `start[slot]` and `end[slot]` hold the values found.
   */
  scan(bytes: Uint8Array): number;
  readonly type: Uint8Array;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  readonly errorAt: number;
}

/** Class of each byte inside a string: 0 plain, 1 ends or interrupts the run (quote, backslash, control). */
const STRING_STOP = new Uint8Array(256);
for (let i = 0; i < 0x20; i++) STRING_STOP[i] = 1;
STRING_STOP[0x22] = 1;
STRING_STOP[0x5c] = 1;

const IS_SPACE = new Uint8Array(256);
for (const c of [0x20, 0x09, 0x0a, 0x0d]) IS_SPACE[c] = 1;
/** Characters that may follow a backslash, `u` aside. */
const IS_ESCAPE = new Uint8Array(256);
for (const c of '"\\/bfnrt') IS_ESCAPE[c.charCodeAt(0)] = 1;
const IS_HEX = new Uint8Array(256);
for (const c of "0123456789abcdefABCDEF") IS_HEX[c.charCodeAt(0)] = 1;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Compares a member name with the names of its level up to this many before a Set takes over. */
const LINEAR_NAMES = 16;

export function createScanner(root: ScanNode, slots: number): Scanner {
  return new MessageScanner(root, slots);
}

class MessageScanner implements Scanner {
  readonly type: Uint8Array;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  errorAt = 0;
  readonly #root: ScanNode;
  readonly #stack = new Uint8Array(LIMITS.jsonDepth + 1);
  #bytes: Uint8Array = new Uint8Array(0);
  #length = 0;
  /** Over the memory in which the message lies; messages of one fetch share it. */
  #view: DataView = new DataView(new ArrayBuffer(0));
  #fault: number = SCAN.ok;

  constructor(root: ScanNode, slots: number) {
    this.#root = root;
    this.type = new Uint8Array(slots);
    this.start = new Uint32Array(slots);
    this.end = new Uint32Array(slots);
  }

  scan(bytes: Uint8Array): number {
    this.#bytes = bytes;
    this.#length = bytes.length;
    if (this.#view.buffer !== bytes.buffer) this.#view = new DataView(bytes.buffer);
    this.#fault = SCAN.ok;
    this.errorAt = 0;
    this.type.fill(VALUE.missing);
    let at = bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    at = this.#space(at);
    if (at >= this.#length) return SCAN.empty;
    at = this.#value(this.#root, at, 0);
    if (at < 0) return this.#fault;
    at = this.#space(at);
    if (at < this.#length) {
      this.#fail(SCAN.syntax, at);
      return this.#fault;
    }
    return SCAN.ok;
  }

  /** Notes the first fault; −1 so that callers can pass it on. */
  #fail(fault: number, at: number): number {
    if (this.#fault === SCAN.ok) {
      this.#fault = fault;
      this.errorAt = Math.min(at, this.#length);
    }
    return -1;
  }

  #space(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    while (at < this.#length && IS_SPACE[bytes[at] as number] === 1) at++;
    return at;
  }

  /** A value that a path names or passes through. Returns the position after it, or −1. */
  #value(node: ScanNode, from: number, depth: number): number {
    const first = this.#bytes[from];
    const end =
      first === OPEN_OBJECT && node.names.length > 0 ? this.#object(node, from, depth + 1) : this.#skip(from, depth);
    if (end >= 0 && node.slot >= 0) {
      this.type[node.slot] = typeOf(first as number);
      this.start[node.slot] = from;
      this.end[node.slot] = end;
    }
    return end;
  }

  /** An object on the way of a path: its members are matched, and none may be repeated. */
  #object(node: ScanNode, from: number, depth: number): number {
    if (depth > LIMITS.jsonDepth) return this.#fail(SCAN.depth, from);
    const bytes = this.#bytes;
    // Most messages have no other member than those that paths name.
    let others: number[] | undefined;
    let names: Set<string> | undefined;
    let seen = 0;
    let at = this.#space(from + 1);
    if (bytes[at] === CLOSE_OBJECT) return at + 1;
    for (;;) {
      if (bytes[at] !== QUOTE) return this.#fail(SCAN.syntax, at);
      const nameStart = at + 1;
      const nameEnd = this.#string(at) - 1;
      if (nameEnd < 0) return -1;
      const child = this.#match(node, nameStart, nameEnd);
      if (child >= 0) {
        const bit = 1 << child;
        if ((seen & bit) !== 0) return this.#fail(SCAN.duplicate, nameStart - 1);
        seen |= bit;
      } else {
        others ??= [];
        names ??= others.length >= 2 * LINEAR_NAMES ? this.#nameSet(others) : undefined;
        if (names !== undefined) {
          const name = memberName(bytes, nameStart, nameEnd);
          if (names.has(name)) return this.#fail(SCAN.duplicate, nameStart - 1);
          names.add(name);
        } else if (this.#repeats(others, nameStart, nameEnd)) {
          return this.#fail(SCAN.duplicate, nameStart - 1);
        } else {
          others.push(nameStart, nameEnd);
        }
      }
      at = this.#space(nameEnd + 1);
      if (bytes[at] !== COLON) return this.#fail(SCAN.syntax, at);
      at = this.#space(at + 1);
      at = child >= 0 ? this.#value(node.children[child] as ScanNode, at, depth) : this.#skip(at, depth);
      if (at < 0) return -1;
      at = this.#space(at);
      const next = bytes[at];
      if (next === CLOSE_OBJECT) return at + 1;
      if (next !== COMMA) return this.#fail(SCAN.syntax, at);
      at = this.#space(at + 1);
    }
  }

  /** Index of the member among the names of the level; −1 when no path asks for it. */
  #match(node: ScanNode, start: number, end: number): number {
    const bytes = this.#bytes;
    for (let i = 0; i < node.nameBytes.length; i++) {
      const name = node.nameBytes[i] as Uint8Array;
      if (name.length !== end - start) continue;
      let same = 0;
      while (same < name.length && name[same] === bytes[start + same]) same++;
      if (same === name.length) return i;
    }
    return this.#hasEscape(start, end) ? node.names.indexOf(memberName(bytes, start, end)) : -1;
  }

  #hasEscape(start: number, end: number): boolean {
    for (let i = start; i < end; i++) if (this.#bytes[i] === BACKSLASH) return true;
    return false;
  }

  /** Whether the name equals one of the spans, byte for byte or once its escapes are read. */
  #repeats(spans: readonly number[], start: number, end: number): boolean {
    const bytes = this.#bytes;
    const escaped = this.#hasEscape(start, end);
    for (let i = 0; i < spans.length; i += 2) {
      const from = spans[i] as number;
      const to = spans[i + 1] as number;
      if (!escaped && !this.#hasEscape(from, to)) {
        if (to - from !== end - start) continue;
        let same = 0;
        while (same < end - start && bytes[from + same] === bytes[start + same]) same++;
        if (same === end - start) return true;
      } else if (memberName(bytes, from, to) === memberName(bytes, start, end)) {
        return true;
      }
    }
    return false;
  }

  #nameSet(spans: readonly number[]): Set<string> {
    const names = new Set<string>();
    for (let i = 0; i < spans.length; i += 2) {
      names.add(memberName(this.#bytes, spans[i] as number, spans[i + 1] as number));
    }
    return names;
  }

  /** Any value, checked and passed over. Returns the position after it, or −1. */
  #skip(from: number, depth: number): number {
    const bytes = this.#bytes;
    const stack = this.#stack;
    let level = depth;
    let at = from;
    for (;;) {
      const c = bytes[at];
      if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
        if (++level > LIMITS.jsonDepth) return this.#fail(SCAN.depth, at);
        stack[level] = c;
        at = this.#space(at + 1);
        if (bytes[at] === (c === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY)) {
          level--;
          at++;
        } else {
          if (c === OPEN_OBJECT) at = this.#member(at);
          if (at < 0) return -1;
          continue;
        }
      } else {
        at = this.#scalar(at);
        if (at < 0) return -1;
      }
      // A value has ended: close containers until one goes on, or the outermost value is done.
      for (;;) {
        if (level === depth) return at;
        at = this.#space(at);
        const next = bytes[at];
        const inObject = stack[level] === OPEN_OBJECT;
        if (next === COMMA) {
          at = this.#space(at + 1);
          if (inObject) at = this.#member(at);
          if (at < 0) return -1;
          break;
        }
        if (next !== (inObject ? CLOSE_OBJECT : CLOSE_ARRAY)) return this.#fail(SCAN.syntax, at);
        level--;
        at++;
      }
    }
  }

  /** `"name" :` and the space after it. Returns where the value starts, or −1. */
  #member(from: number): number {
    if (this.#bytes[from] !== QUOTE) return this.#fail(SCAN.syntax, from);
    let at = this.#string(from);
    if (at < 0) return -1;
    at = this.#space(at);
    if (this.#bytes[at] !== COLON) return this.#fail(SCAN.syntax, at);
    return this.#space(at + 1);
  }

  #scalar(from: number): number {
    const c = this.#bytes[from];
    if (c === QUOTE) return this.#string(from);
    if (c === 0x74) return this.#literal(from, "true");
    if (c === 0x66) return this.#literal(from, "false");
    if (c === 0x6e) return this.#literal(from, "null");
    return this.#number(from);
  }

  #literal(from: number, word: string): number {
    for (let i = 1; i < word.length; i++) {
      if (this.#bytes[from + i] !== word.charCodeAt(i)) return this.#fail(SCAN.syntax, from + i);
    }
    return from + word.length;
  }

  /** From the opening quote to after the closing one. */
  #string(from: number): number {
    const bytes = this.#bytes;
    const length = this.#length;
    let at = from + 1;
    for (;;) {
      at = this.#plain(at);
      if (at >= length) return this.#fail(SCAN.syntax, at);
      const c = bytes[at];
      if (c === QUOTE) return at + 1;
      if (c !== BACKSLASH || at + 1 >= length) return this.#fail(SCAN.syntax, at);
      const escaped = bytes[at + 1] as number;
      if (IS_ESCAPE[escaped] === 1) {
        at += 2;
      } else if (escaped === 0x75) {
        for (let i = 2; i < 6; i++) {
          if (at + i >= length || IS_HEX[bytes[at + i] as number] !== 1) return this.#fail(SCAN.syntax, at);
        }
        at += 6;
      } else {
        return this.#fail(SCAN.syntax, at);
      }
    }
  }

  /** The next byte that ends or interrupts a string, or the end: eight bytes at a time while there are so many. */
  #plain(from: number): number {
    const view = this.#view;
    const offset = this.#bytes.byteOffset;
    const end = offset + this.#length;
    let at = offset + from;
    for (; at + 8 <= end; at += 8) {
      const first = stops(view.getInt32(at, true));
      if (first !== 0) return at - offset + lowestByte(first);
      const second = stops(view.getInt32(at + 4, true));
      if (second !== 0) return at - offset + 4 + lowestByte(second);
    }
    while (at < end && STRING_STOP[view.getUint8(at)] === 0) at++;
    return at - offset;
  }

  #digits(from: number): number {
    let at = from;
    while (at < this.#length && ((this.#bytes[at] as number) ^ 0x30) < 10) at++;
    return at > from ? at : this.#fail(SCAN.syntax, from);
  }

  #number(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    if (bytes[at] === 0x2d) at++;
    if (bytes[at] === 0x30) at++;
    else at = this.#digits(at);
    if (at < 0) return -1;
    if (bytes[at] === 0x2e) at = this.#digits(at + 1);
    if (at < 0) return -1;
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
      at++;
      if (bytes[at] === 0x2b || bytes[at] === 0x2d) at++;
      at = this.#digits(at);
    }
    return at;
  }
}

/**
 * Not 0 exactly when one of the four bytes is a quote, a backslash or a control character; its lowest set bit is then in
 * the first such byte (bits above it may be set by borrowing). The tests for a byte below n and for a zero byte are from
 * https://graphics.stanford.edu/~seander/bithacks.html. With bit 1 turned over, control characters stay below 0x20 and
 * the quote becomes 0x20: one test finds both.
 */
function stops(word: number): number {
  const low = word ^ 0x02020202;
  const backslash = word ^ 0x5c5c5c5c;
  return (((low - 0x21212121) & ~low) | ((backslash - 0x01010101) & ~backslash)) & 0x80808080;
}

/** Which of the four bytes the lowest set bit is in, as they lie in memory (little-endian). */
function lowestByte(bits: number): number {
  return (31 - Math.clz32(bits & -bits)) >>> 3;
}

function typeOf(first: number): number {
  if (first === QUOTE) return VALUE.string;
  if (first === OPEN_OBJECT) return VALUE.object;
  if (first === OPEN_ARRAY) return VALUE.array;
  if (first === 0x74 || first === 0x66) return VALUE.boolean;
  return first === 0x6e ? VALUE.null : VALUE.number;
}
