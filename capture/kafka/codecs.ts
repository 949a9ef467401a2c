/**
 * What producers pack record batches with. gzip and zstd are Node's own; snappy and LZ4 are unpacked here, which was
 * measured faster than the native modules there are for them, installs anywhere, and is bounded by construction.
 */
import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";
import { LIMITS } from "../../src/limits.ts";
import { unlz4 } from "./lz4.ts";
import type { Decompress } from "./record-batch.ts";
import { unsnappy } from "./snappy.ts";

type Unpack = (packed: Buffer, limit: number) => Buffer | Promise<Buffer>;

/** By the codec's number in a batch's attributes. */
const UNPACK: Readonly<Record<number, Unpack>> = {
  1: inflating(promisify(gunzip)),
  2: unsnappy,
  3: unlz4,
  4: inflating(promisify(zstdDecompress)),
};

/** Throws what is wrong with the data, also when it unpacks to more than LIMITS.recordBatchBytes. */
export const decompress: Decompress = async (codec, packed) => {
  const unpack = UNPACK[codec];
  if (!unpack) throw new Error(`codec ${codec} is not known`);
  return unpack(packed, LIMITS.recordBatchBytes);
};

function inflating(work: (packed: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>): Unpack {
  return async (packed, limit) => {
    try {
      return await work(packed, { maxOutputLength: limit });
    } catch (error) {
      const tooLarge = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
      throw tooLarge ? new RangeError(`it has more than ${limit} bytes`, { cause: error }) : error;
    }
  };
}
