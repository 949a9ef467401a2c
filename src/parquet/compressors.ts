/** Decompression of pages, bounded by the length that the page header claims. */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";

/** Output is taken in pieces of at most this, so that a false length in a page header allocates little. */
const PIECE_BYTES = 1024 * 1024;
/** Smaller outputs would come from a pool that is not given back piece by piece. */
const LEAST_BYTES = Buffer.poolSize / 2;
/** A piece that is filled to its end makes zlib allocate the next one at once; this much is never filled. */
const SPARE_BYTES = 64;

export const COMPRESSORS = {
  ZSTD: (page: Uint8Array, length: number) => zstdDecompressSync(page, sized(length)),
  GZIP: (page: Uint8Array, length: number) => gunzipSync(page, sized(length)),
  BROTLI: (page: Uint8Array, length: number) => brotliDecompressSync(page, sized(length)),
};

function sized(length: number): { chunkSize: number; maxOutputLength: number } {
  const chunkSize = Math.min(Math.max(length + SPARE_BYTES, LEAST_BYTES), PIECE_BYTES);
  return { chunkSize, maxOutputLength: Math.max(length, 1) };
}
