/** The writes of a capture as seen from outside: how many, how large, how long, why, and what the store says to them. */
import type { Clock } from "../../src/clock.ts";
import type { CaptureSettings } from "../../src/config/schema.ts";
import { isCutoverError, messageOf } from "../../src/errors.ts";
import { rangeLength } from "../../src/lake/footer.ts";
import { LIMITS } from "../../src/limits.ts";
import type { LogFields, Logger } from "../../src/log.ts";
import type { Metrics } from "../../src/metrics.ts";
import type { Commit, Ledger } from "../ranges/ledger.ts";
import type { Range } from "../ranges/range.ts";

/** Why a range was closed. `end`: the source has ended, or the capture was told to stop. */
export type RotationCause = "bytes" | "records" | "interval" | "memory" | "end";

export interface FlushParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly rotate: CaptureSettings["rotate"];
  /** Writes an event of ordinary work. */
  readonly event: (message: string, fields: LogFields) => void;
}

type Written = Extract<Commit, { kind: "written" }>;

export class FlushWatch {
  readonly #parts: FlushParts;
  /** Monotonic milliseconds at which each write under way began. */
  readonly #started = new Set<{ readonly at: number }>();
  #closing = 0;
  durableAt: number;
  /** What the store said last, if that was no. */
  storeFault: string | undefined;

  constructor(parts: FlushParts) {
    this.#parts = parts;
    this.durableAt = parts.clock.monotonic();
  }

  get oldest(): number | undefined {
    let oldest: number | undefined;
    for (const { at } of this.#started) oldest = Math.min(oldest ?? at, at);
    return oldest;
  }

  /** The ledger, watched at its commits. */
  ledger(inner: Ledger): Ledger {
    return { ...inner, commit: (range) => this.#commit(inner, range) };
  }

  /** Everything that is open is closed by `flush`: that is then the cause. */
  async closing(flush: () => Promise<void>): Promise<void> {
    this.#closing++;
    try {
      await flush();
    } finally {
      this.#closing--;
    }
  }

  /** A call of the store failed in passing and is made again. */
  retried(error: unknown, attempt: number): void {
    const code = codeOf(error);
    this.storeFault = `${code}: ${messageOf(error)}, tried ${attempt} times`;
    this.#parts.metrics.count("capture.store_retries", 1, { code });
    this.#parts.log.warn("store call retried", { code, cause: messageOf(error), attempt });
  }

  async #commit(inner: Ledger, range: Range): Promise<Commit> {
    const { clock, metrics, rotate } = this.#parts;
    const write = { at: clock.monotonic() };
    const cause = rotationCause(range, rotate, write.at - range.since, this.#closing > 0);
    // Read now: what the range holds is given back once it is written.
    const [bytesIn, reasons] = [range.bytes, [...range.reasons]];
    this.#started.add(write);
    try {
      const commit = await inner.commit(range);
      this.storeFault = undefined;
      if (commit.kind === "written") this.#written(commit, cause, clock.monotonic() - write.at, bytesIn, reasons);
      else this.#taken(range, commit.next);
      return commit;
    } catch (error) {
      const code = codeOf(error);
      this.storeFault = `${code}: ${messageOf(error)}`;
      metrics.count("capture.store_errors", 1, { code });
      throw error;
    } finally {
      this.#started.delete(write);
    }
  }

  #written(
    { key, footer, bytes, objects }: Written,
    cause: RotationCause,
    ms: number,
    bytesIn: number,
    reasons: readonly (readonly [reason: string, count: number])[],
  ): void {
    const { clock, metrics, event } = this.#parts;
    this.durableAt = clock.monotonic();
    const { log, partition, first, last, captured, rejected } = footer;
    event("range durable", { log, partition, first, last, captured, rejected, bytes, cause, ms: Math.round(ms), key });
    metrics.count("capture.consumed", rangeLength(footer));
    metrics.count("capture.captured", captured);
    for (const [reason, count] of reasons) metrics.count("capture.rejected", count, { reason });
    metrics.count("capture.objects", objects);
    metrics.count("capture.bytes_in", bytesIn);
    metrics.count("capture.bytes_out", bytes);
    metrics.count("capture.flushes", 1, { cause });
    metrics.distribution("capture.flush_ms", Math.round(ms), { cause });
    metrics.distribution("capture.flush_bytes", bytes, { cause });
  }

  #taken({ id, first }: Range, next: bigint): void {
    this.#parts.metrics.count("capture.taken", 1);
    this.#parts.event("range taken by another writer", { ...id, first, next });
  }
}

/**
 * Judged when the write begins: a range that memory closed and that then waited for its turn until its interval was
 * over counts as closed by the interval, as a second later it would have been.
 */
export function rotationCause(
  range: Pick<Range, "bytes" | "messages">,
  rotate: CaptureSettings["rotate"],
  ageMs: number,
  closing: boolean,
): RotationCause {
  if (range.bytes >= Math.min(rotate.bytes, LIMITS.objectBytes)) return "bytes";
  if (range.messages >= rotate.records) return "records";
  if (ageMs >= rotate.interval) return "interval";
  return closing ? "end" : "memory";
}

/** A tag: never a text of the outside. */
function codeOf(error: unknown): string {
  return isCutoverError(error) ? error.code : "other";
}
