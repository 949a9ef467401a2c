/** The split block bloom filter of one column chunk: https://parquet.apache.org/docs/file-format/bloomfilter/ */
import { optimalNumBytes } from "hyparquet-writer/src/bloom.js";
import { LIMITS } from "../limits.ts";
import { Word64, xxHash64 } from "./xxhash.ts";

/** Share of absent values that the filter does not tell from present ones, when it is not cut to its limit. */
const FALSE_POSITIVES = 0.01;
const SALT = [0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31];

export class BloomFilter {
  /** Blocks of eight 32-bit words. */
  readonly words: Uint32Array;
  readonly #hash = new Word64();

  /** Sized as if all `values` were distinct. */
  constructor(values: number) {
    const bytes = Math.min(LIMITS.bloomFilterBytes, optimalNumBytes(values, FALSE_POSITIVES));
    this.words = new Uint32Array(bytes / Uint32Array.BYTES_PER_ELEMENT);
  }

  insert(bytes: Uint8Array, start: number, end: number): void {
    const { high, low } = xxHash64(bytes, start, end, this.#hash);
    const words = this.words;
    const block = Math.floor(((high >>> 0) * (words.length / 8)) / 2 ** 32);
    for (let i = 0; i < 8; i++) {
      const at = 8 * block + i;
      words[at] = (words[at] as number) | (1 << (Math.imul(low, SALT[i] as number) >>> 27));
    }
  }
}
