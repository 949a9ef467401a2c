/** Between sources and the recorder: a message travels with its position, and the sink says when to wait. */

import type { Clock } from "../src/clock.ts";
import type { Logger } from "../src/log.ts";
import type { Metrics } from "../src/metrics.ts";

export type Header = readonly [name: string, value: Uint8Array];

export interface Message {
  /** Offset (Kafka) or 0-based line (files). */
  readonly offset: bigint;
  /** UTC milliseconds, the message's own. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  /** Null is a tombstone. The bytes may be reused once `accept` has returned: the sink copies them. */
  readonly value: Uint8Array | null;
  readonly headers: readonly Header[];
  /** Bytes of the value before it was cut for being too large; equal to its length otherwise. */
  readonly valueBytes: number;
}

export interface PartitionId {
  readonly log: string;
  readonly partition: number;
}

/** Where reading a partition starts: the position after the ledger's last, or the log's earliest. */
export interface ResumePoint {
  /** First position of the next range; always a boundary of the ledger. */
  readonly next: bigint;
  /** Positions [next, readableFrom) that retention has deleted meanwhile; equal to `next` when there are none. */
  readonly readableFrom: bigint;
  /** An object stands behind a hole that starts at `next`: there reading must end, and the ledger be asked again. */
  readonly before?: bigint;
}

/** What a partition tells its source. Both are called at most once at a time for a partition. */
export interface PartitionEvents {
  /** All positions up to `last` are durable in the object `key`. May hint it to the source's own bookkeeping. */
  durable(last: bigint, key: string): Promise<void>;
  /** Another writer has committed up to `next` − 1: what was buffered is dropped, read on from `next`. */
  moved(next: bigint): void;
}

/** One partition being captured. All calls are synchronous and cheap; nothing is kept by reference. */
export interface PartitionSink extends PartitionId {
  /** The position expected next. */
  readonly next: bigint;
  /** True once `close` was called: nothing is taken any more. */
  readonly closed: boolean;
  /** Takes a message at or after `next`; positions that were jumped over count as absent. Before it: ignored. */
  accept(message: Message): void;
  /** Positions [next, to) hold no message. */
  skipTo(to: bigint, reason?: "retention"): void;
  /** Drops what is buffered, and every write that has not begun. */
  close(): void;
  /** Resolves when no write of this partition is under way. Never rejects. */
  readonly settled: Promise<void>;
}

export interface CaptureSink {
  /** Starts a partition at a boundary; a sink of the same partition that was open is closed first. */
  open(id: PartitionId, from: ResumePoint, events: PartitionEvents): PartitionSink;
  /** Undefined when there is room; else resolves when there is. A source waits before it reads on. */
  room(): Promise<void> | undefined;
  /** Resolves when everything accepted is durable. */
  flush(): Promise<void>;
  /** Aborts with the error that stops the capture: the store failed, or too many messages were rejected. */
  readonly failed: AbortSignal;
}

/** When a source that could go on for ever ends. `end`: the end of the log as it stood at the start. */
export type Until =
  | { readonly kind: "never" }
  | { readonly kind: "end" }
  | { readonly kind: "idle"; readonly ms: number };

/** A source tells what it goes through; metrics, health and log lines are made of it. All calls are cheap. */
export interface SourceWatch {
  /** A consumer group has given this process so many partitions: none when others have them all. */
  assigned(partitions: number): void;
  /** It is known where each of them starts, and they are being read. */
  reading(): void;
  /** The group has taken them back, or cannot be reached; the source goes on trying. */
  left(): void;
  /** The broker has answered. */
  answered(): void;
  /**
   * Messages between what was read of a topic and its end, and how old the last one read is (by the clock of whoever
   * produced it) where there are any: the partition furthest behind.
   */
  lag(topic: string, messages: number, seconds: number): void;
}

/** What every source is given. */
export interface SourceContext {
  readonly sink: CaptureSink;
  readonly ledger: LedgerView;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly watch?: SourceWatch;
  readonly clock: Clock;
  /** Aborts when the user stops the capture, or the sink has failed; its reason is what the capture ends with. */
  readonly stop: AbortSignal;
  /**
   * Makes durable what was accepted. A source calls it once it reads no more, also when it stops early,
   * and only then lets go of its connection. Bounded in time when the user stopped the capture.
   */
  drain(): Promise<void>;
}

/** Runs until the source has ended; resolves to what to tell the user about it. */
export type Source = (context: SourceContext) => Promise<string>;

/** The ledger, as a source sees it when it is given a partition. */
export interface LedgerView {
  /** LEDGER_CONFLICT when the log is another one than the objects were written from, as far as `identity` can tell. */
  resume(id: PartitionId, bounds: LogBounds, hint?: CommitHint, identity?: LogIdentity): Promise<ResumePoint>;
}

/** How a log is told from another one of the same name: a topic can be deleted and created again. */
export interface LogIdentity {
  /** No other log ever has it; undefined when the source knows none. */
  readonly topicId?: string | undefined;
  /** First message at or after a position, where that can be said cheaply. */
  firstAt(position: bigint): Promise<FirstMessage | undefined>;
  /** Called before an object is put: rejects with LEDGER_CONFLICT when the log is no longer the one that was read. */
  confirm(): Promise<void>;
}

export interface FirstMessage {
  readonly offset: bigint;
  /** As `firstSha` of a footer. */
  readonly sha: string;
}

/** What the log holds now: [low, high). */
export interface LogBounds {
  readonly low: bigint;
  readonly high: bigint;
}

/** What the source's own bookkeeping says; trusted only when an object bears it out. */
export interface CommitHint {
  readonly offset: bigint;
  readonly metadata: string;
}
