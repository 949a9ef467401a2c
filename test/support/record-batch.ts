/** Record batches as a broker stores them, written from the protocol's description, so that reading has an oracle. */
import { crc32c } from "../../capture/kafka/crc32c.ts";

export interface BatchSpec {
  readonly firstOffset: bigint;
  readonly baseTimestamp: bigint;
  readonly records: readonly {
    readonly key?: Buffer | null;
    readonly value: Buffer | null;
    readonly headers?: readonly (readonly [string, Buffer])[];
    readonly timeDelta?: bigint;
    /** Positions left out before this record. */
    readonly gap?: number;
  }[];
  /** Further than the last record's when compaction removed what came after it. */
  readonly lastDelta?: number;
  readonly appendTimestamp?: bigint;
  readonly codec?: number;
  readonly producerId?: bigint;
  readonly transactional?: boolean;
  readonly control?: boolean;
}

export function recordBatch(spec: BatchSpec): { bytes: Buffer; offsets: bigint[]; lastOffset: bigint } {
  const parts: Buffer[] = [];
  const offsets: bigint[] = [];
  let delta = -1;
  for (const { key = null, value, headers = [], timeDelta = 0n, gap = 0 } of spec.records) {
    delta += 1 + gap;
    offsets.push(spec.firstOffset + BigInt(delta));
    const body = Buffer.concat([
      Buffer.from([0]),
      varint(timeDelta),
      varint(BigInt(delta)),
      sized(key),
      sized(value),
      varint(BigInt(headers.length)),
      ...headers.flatMap(([name, bytes]) => [sized(Buffer.from(name)), sized(bytes)]),
    ]);
    parts.push(varint(BigInt(body.length)), body);
  }
  const lastDelta = spec.lastDelta ?? Math.max(0, delta);
  const head = Buffer.alloc(61);
  const attributes =
    (spec.codec ?? 0) |
    (spec.appendTimestamp === undefined ? 0 : 0x08) |
    (spec.transactional ? 0x10 : 0) |
    (spec.control ? 0x20 : 0);
  const bytes = Buffer.concat([head, ...parts]);
  bytes.writeBigInt64BE(spec.firstOffset, 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt8(2, 16);
  bytes.writeInt16BE(attributes, 21);
  bytes.writeInt32BE(lastDelta, 23);
  bytes.writeBigInt64BE(spec.baseTimestamp, 27);
  bytes.writeBigInt64BE(spec.appendTimestamp ?? spec.baseTimestamp, 35);
  bytes.writeBigInt64BE(spec.producerId ?? -1n, 43);
  bytes.writeInt32BE(spec.records.length, 57);
  bytes.writeUInt32BE(crc32c(bytes, 21), 17);
  return { bytes, offsets, lastOffset: spec.firstOffset + BigInt(lastDelta) };
}

function sized(bytes: Buffer | null): Buffer {
  return bytes === null ? varint(-1n) : Buffer.concat([varint(BigInt(bytes.length)), bytes]);
}

/** Zigzag, then seven bits a byte, the lowest first. */
function varint(value: bigint): Buffer {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
