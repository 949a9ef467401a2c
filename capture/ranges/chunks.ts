/** Byte storage that never moves what it holds: fixed chunks from a pool, given back when a range is durable. */
import { LIMITS } from "../../src/limits.ts";

export interface ChunkPool {
  take(): Uint8Array;
  give(chunks: readonly Uint8Array[]): void;
}

/** Keeps at most `spareBytes` of free chunks, so that steady work allocates nothing outside the heap anew. */
export function createChunkPool(spareBytes: number): ChunkPool {
  const spare: Uint8Array[] = [];
  const most = Math.floor(spareBytes / LIMITS.captureChunkBytes);
  return {
    take: () => spare.pop() ?? Buffer.allocUnsafeSlow(LIMITS.captureChunkBytes),
    give(chunks) {
      for (const chunk of chunks) {
        if (spare.length >= most) return;
        if (chunk.byteLength === LIMITS.captureChunkBytes) spare.push(chunk);
      }
    },
  };
}

/** Appends runs of bytes; a run never crosses a chunk, one larger than a chunk gets its own. */
export class Arena {
  /** Bytes held from the pool or allocated, used or not: what counts against the memory setting. */
  heldBytes = 0;
  readonly chunks: Uint8Array[] = [];
  /** Used bytes of each chunk. */
  readonly used: number[] = [];
  readonly #pool: ChunkPool;
  /** Chunk that is being filled; a run with a chunk of its own does not replace it. */
  #room = 0;

  constructor(pool: ChunkPool) {
    this.#pool = pool;
  }

  /** Reserves `bytes` in the last chunk; after it `chunk` = chunks.length − 1 and `at` = the result. */
  reserve(bytes: number): number {
    if (bytes > this.#room) {
      const chunk = bytes > LIMITS.captureChunkBytes ? Buffer.allocUnsafeSlow(bytes) : this.#pool.take();
      this.chunks.push(chunk);
      this.used.push(0);
      this.heldBytes += chunk.byteLength;
      this.#room = chunk.byteLength;
    }
    const last = this.chunks.length - 1;
    const at = this.used[last] as number;
    this.used[last] = at + bytes;
    this.#room -= bytes;
    return at;
  }

  release(): void {
    this.#pool.give(this.chunks);
    this.chunks.length = 0;
    this.used.length = 0;
    this.heldBytes = 0;
    this.#room = 0;
  }
}
