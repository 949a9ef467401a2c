/**
 * Between source and ledger: maps messages, fills one range per partition, and decides when a range is
 * closed and written. Positions only move forward; a partition's ranges are written one after the other.
 */

import type { Clock } from "../../src/clock.ts";
import type { CaptureSettings } from "../../src/config/schema.ts";
import { CutoverError } from "../../src/errors.ts";
import { LIMITS } from "../../src/limits.ts";
import { formatPosition, type RejectReason } from "../../src/record.ts";
import { limiter } from "../limiter.ts";
import { createMapper, type Mapper } from "../mapping/mapping.ts";
import { createSampler, type Sampler } from "../mapping/sample.ts";
import type { CaptureSink, Message, PartitionEvents, PartitionId, PartitionSink, ResumePoint } from "../port.ts";
import { type ChunkPool, createChunkPool } from "./chunks.ts";
import type { Commit, Ledger } from "./ledger.ts";
import { Range } from "./range.ts";
import { RejectWatch } from "./reject-rate.ts";
import { addFooter, emptyTotals, type Totals } from "./totals.ts";

export interface RecorderOptions {
  readonly ledger: Ledger;
  readonly settings: Pick<CaptureSettings, "source" | "map" | "rotate" | "sample" | "maxRejectRate" | "memory">;
  readonly clock: Clock;
  /** Called after each range that became durable here. */
  readonly onCommit?: (commit: Extract<Commit, { kind: "written" }>) => void;
}

export interface Recorder extends CaptureSink {
  /** Durable ranges only. */
  readonly totals: Totals;
  /** Messages and positions taken since the start, durable or not: for progress. */
  readonly consumed: number;
  readonly bufferedBytes: number;
  /** Monotonic milliseconds of the first position taken, and of the last range that became durable; undefined before. */
  readonly began: number | undefined;
  readonly lastDurable: number | undefined;
  /** Closes ranges whose interval is over; called about once a second. */
  tick(): void;
}

export function createRecorder(options: RecorderOptions): Recorder {
  return new RangeRecorder(options);
}

/** Share of the rows' memory at which ranges are closed for want of room. */
const RELIEF_SHARE = 0.75;

/** State that all partitions share. */
class RangeRecorder implements Recorder {
  readonly totals = emptyTotals();
  consumed = 0;
  began: number | undefined;
  lastDurable: number | undefined;
  readonly watch: RejectWatch;
  readonly mapper: Mapper;
  readonly sampler: Sampler;
  readonly pool: ChunkPool;
  readonly options: RecorderOptions;
  readonly #partitions = new Map<string, Partition>();
  readonly #abort = new AbortController();
  readonly #limit = limiter(LIMITS.captureFlushes);
  readonly #reasons = new Map<RejectReason, { count: number; example: string; detail: string }>();
  readonly #rowsMax: number;
  #waiting: { promise: Promise<void>; resolve: () => void } | undefined;

  constructor(options: RecorderOptions) {
    this.options = options;
    this.#rowsMax = options.settings.memory * LIMITS.captureBufferShare * LIMITS.captureRowShare;
    this.pool = createChunkPool(this.#rowsMax);
    this.mapper = createMapper(options.settings.map, options.settings.source?.kafka?.format);
    this.sampler = createSampler(options.settings.sample);
    this.watch = new RejectWatch(options.settings.maxRejectRate);
    this.failed = this.#abort.signal;
  }

  readonly failed: AbortSignal;

  get bufferedBytes(): number {
    let bytes = 0;
    for (const partition of this.#partitions.values()) bytes += partition.heldBytes;
    return bytes;
  }

  open(id: PartitionId, from: ResumePoint, events: PartitionEvents): PartitionSink {
    const name = `${id.log}/${id.partition}`;
    this.#partitions.get(name)?.close();
    const partition = new Partition(this, id, from, events);
    this.#partitions.set(name, partition);
    return partition;
  }

  room(): Promise<void> | undefined {
    this.#relieve();
    if (!this.#isFull()) return undefined;
    if (!this.#waiting) {
      let resolve = (): void => {};
      const promise = new Promise<void>((done) => {
        resolve = done;
      });
      this.#waiting = { promise, resolve };
    }
    return this.#waiting.promise;
  }

  async flush(): Promise<void> {
    for (const partition of this.#partitions.values()) partition.rotate();
    await Promise.all([...this.#partitions.values()].map((partition) => partition.settled));
  }

  tick(): void {
    const before = this.options.clock.monotonic() - this.options.settings.rotate.interval;
    for (const partition of this.#partitions.values()) if (partition.since <= before) partition.rotate();
  }

  /** Runs a write with at most LIMITS.captureFlushes at once, and lets the source go on when it has made room. */
  async write(range: Range): Promise<Commit> {
    return this.#limit(() => this.options.ledger.commit(range));
  }

  written(commit: Commit): void {
    if (commit.kind !== "written") return;
    addFooter(this.totals, commit.footer);
    this.totals.objects += commit.objects;
    this.totals.bytes += commit.bytes;
    this.lastDurable = this.options.clock.monotonic();
    this.options.onCommit?.(commit);
  }

  freed(): void {
    if (!this.#waiting) return;
    this.#relieve();
    if (this.#isFull()) return;
    this.#waiting.resolve();
    this.#waiting = undefined;
  }

  fail(error: unknown): void {
    this.#abort.abort(error);
    this.freed();
  }

  rejectedOne(id: PartitionId, offset: bigint, reason: RejectReason, detail: string): void {
    const seen = this.#reasons.get(reason);
    if (seen) seen.count++;
    else this.#reasons.set(reason, { count: 1, example: formatPosition({ ...id, offset }), detail });
  }

  /** Stops the capture: the mapping does not fit these messages, and going on would only fill rejects/. */
  tooManyRejected(): void {
    if (this.failed.aborted) return;
    const { maxRejectRate } = this.options.settings;
    const top = [...this.#reasons].sort(([, a], [, b]) => b.count - a.count).slice(0, 3);
    const [first] = top;
    this.fail(
      new CutoverError(
        "REJECT_RATE",
        `${this.watch.rejected} of the latest ${this.watch.messages} messages were rejected`,
        {
          expected: `at most ${maxRejectRate * 100} % (capture.maxRejectRate)`,
          received: top.map(([name, { count }]) => `${name} ${count}`).join(", "),
          ...(first ? { place: `${first[1].example}: ${first[1].detail}` } : {}),
          hint:
            "mend capture.map, then cutover capture goes on and cutover capture --from-rejects reads these again, for they " +
            "are kept whole; or raise capture.maxRejectRate. To look at them: " +
            `duckdb -c "select reason, detail, decode(value) from '<store>/rejects/**/*.parquet'"`,
        },
      ),
    );
  }

  #isFull(): boolean {
    return !this.failed.aborted && this.bufferedBytes >= this.#rowsMax;
  }

  #writingBytes(): number {
    let bytes = 0;
    for (const partition of this.#partitions.values()) bytes += partition.writingBytes;
    return bytes;
  }

  /**
   * Closes the largest range before all room is taken, so that reading goes on while it is written; not while enough
   * is being written already.
   */
  #relieve(): void {
    if (this.failed.aborted || this.bufferedBytes < this.#rowsMax * RELIEF_SHARE) return;
    if (this.#writingBytes() >= this.#rowsMax / 4) return;
    let largest: Partition | undefined;
    for (const p of this.#partitions.values()) if (p.fillingBytes > (largest?.fillingBytes ?? 0)) largest = p;
    largest?.rotate();
  }
}

class Partition implements PartitionSink {
  readonly log: string;
  readonly partition: number;
  closed = false;
  /** Resolves when all ranges closed so far are durable, dropped or failed. */
  settled: Promise<void> = Promise.resolve();
  writingBytes = 0;
  readonly #recorder: RangeRecorder;
  readonly #events: PartitionEvents;
  #range: Range;
  /** Ranges of an older generation, closed before the partition was moved, are dropped. */
  #generation = 0;
  /** After a failed write no later range is written: the chain would have a hole. */
  #storeFailed = false;

  constructor(recorder: RangeRecorder, id: PartitionId, from: ResumePoint, events: PartitionEvents) {
    this.log = id.log;
    this.partition = id.partition;
    this.#recorder = recorder;
    this.#events = events;
    this.#range = this.#newRange(from.next);
    if (from.readableFrom > from.next) this.skipTo(from.readableFrom, "retention");
  }

  get next(): bigint {
    return this.#range.next;
  }

  get fillingBytes(): number {
    return this.#range.isEmpty ? 0 : this.#range.heldBytes;
  }

  get heldBytes(): number {
    return this.fillingBytes + this.writingBytes;
  }

  /** Monotonic milliseconds since when the open range holds a position; Infinity while it holds none. */
  get since(): number {
    return this.#range.isEmpty ? Number.POSITIVE_INFINITY : this.#range.since;
  }

  accept(message: Message): void {
    if (this.closed || message.offset < this.next) return;
    if (message.offset > this.next) this.skipTo(message.offset);
    this.#startIfEmpty();
    this.#recorder.consumed++;
    this.#take(message);
    const { rotate } = this.#recorder.options.settings;
    const range = this.#range;
    if (range.bytes >= Math.min(rotate.bytes, LIMITS.objectBytes) || range.messages >= rotate.records) this.rotate();
  }

  skipTo(to: bigint, reason?: "retention"): void {
    if (this.closed || to <= this.next) return;
    this.#startIfEmpty();
    this.#recorder.consumed += Number(to - this.next);
    this.#range.skipTo(to, reason);
  }

  close(): void {
    this.closed = true;
    this.#generation++;
    this.#range.release();
    this.#recorder.freed();
  }

  /** Closes the open range and has it written after those before it. */
  rotate(): void {
    const range = this.#range;
    if (this.closed || range.isEmpty) return;
    this.#range = this.#newRange(range.next);
    const held = range.heldBytes;
    this.writingBytes += held;
    const generation = this.#generation;
    this.settled = this.settled
      .then(() => this.#write(range, generation))
      .catch((error: unknown) => this.#recorder.fail(error))
      .then(() => {
        range.release();
        this.writingBytes -= held;
        this.#recorder.freed();
      });
  }

  #take(message: Message): void {
    const recorder = this.#recorder;
    const range = this.#range;
    const { fields } = recorder.mapper;
    recorder.mapper.partition = this;
    const rejection = message.value === null ? undefined : recorder.mapper.map(message);
    const tooMany = recorder.watch.add(rejection !== undefined);
    if (message.value === null) {
      range.tombstone(message);
    } else if (rejection) {
      range.reject(message, rejection);
      recorder.rejectedOne(this, message.offset, rejection.reason, rejection.detail);
    } else if (recorder.sampler(fields)) {
      range.capture(message, fields);
    } else {
      range.sampleOut(message);
    }
    if (tooMany) recorder.tooManyRejected();
  }

  /** The write of a range that is still wanted; a failure before it leaves it to the next start. */
  async #write(range: Range, generation: number): Promise<void> {
    const stale = (): boolean => this.#generation !== generation;
    if (stale() || this.#storeFailed) return;
    const commit = await this.#recorder.write(range).catch((error: unknown) => {
      this.#storeFailed = true;
      throw error;
    });
    this.#recorder.written(commit);
    if (stale()) return;
    if (commit.kind === "written" || commit.next === range.next) {
      await this.#events.durable(range.next - 1n, commit.key);
      return;
    }
    this.#generation++;
    this.#range.release();
    this.#range = this.#newRange(commit.next);
    this.#events.moved(commit.next);
  }

  /** The age of a range counts from its first position, not from when the one before it was closed. */
  #startIfEmpty(): void {
    if (!this.#range.isEmpty) return;
    this.#range = this.#newRange(this.next);
    this.#recorder.began ??= this.#range.since;
  }

  #newRange(first: bigint): Range {
    return new Range(this, first, this.#recorder.options.clock.monotonic(), this.#recorder.pool);
  }
}
