/** What a capture holds that is not durable yet, by position. */
import type { CaptureSink, PartitionSink } from "../port.ts";

interface Held {
  readonly sink: PartitionSink;
  /** The position after the last that is durable. */
  durable: bigint;
}

export class HeldPositions {
  readonly #open = new Map<string, Held>();
  /** The sink has no room: the source waits. */
  full = false;

  /** Positions taken and not durable. */
  get count(): number {
    let positions = 0n;
    for (const { sink, durable } of this.#open.values()) if (!sink.closed) positions += sink.next - durable;
    return Number(positions);
  }

  /** The sink, watched at what opens a partition and what it says of room; messages go to it directly. */
  watch(inner: CaptureSink, closing: (flush: () => Promise<void>) => Promise<void>): CaptureSink {
    return {
      failed: inner.failed,
      flush: () => closing(() => inner.flush()),
      room: () => {
        const room = inner.room();
        this.full = room !== undefined;
        return room;
      },
      open: (id, from, events) => {
        const state = { durable: from.next };
        const sink = inner.open(id, from, {
          moved: (next) => {
            state.durable = next;
            events.moved(next);
          },
          durable: (last, key) => {
            state.durable = last + 1n;
            return events.durable(last, key);
          },
        });
        this.#open.set(`${id.log}/${id.partition}`, Object.assign(state, { sink }));
        return sink;
      },
    };
  }
}
