/** Whose turn a piece of work is: threads take the next from shared memory, so that none waits for another that is busy. */

export interface Turn {
  /** Places of the pieces, in the order in which they are taken. */
  readonly sequence: readonly number[];
  /** How many are taken; shared by all threads. */
  readonly taken: Int32Array;
}

/** The largest first, so that no thread begins a large one when the others have ended. */
export function createTurn(sizes: readonly number[]): Turn {
  const sequence = [...sizes.keys()].sort((a, b) => (sizes[b] as number) - (sizes[a] as number) || a - b);
  return { sequence, taken: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) };
}

/** Undefined when there is none left, or `mayGoOn` says no: then the others take what is left. */
export function takeFrom({ sequence, taken }: Turn, mayGoOn = (): boolean => true): () => number | undefined {
  return () => (mayGoOn() ? sequence[Atomics.add(taken, 0, 1)] : undefined);
}
