/**
 * The one request that kafkajs cannot write: Metadata in version 10, the first whose answer holds topic ids. A topic
 * that is deleted and created again has another id. Version 10 is "flexible": compact lengths, and tagged fields.
 */

export const METADATA_KEY = 3;
export const METADATA_VERSION = 10;

const UUID_BYTES = 16;
/** What a broker answers for a topic that it gave no id. */
const NO_ID = "00".repeat(UUID_BYTES);
const UNKNOWN_TOPIC = 3;

/** Ids in hex by topic; null for a topic that the broker does not know. Topics it would not tell of are left out. */
export type TopicIds = ReadonlyMap<string, string | null>;

/** The body, with the empty tagged fields that end a flexible request's header, which kafkajs does not write. */
export function topicIdsRequest(topics: readonly string[]): Buffer {
  const parts: Buffer[] = [Buffer.from([0]), uvarint(topics.length + 1)];
  for (const topic of topics) {
    const name = Buffer.from(topic, "utf8");
    parts.push(Buffer.alloc(UUID_BYTES), uvarint(name.length + 1), name, Buffer.from([0]));
  }
  // Do not create topics; no authorized operations of cluster or topics; no tagged fields.
  parts.push(Buffer.from([0, 0, 0, 0]));
  return Buffer.concat(parts);
}

export function readTopicIds(payload: Buffer): TopicIds {
  const ids = new Map<string, string | null>();
  const reader = new Reader(payload);
  reader.tags();
  reader.skip(4);
  for (let n = reader.count(); n > 0; n--) {
    reader.skip(4);
    reader.text();
    reader.skip(4);
    reader.text();
    reader.tags();
  }
  reader.text();
  reader.skip(4);
  for (let n = reader.count(); n > 0; n--) {
    const error = reader.int16();
    const name = reader.text();
    const id = reader.bytes(UUID_BYTES).toString("hex");
    reader.skip(1);
    for (let p = reader.count(); p > 0; p--) skipPartition(reader);
    reader.skip(4);
    reader.tags();
    if (name === null) continue;
    if (error === UNKNOWN_TOPIC) ids.set(name, null);
    else if (error === 0 && id !== NO_ID) ids.set(name, id);
  }
  return ids;
}

/** Error int16, index, leader and leader epoch int32, then the lists of replicas, in sync ones and offline ones. */
function skipPartition(reader: Reader): void {
  reader.skip(14);
  for (let list = 0; list < 3; list++) reader.skip(4 * reader.count());
  reader.tags();
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  skip(length: number): void {
    this.#at += length;
  }

  bytes(length: number): Buffer {
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError("the answer is shorter than it says");
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  int16(): number {
    return this.bytes(2).readInt16BE();
  }

  /** Of a compact list; a null list has none. */
  count(): number {
    return Math.max(0, this.#uvarint() - 1);
  }

  text(): string | null {
    const length = this.#uvarint() - 1;
    return length < 0 ? null : this.bytes(length).toString("utf8");
  }

  tags(): void {
    for (let n = this.#uvarint(); n > 0; n--) {
      this.#uvarint();
      this.skip(this.#uvarint());
    }
  }

  #uvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes(1)[0] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value >>> 0;
  }
}

function uvarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
