/** Snappy as Kafka's producers write it. Output is allocated once, at the length that the data itself declares. */

/** Blocks that snappy-java puts around raw snappy: this magic, two versions, then length and block in turn. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

/** The content. Throws what is wrong with the data; never allocates more than `limit`. */
export function unsnappy(data: Buffer, limit: number): Buffer {
  const blocks = blocksOf(data);
  let total = 0;
  for (const block of blocks) {
    const { length } = preamble(block);
    if (length < 0) throw new Error("a snappy block does not say its length");
    total += length;
    if (total > limit) throw new RangeError(`it has more than ${limit} bytes`);
  }
  const out = Buffer.allocUnsafeSlow(total);
  let at = 0;
  for (const block of blocks) {
    const { length, bytes } = preamble(block);
    if (!unpack(block, bytes, out, at, at + length)) throw new Error("a snappy block is damaged");
    at += length;
  }
  return out;
}

/** Raw blocks: those inside of snappy-java's framing, which may start anew, or the data itself. */
function blocksOf(data: Buffer): readonly Buffer[] {
  if (!isXerial(data, 0)) return [data];
  const blocks: Buffer[] = [];
  let at = 0;
  while (at < data.length) {
    if (isXerial(data, at)) {
      at += XERIAL_HEADER_BYTES;
      continue;
    }
    const length = at + 4 <= data.length ? data.readInt32BE(at) : -1;
    if (length < 0 || at + 4 + length > data.length) throw new Error("a snappy frame ends too early");
    blocks.push(data.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return blocks;
}

function isXerial(data: Buffer, at: number): boolean {
  return data.length - at >= XERIAL_HEADER_BYTES && XERIAL_MAGIC.equals(data.subarray(at, at + XERIAL_MAGIC.length));
}

/** Length of the content, and of the varint that says it; −1 when it is none. */
function preamble(block: Buffer): { length: number; bytes: number } {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = block[i];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { length, bytes: i + 1 };
  }
  return { length: -1, bytes: 0 };
}

/** Fills [from, to) of `out`; false when the block holds less, more, or points where nothing is. */
function unpack(block: Buffer, start: number, out: Buffer, from: number, to: number): boolean {
  let at = start;
  let end = from;
  while (at < block.length) {
    const tag = block[at++] as number;
    const kind = tag & 3;
    if (kind === 0) {
      let length = tag >>> 2;
      if (length >= 60) {
        const bytes = length - 59;
        if (at + bytes > block.length) return false;
        length = block.readUIntLE(at, bytes);
        at += bytes;
      }
      length++;
      if (at + length > block.length || end + length > to) return false;
      block.copy(out, end, at, at + length);
      at += length;
      end += length;
    } else {
      const bytes = kind === 3 ? 4 : kind;
      if (at + bytes > block.length) return false;
      const length = kind === 1 ? 4 + ((tag >>> 2) & 7) : 1 + (tag >>> 2);
      const distance = kind === 1 ? ((tag >>> 5) << 8) | (block[at] as number) : block.readUIntLE(at, bytes);
      at += bytes;
      if (distance === 0 || distance > end - from || end + length > to) return false;
      // A copy may overlap what it writes: byte by byte it repeats, as the format wants.
      for (const stop = end + length; end < stop; end++) out[end] = out[end - distance] as number;
    }
  }
  return end === to;
}
