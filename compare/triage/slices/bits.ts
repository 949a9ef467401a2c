/** Sets of rows, 32 to a word. */

export type Bits = Uint32Array;

export function bitsOf(size: number): Bits {
  return new Uint32Array((size + 31) >> 5);
}

export function setBit(bits: Bits, at: number): void {
  bits[at >> 5] = (bits[at >> 5] as number) | (1 << (at & 31));
}

export function and(a: Bits, b: Bits): Bits {
  return a.map((word, at) => word & (b[at] as number));
}

export function or(a: Bits, b: Bits): Bits {
  return a.map((word, at) => word | (b[at] as number));
}

/** Those of `a` that are not in `b`. */
export function without(a: Bits, b: Bits): Bits {
  return a.map((word, at) => word & ~(b[at] as number));
}

export function countOf(bits: Bits): number {
  let count = 0;
  for (let at = 0; at < bits.length; at++) count += ones(bits[at] as number);
  return count;
}

/** Of both, without a set in between. */
export function countOfBoth(a: Bits, b: Bits): number {
  let count = 0;
  for (let at = 0; at < a.length; at++) count += ones((a[at] as number) & (b[at] as number));
  return count;
}

function ones(word: number): number {
  let w = word - ((word >>> 1) & 0x55555555);
  w = (w & 0x33333333) + ((w >>> 2) & 0x33333333);
  return Math.imul((w + (w >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
