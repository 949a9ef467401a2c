/**
 * Kafka's record batches (message format 2), read where they lie. kafkajs reads record by record into objects,
 * without looking at the checksum; here a batch is checked whole, and its records are taken one after the other
 * with nothing kept of the one before.
 *
 * Layout (big-endian): baseOffset int64 0 · length int32 8 · leaderEpoch int32 12 · magic int8 16 · crc uint32 17 ·
 * attributes int16 21 · lastOffsetDelta int32 23 · baseTimestamp int64 27 · maxTimestamp int64 35 ·
 * producerId int64 43 · producerEpoch int16 51 · baseSequence int32 53 · count int32 57 · records 61.
 */
import { messageOf } from "../../src/errors.ts";
import type { Message } from "../port.ts";
import { crc32c } from "./crc32c.ts";
import { asBuffer, RecordReader } from "./record-reader.ts";

const LENGTH_AT = 8;
/** Bytes before those that `length` counts. */
const LENGTH_END = 12;
const MAGIC_AT = 16;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
const LAST_DELTA_AT = 23;
const BASE_TIME_AT = 27;
const MAX_TIME_AT = 35;
const PRODUCER_AT = 43;
const COUNT_AT = 57;
const HEADER_BYTES = 61;
const MAGIC = 2;

const CODEC_MASK = 0x07;
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/** Largest time a Date can hold; brokers let producers send any 64-bit number. */
const TIME_MAX_MS = 8.64e15;

/** Unpacks the records of a batch, by the codec's number in its attributes. */
export type Decompress = (codec: number, packed: Buffer) => Promise<Uint8Array>;

export interface RecordBatch {
  readonly firstOffset: bigint;
  /** Also of what compaction has removed. */
  readonly lastOffset: bigint;
  readonly producerId: bigint;
  readonly transactional: boolean;
  /** A marker of a transaction: no message. */
  readonly control: boolean;
  /** A control batch that ends an aborted transaction of its producer. */
  readonly abortMarker: boolean;
  readonly count: number;
  readonly baseTimestamp: bigint;
  /** The broker's time, which then stands for every record's. */
  readonly appendTimestamp: bigint | undefined;
  readonly records: Buffer;
  /** What is wrong with the batch: its records cannot be trusted, and none is read. */
  readonly fault: string | undefined;
}

/** True when the bytes hold batches of format 2; older formats are left to the client library. */
export function holdsRecordBatches(bytes: Buffer): boolean {
  return bytes.length > MAGIC_AT && bytes.readInt8(MAGIC_AT) === MAGIC;
}

/** What a fetch may still unpack, over all its partitions. */
export interface Room {
  bytes: number;
}

/**
 * The whole batches in what a fetch returned for a partition; the last may have been cut by the fetch's size. Those
 * for which there is no room any more are left out like it: the next fetch starts with them.
 */
export async function readRecordBatches(
  bytes: Buffer,
  decompress: Decompress,
  room: Room = { bytes: Number.POSITIVE_INFINITY },
): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length && room.bytes > 0) {
    const end = at + LENGTH_END + bytes.readInt32BE(at + LENGTH_AT);
    if (end > bytes.length) break;
    const batch = await readRecordBatch(bytes.subarray(at, end), decompress);
    batches.push(batch);
    room.bytes -= batch.records.length;
    // What follows a batch that cannot be read would leave a hole.
    if (batch.fault !== undefined) break;
    at = end;
  }
  return batches;
}

async function readRecordBatch(bytes: Buffer, decompress: Decompress): Promise<RecordBatch> {
  const attributes = bytes.length < HEADER_BYTES ? 0 : bytes.readInt16BE(ATTRIBUTES_AT);
  let fault = faultOf(bytes);
  let records = bytes.subarray(HEADER_BYTES);
  const codec = attributes & CODEC_MASK;
  if (fault === undefined && codec !== 0 && records.length > 0) {
    try {
      records = asBuffer(await decompress(codec, records));
    } catch (error) {
      fault = `it cannot be decompressed: ${messageOf(error)}`;
    }
  }
  const firstOffset = bytes.readBigInt64BE(0);
  const whole = bytes.length >= HEADER_BYTES;
  return {
    firstOffset,
    lastOffset: firstOffset + BigInt(whole ? bytes.readInt32BE(LAST_DELTA_AT) : 0),
    producerId: whole ? bytes.readBigInt64BE(PRODUCER_AT) : -1n,
    transactional: (attributes & TRANSACTIONAL) !== 0,
    control: (attributes & CONTROL) !== 0,
    abortMarker: fault === undefined && (attributes & CONTROL) !== 0 && isAbortMarker(records),
    count: whole ? bytes.readInt32BE(COUNT_AT) : 0,
    baseTimestamp: whole ? bytes.readBigInt64BE(BASE_TIME_AT) : 0n,
    appendTimestamp: whole && (attributes & LOG_APPEND_TIME) !== 0 ? bytes.readBigInt64BE(MAX_TIME_AT) : undefined,
    records,
    fault,
  };
}

/** The key of a marker: version int16, type int16, which is 0 for an abort. */
function isAbortMarker(records: Buffer): boolean {
  const reader = new RecordReader(records);
  reader.next();
  return reader.key !== null && reader.key.length >= 4 && asBuffer(reader.key).readInt16BE(2) === 0;
}

/**
 * The batches of aborted transactions: none of their messages may be read. A transaction is aborted from its first
 * offset on until its producer's marker, also when the fetch starts in the midst of it. A broker lists them in the
 * order in which they ended.
 */
export function abortedBatches(
  batches: readonly RecordBatch[],
  aborted: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[],
): Set<RecordBatch> {
  const found = new Set<RecordBatch>();
  const open = new Set<bigint>();
  const begun = [...aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  let next = 0;
  for (const batch of batches) {
    for (let t = begun[next]; t !== undefined && t.firstOffset <= batch.lastOffset; t = begun[++next])
      open.add(t.producerId);
    if (batch.abortMarker) open.delete(batch.producerId);
    else if (batch.transactional && !batch.control && open.has(batch.producerId)) found.add(batch);
  }
  return found;
}

function faultOf(bytes: Buffer): string | undefined {
  if (bytes.length < HEADER_BYTES) return `it has ${bytes.length} bytes, its header alone takes ${HEADER_BYTES}`;
  const magic = bytes.readInt8(MAGIC_AT);
  if (magic !== MAGIC) return `it is of format ${magic} behind batches of format ${MAGIC}`;
  const told = bytes.readUInt32BE(CRC_AT);
  const found = crc32c(bytes, ATTRIBUTES_AT);
  if (told !== found) return `its checksum is ${hex(found)}, its header says ${hex(told)}`;
  return undefined;
}

/**
 * The messages of a batch from `from` on. One object is filled again and again: what outlives the next step must be
 * copied. Throws when the records do not fit the batch.
 */
export function* messagesOf(batch: RecordBatch, from: bigint): Generator<Message> {
  if (batch.control || batch.fault !== undefined) return;
  const reader = new RecordReader(batch.records);
  const { firstOffset: base, baseTimestamp, appendTimestamp } = batch;
  const baseTime = Number(baseTimestamp);
  const isSmall = Number.isSafeInteger(baseTime);
  const fixedTime = appendTimestamp === undefined ? undefined : bounded(Number(appendTimestamp));
  for (let i = 0; i < batch.count; i++) {
    reader.next();
    const { timeDelta } = reader;
    reader.offset = base + BigInt(reader.offsetDelta);
    if (fixedTime !== undefined) reader.timestamp = fixedTime;
    else if (isSmall && typeof timeDelta === "number") reader.timestamp = bounded(baseTime + timeDelta);
    else reader.timestamp = bounded(Number(baseTimestamp + BigInt(timeDelta)));
    if (reader.offset >= from) yield reader;
  }
}

function bounded(ms: number): number {
  return Math.min(TIME_MAX_MS, Math.max(-TIME_MAX_MS, ms));
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
