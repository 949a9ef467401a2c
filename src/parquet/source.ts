/** An object of the store as the random-access file that hyparquet reads. */
import type { AsyncBuffer } from "hyparquet";
import { giveBack } from "../memory.ts";
import type { ObjectInfo, Store } from "../store/port.ts";

export interface Source extends AsyncBuffer {
  /** Bytes [start, end), not copied where they are at hand. */
  view(start: number, end: number): Promise<Uint8Array>;
  /** Gives back the memory of a view, which is of no use after. */
  release(view: Uint8Array): void;
  /** Gives back what is at hand: later reads ask the store. */
  close(): void;
}

/**
 * Fetches the last `tailBytes` at once, with the footer and, of a small object, everything; what lies
 * in the tail is not asked for again. Throws the store's errors.
 */
export async function openSource(
  store: Store,
  info: ObjectInfo,
  tailBytes: number,
  signal?: AbortSignal,
): Promise<Source> {
  const { key, size } = info;
  let tailStart = Math.max(0, size - tailBytes);
  const tail = bufferOf(await store.get(key, { start: tailStart, end: size }, signal));
  return {
    byteLength: size,
    async slice(start, end = size) {
      // The footer is read from the whole of it, and not one byte is written.
      if (start === tailStart && end === size) return tail;
      if (start >= tailStart) return tail.slice(start - tailStart, end - tailStart);
      return bufferOf(await store.get(key, { start, end }, signal));
    },
    async view(start, end) {
      if (start >= tailStart) return new Uint8Array(tail, start - tailStart, end - start);
      return store.get(key, { start, end }, signal);
    },
    release(view) {
      if (view.buffer !== tail) giveBack(view);
    },
    close() {
      tailStart = size;
      giveBack(new Uint8Array(tail));
    },
  };
}

/** The bytes as an ArrayBuffer of their own: no copy where they fill theirs. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength) return buffer;
  return Uint8Array.from(bytes).buffer;
}
