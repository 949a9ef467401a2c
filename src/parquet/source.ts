/** An object of the store as the random-access file that hyparquet reads. */
import type { AsyncBuffer } from "hyparquet";
import type { ObjectInfo, Store } from "../store/port.ts";

/**
 * Fetches the last `tailBytes` at once, with the footer and, of a small object, everything; what lies
 * in the tail is not asked for again. Throws the store's errors.
 */
export async function openSource(
  store: Store,
  info: ObjectInfo,
  tailBytes: number,
  signal?: AbortSignal,
): Promise<AsyncBuffer> {
  const { key, size } = info;
  const tailStart = Math.max(0, size - tailBytes);
  const tail = bufferOf(await store.get(key, { start: tailStart, end: size }, signal));
  return {
    byteLength: size,
    async slice(start, end = size) {
      if (start >= tailStart) return tail.slice(start - tailStart, end - tailStart);
      return bufferOf(await store.get(key, { start, end }, signal));
    },
  };
}

/** The bytes as an ArrayBuffer of their own: no copy where they fill theirs. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength) return buffer;
  return Uint8Array.from(bytes).buffer;
}
