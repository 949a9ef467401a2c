/** CRC-32C (Castagnoli), the checksum of Kafka's record batches; sixteen bytes a step, with one table for each. */

const POLYNOMIAL = 0x82f63b78;
const STEP = 16;
/** Table `t` holds, at `t * 256 + byte`, the checksum of that byte with `t` zero bytes behind it. */
const TABLES = new Int32Array(STEP * 256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  TABLES[byte] = crc;
}
for (let at = 256; at < TABLES.length; at++) {
  const before = TABLES[at - 256] as number;
  TABLES[at] = (before >>> 8) ^ (TABLES[before & 255] as number);
}

/** Checksum of bytes [start, end), as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const table = TABLES;
  let crc = -1;
  let at = start;
  for (; at + STEP <= end; at += STEP) {
    const a = crc ^ view.getInt32(at, true);
    const b = view.getInt32(at + 4, true);
    const c = view.getInt32(at + 8, true);
    const d = view.getInt32(at + 12, true);
    crc =
      (table[3840 + (a & 255)] as number) ^
      (table[3584 + ((a >>> 8) & 255)] as number) ^
      (table[3328 + ((a >>> 16) & 255)] as number) ^
      (table[3072 + (a >>> 24)] as number) ^
      (table[2816 + (b & 255)] as number) ^
      (table[2560 + ((b >>> 8) & 255)] as number) ^
      (table[2304 + ((b >>> 16) & 255)] as number) ^
      (table[2048 + (b >>> 24)] as number) ^
      (table[1792 + (c & 255)] as number) ^
      (table[1536 + ((c >>> 8) & 255)] as number) ^
      (table[1280 + ((c >>> 16) & 255)] as number) ^
      (table[1024 + (c >>> 24)] as number) ^
      (table[768 + (d & 255)] as number) ^
      (table[512 + ((d >>> 8) & 255)] as number) ^
      (table[256 + ((d >>> 16) & 255)] as number) ^
      (table[d >>> 24] as number);
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[at] as number)) & 255] as number);
  return ~crc >>> 0;
}
