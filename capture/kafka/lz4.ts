/** LZ4 frames as Kafka's producers write them. Output is allocated once: the blocks are measured before. */

const MAGIC = 0x184d2204;
const UNCOMPRESSED = 0x80000000;
/** Flags of the frame descriptor. */
const FLAG = { version: 0x40, blockChecksum: 0x10, contentSize: 0x08, contentChecksum: 0x04, dictionary: 0x01 };
/** Shortest match, and the value of a length's half byte that more bytes follow. */
const MATCH_LEAST = 4;
const MORE = 15;

/**
 * The content. Throws what is wrong with the data; never allocates more than `limit`. The frame's own
 * checksums are not looked at: the record batch around it has one over all of it.
 */
export function unlz4(data: Buffer, limit: number): Buffer {
  const blocks = blocksOf(data);
  let total = 0;
  for (const { from, to, packed } of blocks) {
    const length = packed ? measure(data, from, to) : to - from;
    if (length < 0) throw new Error("an LZ4 block is damaged");
    total += length;
    if (total > limit) throw new RangeError(`it has more than ${limit} bytes`);
  }
  const out = Buffer.allocUnsafeSlow(total);
  let at = 0;
  for (const { from, to, packed } of blocks) {
    if (packed) at = unpack(data, from, to, out, at);
    else at += data.copy(out, at, from, to);
    if (at < 0) throw new Error("an LZ4 block points before its start");
  }
  return out;
}

interface Block {
  readonly from: number;
  readonly to: number;
  readonly packed: boolean;
}

/** The blocks of all frames, one after the other. */
function blocksOf(data: Buffer): readonly Block[] {
  const blocks: Block[] = [];
  let at = 0;
  while (at < data.length) {
    if (at + 7 > data.length || data.readUInt32LE(at) !== MAGIC) throw new Error("not an LZ4 frame");
    const flags = data[at + 4] as number;
    if ((flags & 0xc0) !== FLAG.version) throw new Error(`an LZ4 frame of version ${flags >>> 6}, which is not known`);
    if ((flags & FLAG.dictionary) !== 0) throw new Error("an LZ4 frame with a dictionary, which Kafka does not have");
    // Magic, flags, block size, the content's size when it is there, header checksum.
    at += 6 + ((flags & FLAG.contentSize) === 0 ? 0 : 8) + 1;
    for (;;) {
      if (at + 4 > data.length) throw new Error("an LZ4 frame ends too early");
      const size = data.readUInt32LE(at);
      at += 4;
      if (size === 0) break;
      const length = size % UNCOMPRESSED;
      if (at + length > data.length) throw new Error("an LZ4 frame ends too early");
      blocks.push({ from: at, to: at + length, packed: size < UNCOMPRESSED });
      at += length + ((flags & FLAG.blockChecksum) === 0 ? 0 : 4);
    }
    if ((flags & FLAG.contentChecksum) !== 0) at += 4;
  }
  return blocks;
}

/** Bytes that a block unpacks to; −1 when its sequences do not end where it does. */
function measure(data: Buffer, from: number, to: number): number {
  let at = from;
  let length = 0;
  while (at < to) {
    const token = data[at++] as number;
    let literals = token >>> 4;
    if (literals === MORE) {
      let byte: number;
      do {
        if (at >= to) return -1;
        byte = data[at++] as number;
        literals += byte;
      } while (byte === 255);
    }
    at += literals;
    length += literals;
    if (at === to) return length;
    at += 2;
    let match = token & MORE;
    if (match === MORE) {
      let byte: number;
      do {
        if (at >= to) return -1;
        byte = data[at++] as number;
        match += byte;
      } while (byte === 255);
    }
    length += match + MATCH_LEAST;
  }
  return -1;
}

/** Unpacks a measured block behind what stands in `out` already; the position after it, −1 for a bad distance. */
function unpack(data: Buffer, from: number, to: number, out: Buffer, start: number): number {
  let at = from;
  let end = start;
  for (;;) {
    const token = data[at++] as number;
    let literals = token >>> 4;
    if (literals === MORE) {
      let byte: number;
      do {
        byte = data[at++] as number;
        literals += byte;
      } while (byte === 255);
    }
    if (literals < 32) for (const stop = at + literals; at < stop; ) out[end++] = data[at++] as number;
    else {
      data.copy(out, end, at, at + literals);
      at += literals;
      end += literals;
    }
    if (at >= to) return end;
    const distance = (data[at] as number) | ((data[at + 1] as number) << 8);
    at += 2;
    let match = token & MORE;
    if (match === MORE) {
      let byte: number;
      do {
        byte = data[at++] as number;
        match += byte;
      } while (byte === 255);
    }
    // Blocks may point into those before them.
    if (distance === 0 || distance > end) return -1;
    for (const stop = end + match + MATCH_LEAST; end < stop; end++) out[end] = out[end - distance] as number;
  }
}
