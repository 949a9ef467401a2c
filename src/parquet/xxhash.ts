/**
 * XXH64 with seed 0, the hash of Parquet's bloom filters, in 32-bit arithmetic: as BigInts its products
 * cost more than all else that is done with a short value.
 */

/** A 64-bit word, changed in place; both halves are signed 32-bit integers. */
export class Word64 {
  high = 0;
  low = 0;

  set(high: number, low: number): this {
    this.high = high;
    this.low = low;
    return this;
  }

  add(high: number, low: number): this {
    const sum = (this.low + low) | 0;
    const carry = sum >>> 0 < low >>> 0 ? 1 : 0;
    this.high = (this.high + high + carry) | 0;
    this.low = sum;
    return this;
  }

  xor(high: number, low: number): this {
    this.high ^= high;
    this.low ^= low;
    return this;
  }

  /** Rotates left by 1 to 31 bits. */
  rotate(bits: number): this {
    const { high, low } = this;
    this.high = (high << bits) | (low >>> (32 - bits));
    this.low = (low << bits) | (high >>> (32 - bits));
    return this;
  }

  /** Multiplies modulo 2^64: the full product of the low halves, by 16 bits each, and the mixed ones. */
  multiply(high: number, low: number): this {
    const a = this.low;
    const a0 = a & 0xffff;
    const a1 = a >>> 16;
    const b0 = low & 0xffff;
    const b1 = low >>> 16;
    const middle = a1 * b0 + ((a0 * b0) >>> 16);
    const carry = (a0 * b1 + (middle & 0xffff)) >>> 16;
    const top = a1 * b1 + (middle >>> 16) + carry;
    this.high = (top + Math.imul(this.high, low) + Math.imul(a, high)) | 0;
    this.low = Math.imul(a, low);
    return this;
  }

  /** One step of a lane: takes in 8 bytes at `at`. */
  round(bytes: Uint8Array, at: number): this {
    word.set(int32(bytes, at + 4), int32(bytes, at)).multiply(P2H, P2L);
    return this.add(word.high, word.low).rotate(31).multiply(P1H, P1L);
  }

  /** Joins a lane to the whole. */
  merge(lane: Word64): this {
    word.set(lane.high, lane.low).multiply(P2H, P2L).rotate(31).multiply(P1H, P1L);
    return this.xor(word.high, word.low).multiply(P1H, P1L).add(P4H, P4L);
  }
}

const P1H = 0x9e3779b1 | 0;
const P1L = 0x85ebca87 | 0;
const P2H = 0xc2b2ae3d | 0;
const P2L = 0x27d4eb4f | 0;
const P3H = 0x165667b1 | 0;
const P3L = 0x9e3779f9 | 0;
const P4H = 0x85ebca77 | 0;
const P4L = 0xc2b2ae63 | 0;
const P5H = 0x27d4eb2f | 0;
const P5L = 0x165667c5 | 0;

const word = new Word64();
const lanes = [new Word64(), new Word64(), new Word64(), new Word64()] as const;

/** The hash of bytes [start, end), in `hash`. */
export function xxHash64(bytes: Uint8Array, start: number, end: number, hash: Word64): Word64 {
  let at = start;
  if (end - start >= 32) {
    at = fourLanes(bytes, start, end, hash);
  } else {
    hash.set(P5H, P5L);
  }
  hash.add(0, end - start);
  for (; at + 8 <= end; at += 8) {
    word
      .set(int32(bytes, at + 4), int32(bytes, at))
      .multiply(P2H, P2L)
      .rotate(31)
      .multiply(P1H, P1L);
    hash.xor(word.high, word.low).rotate(27).multiply(P1H, P1L).add(P4H, P4L);
  }
  if (at + 4 <= end) {
    word.set(0, int32(bytes, at)).multiply(P1H, P1L);
    hash.xor(word.high, word.low).rotate(23).multiply(P2H, P2L).add(P3H, P3L);
    at += 4;
  }
  for (; at < end; at++) {
    word.set(0, bytes[at] as number).multiply(P5H, P5L);
    hash.xor(word.high, word.low).rotate(11).multiply(P1H, P1L);
  }
  hash.xor(0, hash.high >>> 1).multiply(P2H, P2L);
  hash.xor(hash.high >>> 29, (hash.high << 3) | (hash.low >>> 29)).multiply(P3H, P3L);
  return hash.xor(0, hash.high);
}

/** All whole blocks of 32 bytes. Returns the position after them. */
function fourLanes(bytes: Uint8Array, start: number, end: number, hash: Word64): number {
  const [a, b, c, d] = lanes;
  a.set(P1H, P1L).add(P2H, P2L);
  b.set(P2H, P2L);
  c.set(0, 0);
  d.set(~P1H, ~P1L).add(0, 1);
  let at = start;
  for (; at + 32 <= end; at += 32) {
    a.round(bytes, at);
    b.round(bytes, at + 8);
    c.round(bytes, at + 16);
    d.round(bytes, at + 24);
  }
  hash.set(a.high, a.low).rotate(1);
  word.set(b.high, b.low).rotate(7);
  hash.add(word.high, word.low);
  word.set(c.high, c.low).rotate(12);
  hash.add(word.high, word.low);
  word.set(d.high, d.low).rotate(18);
  hash.add(word.high, word.low);
  hash.merge(a).merge(b).merge(c).merge(d);
  return at;
}

function int32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}
