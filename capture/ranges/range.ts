/** One range of positions being filled: its rows, its rejects, and the counts that must add up. */
import { createHash } from "node:crypto";
import type { CaptureFooter } from "../../src/lake/footer.ts";
import type { RejectReason } from "../../src/record.ts";
import type { Fields } from "../mapping/mapping.ts";
import type { Rejection } from "../mapping/reject.ts";
import type { Message, PartitionId } from "../port.ts";
import type { ChunkPool } from "./chunks.ts";
import { Rows } from "./rows.ts";

/** A message that could not become a record, copied. */
export interface Rejected extends Rejection {
  readonly offset: bigint;
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** JSON array of [name, base64 value]. */
  readonly headers: string;
}

export type UnhashedFooter = Omit<CaptureFooter, "contentSha256" | "models">;

/** Rough memory of one reject beside its bytes. */
const REJECT_OVERHEAD_BYTES = 400;

export class Range {
  readonly id: PartitionId;
  /** First position of the range. */
  readonly first: bigint;
  /** Position after the last one consumed. */
  next: bigint;
  readonly rows: Rows;
  readonly rejects: Rejected[] = [];
  readonly reasons = new Map<RejectReason, number>();
  sampledOut = 0;
  tombstones = 0;
  absent = 0;
  readonly gaps: { from: string; to: string; reason: "retention" }[] = [];
  firstSha: string | null = null;
  /** Position of the message that `firstSha` is of. */
  firstMessage: bigint | null = null;
  /** Uncompressed bytes of rows and rejects: what `rotate.bytes` is held against. */
  bytes = 0;
  #rejectBytes = 0;
  /** Monotonic milliseconds when its first position was consumed. */
  readonly since: number;

  constructor(id: PartitionId, first: bigint, since: number, pool: ChunkPool) {
    this.id = { log: id.log, partition: id.partition };
    this.first = first;
    this.next = first;
    this.since = since;
    this.rows = new Rows(first, pool);
  }

  get isEmpty(): boolean {
    return this.next === this.first;
  }

  /** Memory held by the range. */
  get heldBytes(): number {
    return this.rows.heldBytes + this.#rejectBytes;
  }

  /** Messages consumed; rotation by records counts them. */
  get messages(): number {
    return this.rows.count + this.rejects.length + this.sampledOut + this.tombstones;
  }

  /** Takes the positions up to `to` (excluded) as holding no message. */
  skipTo(to: bigint, reason?: "retention"): void {
    this.absent += Number(to - this.next);
    if (reason) this.gaps.push({ from: String(this.next), to: String(to - 1n), reason });
    this.next = to;
  }

  capture(message: Message, fields: Fields): void {
    this.#take(message);
    this.bytes += this.rows.add(message.offset, fields);
  }

  reject(message: Message, { reason, detail }: Rejection): void {
    this.#take(message);
    const { key, value, offset, timestamp } = message;
    const headers = JSON.stringify(
      message.headers.map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")]),
    );
    this.rejects.push({ reason, detail, offset, timestamp, key: copy(key), value: copy(value), headers });
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
    const bytes = (key?.length ?? 0) + (value?.length ?? 0) + headers.length + detail.length + REJECT_OVERHEAD_BYTES;
    this.#rejectBytes += bytes;
    this.bytes += bytes;
  }

  sampleOut(message: Message): void {
    this.#take(message);
    this.sampledOut++;
  }

  tombstone(message: Message): void {
    this.#take(message);
    this.tombstones++;
  }

  /** All that the footer says but what is found where the rows are encoded: their hash, and their models. */
  footer(rejects: CaptureFooter["rejects"]): UnhashedFooter {
    const { rows } = this;
    return {
      ...this.id,
      first: String(this.first),
      last: String(this.next - 1n),
      captured: rows.count,
      rejected: this.rejects.length,
      sampledOut: this.sampledOut,
      tombstones: this.tombstones,
      absent: this.absent,
      gaps: this.gaps,
      minTime: rows.count > 0 ? rows.minTime : null,
      maxTime: rows.count > 0 ? rows.maxTime : null,
      firstSha: this.firstSha,
      rejects,
    };
  }

  /** Gives the memory back; the range is not used afterwards. */
  release(): void {
    this.rows.release();
    this.rejects.length = 0;
  }

  #take(message: Message): void {
    this.next = message.offset + 1n;
    if (this.firstSha !== null) return;
    this.firstSha = messageSha(message);
    this.firstMessage = message.offset;
  }
}

/** sha256 over key, value (each: length as int32 LE, −1 for null, then the bytes) and timestamp (int64 LE). */
export function messageSha(message: Pick<Message, "key" | "value" | "timestamp">): string {
  const hash = createHash("sha256");
  const number = Buffer.alloc(8);
  for (const part of [message.key, message.value]) {
    number.writeInt32LE(part?.length ?? -1);
    hash.update(number.subarray(0, 4));
    if (part) hash.update(part);
  }
  number.writeBigInt64LE(BigInt(message.timestamp));
  return hash.update(number).digest("hex");
}

function copy(bytes: Uint8Array | null): Uint8Array | null {
  return bytes === null ? null : Uint8Array.from(bytes);
}
