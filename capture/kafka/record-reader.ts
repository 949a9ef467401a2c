/** Records of a batch of format 2: fields behind their lengths, numbers in seven bits a byte. */
import { LIMITS } from "../../src/limits.ts";
import type { Header, Message } from "../port.ts";

const NO_HEADERS: readonly Header[] = [];
/** Of the seventh byte: seven bytes hold 49 bits. */
const VARLONG_FACTOR_MAX = 128 ** 6;

/** A cursor over the records of a batch that is the message it stands on. */
export class RecordReader implements Message {
  offset = 0n;
  timestamp = 0;
  value: Uint8Array | null = null;
  valueBytes = 0;
  headers: readonly Header[] = NO_HEADERS;
  offsetDelta = 0;
  timeDelta: number | bigint = 0;
  readonly #bytes: Buffer;
  #at = 0;
  #keyAt = 0;
  #keyBytes = -1;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Made when it is asked for: few maps name it. */
  get key(): Uint8Array | null {
    return this.#keyBytes < 0 ? null : this.#bytes.subarray(this.#keyAt, this.#keyAt + this.#keyBytes);
  }

  next(): void {
    const length = this.#varint();
    const end = this.#at + length;
    if (length < 0 || end > this.#bytes.length) throw new Error(`a record reaches beyond its batch`);
    // Attributes of a record: not used by this format.
    this.#at++;
    this.timeDelta = this.#varlong();
    this.offsetDelta = this.#varint();
    this.#keyBytes = this.#varint();
    this.#keyAt = this.#at;
    this.#at += Math.max(0, this.#keyBytes);
    this.value = this.#sized(end);
    this.valueBytes = this.value === null ? 0 : this.value.length;
    // Rejected as too large: its start is kept, as that of a line of a file.
    if (this.valueBytes > LIMITS.messageBytes) this.value = (this.value as Buffer).subarray(0, LIMITS.messageBytes);
    const headers = this.#varint();
    this.headers = headers === 0 ? NO_HEADERS : this.#headers(headers, end);
    if (this.#at !== end) throw new Error("a record is not as long as it says");
  }

  #headers(count: number, end: number): Header[] {
    const headers: Header[] = [];
    for (let i = 0; i < count; i++) {
      const name = this.#sized(end);
      const value = this.#sized(end);
      // A header without a value is kept: it stands as one of no bytes.
      headers.push([name === null ? "" : asBuffer(name).toString("utf8"), value ?? new Uint8Array(0)]);
    }
    return headers;
  }

  /** Bytes behind their length; −1 is null. */
  #sized(end: number): Uint8Array | null {
    const length = this.#varint();
    if (length < 0) return null;
    const from = this.#at;
    this.#at += length;
    if (this.#at > end) throw new Error("a field reaches beyond its record");
    return this.#bytes.subarray(from, this.#at);
  }

  /** A zigzag number of at most 32 bits. */
  #varint(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++] as number;
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80 && shift < 35; shift += 7) {
      byte = bytes[this.#at++] as number;
      value |= (byte & 0x7f) << shift;
    }
    return (value >>> 1) ^ -(value & 1);
  }

  /** A zigzag number of at most 64 bits; as a bigint when it takes more bytes than a double holds exactly. */
  #varlong(): number | bigint {
    const bytes = this.#bytes;
    const start = this.#at;
    let value = 0;
    for (let factor = 1; factor <= VARLONG_FACTOR_MAX; factor *= 128) {
      const byte = bytes[this.#at++] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    this.#at = start;
    return this.#bigVarlong();
  }

  #bigVarlong(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++] as number;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return (value >> 1n) ^ -(value & 1n);
  }
}

export function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
