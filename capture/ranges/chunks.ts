/** Byte storage that never moves what it holds: fixed chunks from a pool, given back when a range is durable. */
import { LIMITS } from "../../src/limits.ts";

export interface ChunkPool {
  take(): Buffer;
  give(chunks: readonly Uint8Array[]): void;
  /** Memory for columns of numbers; its content is whatever it was. */
  takeBlock(bytes: number): ArrayBuffer;
  giveBlock(block: ArrayBuffer): void;
}

/** Keeps at most `spareBytes` of free memory, so that steady work allocates nothing outside the heap anew. */
export function createChunkPool(spareBytes: number): ChunkPool {
  const spare: Buffer[] = [];
  /** By size; they double, so there are few. */
  const blocks = new Map<number, ArrayBuffer[]>();
  let held = 0;
  return {
    take() {
      const chunk = spare.pop();
      if (chunk === undefined) return Buffer.allocUnsafeSlow(LIMITS.captureChunkBytes);
      held -= chunk.byteLength;
      return chunk;
    },
    give(chunks) {
      for (const chunk of chunks) {
        if (held + chunk.byteLength > spareBytes) return;
        if (chunk.byteLength !== LIMITS.captureChunkBytes) continue;
        spare.push(chunk as Buffer);
        held += chunk.byteLength;
      }
    },
    takeBlock(bytes) {
      const block = blocks.get(bytes)?.pop();
      if (block === undefined) return new ArrayBuffer(bytes);
      held -= bytes;
      return block;
    },
    giveBlock(block) {
      if (held + block.byteLength > spareBytes) return;
      held += block.byteLength;
      const same = blocks.get(block.byteLength);
      if (same) same.push(block);
      else blocks.set(block.byteLength, [block]);
    },
  };
}

/** Appends runs of bytes; a run never crosses a chunk, one larger than a chunk gets its own. */
export class Arena {
  /** Bytes held from the pool or allocated, used or not: what counts against the memory setting. */
  heldBytes = 0;
  readonly chunks: Buffer[] = [];
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

  /** The memory of the chunks, in their order, back from another thread. */
  returned(buffers: readonly ArrayBuffer[]): void {
    this.chunks.splice(0, this.chunks.length, ...buffers.map((buffer) => Buffer.from(buffer)));
  }

  release(): void {
    this.#pool.give(this.chunks);
    this.chunks.length = 0;
    this.used.length = 0;
    this.heldBytes = 0;
    this.#room = 0;
  }
}
