/** Compression as Kafka's producers do it, by the reference implementations. */
import snappy from "snappy";

const XERIAL_HEADER = Buffer.from("82534e41505059000000000100000001", "hex");
const XERIAL_BLOCK_BYTES = 32 * 1024;

/** The frames that snappy-java, and so every Java producer, puts around snappy. */
export function xerial(data: Buffer): Buffer {
  const parts: Buffer[] = [XERIAL_HEADER];
  for (let at = 0; at < data.length; at += XERIAL_BLOCK_BYTES) {
    const block = snappy.compressSync(Buffer.from(data.subarray(at, at + XERIAL_BLOCK_BYTES)));
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}
