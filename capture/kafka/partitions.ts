/**
 * The partitions that this member of the group holds now. Each (re)balance starts an epoch: buffers of the epoch
 * before are dropped, and every partition starts where its chain of objects ends. Nothing is fetched of a partition
 * while its place is being looked up.
 */
import { messageOf } from "../../src/errors.ts";
import { LIMITS } from "../../src/limits.ts";
import { limiter } from "../limiter.ts";
import type { CommitHint, LogBounds, PartitionSink } from "../port.ts";
import type { TopicPartition } from "./kafka.ts";
import { type LookupParts, Lookups } from "./lookups.ts";
import { shrunk, warnLost } from "./losses.ts";

export interface Owned extends TopicPartition {
  readonly sink: PartitionSink;
  /** First position of the object behind the hole that is being filled. */
  readonly before: bigint | undefined;
  highWatermark: bigint;
  /** UTC milliseconds of the last message read; undefined before the first. */
  readTime: number | undefined;
  /** Monotonic milliseconds of the last progress or look. */
  movedAt: number;
  /** Its place is being looked up: nothing is taken. */
  looking: boolean;
}

export interface PartitionsParts extends LookupParts {
  /** All partitions of an epoch are open, or one is read again from where another writer has left it. */
  readonly onPlaced: () => void;
  /** One has moved on without a fetch. */
  readonly onMoved: () => void;
  readonly onError: (error: unknown) => void;
}

export class Partitions {
  /** False while the positions of a new assignment are being looked up, and while this process is no member. */
  ready = false;
  /** Counts the places that were changed by anything but reading on. */
  changes = 0;
  readonly #parts: PartitionsParts;
  readonly #lookups: Lookups;
  readonly #owned = new Map<string, Owned>();
  readonly #limit = limiter(LIMITS.footerReads);
  #epoch = 0;
  #stopped = false;
  /** Writes of earlier epochs: the ledger is asked once they are decided. */
  #settling: Promise<unknown> = Promise.resolve();
  #commits: Promise<void> = Promise.resolve();

  constructor(parts: PartitionsParts) {
    this.#parts = parts;
    this.#lookups = new Lookups(parts);
  }

  get(partition: TopicPartition): Owned | undefined {
    return this.#stopped ? undefined : this.#owned.get(nameOf(partition));
  }

  all(): readonly Owned[] {
    return [...this.#owned.values()];
  }

  /** Resolves when the offsets of all that became durable so far are committed, or could not be. */
  get committed(): Promise<void> {
    return this.#commits;
  }

  /** From now on exactly these are held. */
  assign(items: readonly TopicPartition[]): void {
    const epoch = ++this.#epoch;
    this.changes++;
    this.ready = false;
    const writing = this.all().map(({ sink }) => {
      sink.close();
      return sink.settled;
    });
    this.#settling = Promise.all([this.#settling, ...writing]);
    this.#owned.clear();
    if (this.#stopped) return;
    this.#parts.context.log.debug("assigned", { epoch, partitions: items.map(nameOf).join(" ") });
    this.#try(epoch, async () => {
      await this.#settling;
      await this.#open(epoch, items);
      if (epoch !== this.#epoch) return;
      this.ready = true;
      this.#parts.onPlaced();
    });
  }

  /** Paused, the client goes on sending heartbeats while what is buffered becomes durable. */
  pauseAll(): void {
    this.#quietly("pause", () => this.#parts.client.pause(this.all()));
  }

  /** Nothing is taken any more; what is buffered can still be drained. */
  stop(): void {
    this.#stopped = true;
    this.#lookups.stopped = true;
    this.pauseAll();
  }

  /**
   * After a fetch that did not start where it should, or when none brings anything: after OFFSET_OUT_OF_RANGE kafkajs
   * goes to the earliest position. What retention deleted is recorded as a gap; anything else is read again from
   * where we are.
   */
  look(owned: Owned): void {
    this.#hold(owned, async (epoch) => {
      const { sink, before } = owned;
      const { low, high } = await this.#lookups.boundsOf(owned);
      if (!this.#isCurrent(epoch)) return;
      if (high < sink.next) throw shrunk(owned, sink.next, high);
      const readable = before !== undefined && before < low ? before : low;
      if (readable > sink.next) {
        warnLost(this.#parts.context.log, owned, sink.next, readable);
        sink.skipTo(readable, "retention");
      }
      owned.looking = false;
      owned.movedAt = this.#parts.context.clock.monotonic();
      this.#readOn(owned);
      this.#parts.onMoved();
    });
  }

  /** Fetches go on at the sink's position, or, when a hole is filled, where the ledger says that the chain goes on. */
  #readOn(owned: Owned): void {
    const { client } = this.#parts;
    if (isFilled(owned)) {
      this.reopen(owned);
      return;
    }
    // Between a crash and its restart there is no group to act on; the next assignment does it anew.
    this.#quietly("seek", () => {
      client.seek(owned, owned.sink.next);
      client.resume([owned]);
    });
  }

  /** The hole is filled: its range ends here. */
  reopen(owned: Owned): void {
    this.changes++;
    this.#hold(owned, async (epoch) => {
      await this.#parts.context.sink.flush();
      if (!this.#isCurrent(epoch)) return;
      await this.#open(epoch, [owned]);
      this.#parts.onMoved();
    });
  }

  async #open(epoch: number, items: readonly TopicPartition[]): Promise<void> {
    for (const [topic, partitions] of Map.groupBy(items, (item) => item.topic)) {
      const [hints, bounds] = await this.#lookups.topic(topic);
      const open = (item: TopicPartition): Promise<void> =>
        this.#limit(() => this.#openOne(epoch, item, bounds.get(item.partition), hints.get(item.partition)));
      await Promise.all(partitions.map(open));
    }
  }

  async #openOne(epoch: number, item: TopicPartition, bounds?: LogBounds, hint?: CommitHint): Promise<void> {
    if (!this.#isCurrent(epoch) || !bounds) return;
    const { topic, partition } = item;
    const from = await this.#lookups.resume(item, bounds, hint);
    if (!this.#isCurrent(epoch)) return;
    const { sink: recorder, log, clock } = this.#parts.context;
    if (from.readableFrom > from.next) warnLost(log, item, from.next, from.readableFrom);
    const sink = recorder.open(this.#lookups.idOf(item), from, {
      durable: async (last, key) => {
        if (epoch === this.#epoch) this.#commit(item, last, key);
      },
      moved: () => {
        const owned = this.#owned.get(nameOf(item));
        if (epoch !== this.#epoch || owned?.sink !== sink) return;
        this.changes++;
        if (!owned.looking) this.#readOn(owned);
        this.#parts.onPlaced();
      },
    });
    const state = { highWatermark: bounds.high, readTime: undefined, movedAt: clock.monotonic(), looking: false };
    const owned: Owned = { topic, partition, sink, before: from.before, ...state };
    this.#owned.set(nameOf(item), owned);
    this.#readOn(owned);
  }

  /** In order, one after the other; a commit that fails costs the next start a listing, nothing else. */
  #commit(item: TopicPartition, last: bigint, key: string): void {
    const { client, context } = this.#parts;
    this.#commits = this.#commits
      .then(() => client.commit(item, last, key))
      .catch((error: unknown) => context.log.debug("offset not committed", { error: messageOf(error) }));
  }

  #isCurrent(epoch: number): boolean {
    return epoch === this.#epoch && !this.#stopped;
  }

  /** Nothing is taken of it while this goes on. */
  #hold(owned: Owned, action: (epoch: number) => Promise<void>): void {
    if (owned.looking) return;
    owned.looking = true;
    this.#quietly("pause", () => this.#parts.client.pause([owned]));
    const epoch = this.#epoch;
    this.#try(epoch, () => action(epoch));
  }

  #try(epoch: number, action: () => Promise<void>): void {
    action().catch((error: unknown) => {
      if (epoch === this.#epoch) this.#parts.onError(error);
    });
  }

  #quietly(what: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#parts.context.log.debug(`kafka ${what} not possible`, { error: messageOf(error) });
    }
  }
}

export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

/** Whether it has come to the object behind the hole. */
export function isFilled({ before, sink }: Owned): boolean {
  return before !== undefined && sink.next >= before;
}
