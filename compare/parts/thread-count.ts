/** How many threads judge. Any number writes the same bytes, so one that memory has no room for is cut, and said, not refused. */
import { availableParallelism, totalmem } from "node:os";
import { LIMITS } from "../../src/limits.ts";
import type { LogFields } from "../../src/log.ts";

export interface ThreadsWanted {
  /** By whoever called; otherwise two where there are two processors and work for two. */
  readonly asked?: number | undefined;
  readonly onWarning: (message: string, fields: LogFields) => void;
  /** Memory that this process may take; for tests. */
  readonly memoryBytes?: number;
}

export function threadsFor(
  objects: readonly { readonly bytes: number }[],
  { asked, onWarning, memoryBytes }: ThreadsWanted,
): number {
  const size = objects.reduce((sum, { bytes }) => sum + bytes, 0);
  // One where the whole is done sooner than another has begun.
  const usual = size < LIMITS.compareInlineBytes ? 1 : Math.min(availableParallelism(), LIMITS.compareThreads);
  const wanted = Math.max(1, Math.min(asked ?? usual, objects.length));
  const threads = Math.min(wanted, threadsWithin(memoryBytes));
  if (asked !== undefined && threads < wanted) {
    onWarning("fewer threads judge than were asked for: there is no memory for more", {
      threads,
      asked,
      memoryMib: Math.floor((memoryBytes ?? processMemory()) / MIB),
      mibPerThread: LIMITS.compareThreadBytes / MIB,
      hint: "give the process more memory, or spread the comparison over workers (--queue kafka)",
    });
  }
  return threads;
}

/** The most threads that leave a quarter of the memory to everything else; one always. */
export function threadsWithin(memoryBytes = processMemory()): number {
  const room = memoryBytes * (1 - LIMITS.compareMemorySpare) - LIMITS.compareProcessBytes;
  return 1 + Math.max(0, Math.floor(room / LIMITS.compareThreadBytes));
}

const MIB = 1024 ** 2;

/** The limit of the container, or what the machine has: where there is none Node tells of more than that, or of nothing. */
function processMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
