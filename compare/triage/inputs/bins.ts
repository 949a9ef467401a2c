/** Sizes and numbers by powers of two, and the bounds of such a bin in words. */

/** Bin of zero; those above hold positive numbers, those below negative ones. */
const ZERO_BIN = 0;
/** Exponents of doubles lie within ±1,100: shifted, every positive number has a positive bin. */
const SHIFT = 1_200;

/** Bin of a finite number, in the order of the numbers. */
export function binOf(value: number): number {
  if (value === 0) return ZERO_BIN;
  const bin = SHIFT + exponentOf(Math.abs(value));
  return value > 0 ? bin : -bin;
}

/** `≥ 1024` of the bin's lower end and all above it. */
export function fromText(bin: number): string {
  if (bin === ZERO_BIN) return "≥ 0";
  return bin > 0 ? `≥ ${2 ** (bin - SHIFT)}` : `> ${-(2 ** (-bin - SHIFT + 1))}`;
}

/** `< 1024` of all below the bin. */
export function belowText(bin: number): string {
  if (bin === ZERO_BIN) return "< 0";
  return bin > 0 ? `< ${2 ** (bin - SHIFT)}` : `≤ ${-(2 ** (-bin - SHIFT + 1))}`;
}

/** `1024–2047` of sizes, `[0.5, 1)` of numbers. */
export function binText(bin: number, whole: boolean): string {
  if (bin === ZERO_BIN) return "0";
  const [low, high] = [2 ** (Math.abs(bin) - SHIFT), 2 ** (Math.abs(bin) - SHIFT + 1)];
  if (whole) return low === high - 1 ? `${low}` : `${low}–${high - 1}`;
  return bin > 0 ? `[${low}, ${high})` : `(${-high}, ${-low}]`;
}

/** Greatest e with 2^e ≤ value: a logarithm may round to the next. */
function exponentOf(value: number): number {
  const guess = Math.floor(Math.log2(value));
  if (2 ** guess > value) return guess - 1;
  return 2 ** (guess + 1) <= value ? guess + 1 : guess;
}
