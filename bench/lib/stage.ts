/** What a bench is given and what it returns. */
import type { PeerResult } from "./interleave.ts";

export interface BenchOptions {
  readonly quick: boolean;
  /** Counted rounds; a warm-up comes before. */
  readonly rounds: number;
  /** Records of one run (capture, compare) or requests (replay). */
  readonly records: number;
  /** Only these peers; absent: all of them. */
  readonly peers?: readonly string[];
  /** Only the race, or only the peaks of memory. */
  readonly only?: "speed" | "memory";
  /** A folder for CPU profiles of our process. */
  readonly profile?: string;
  /** Stops the bench, which then cleans up. */
  readonly signal: AbortSignal;
  readonly progress: (message: string) => void;
}

/** The peers that the options ask for, in the bench's own order. */
export function choosePeers<Name extends string>(all: readonly Name[], { peers }: BenchOptions): readonly Name[] {
  const unknown = peers?.filter((name) => !all.some((known) => known === name)) ?? [];
  if (unknown.length > 0) throw new Error(`no peer ${unknown.join(", ")}: there are ${all.join(", ")}`);
  return peers === undefined ? all : all.filter((name) => peers.includes(name));
}

/** Peak memory of ours at two sizes; growth is (large − small) / small. */
export interface MemoryResult {
  readonly small: { readonly records: number; readonly peakMb: number };
  readonly large: { readonly records: number; readonly peakMb: number };
  readonly growth: number;
}

/** Peak memory of ours at its default setting over a topic of this shape. */
export interface Corner {
  readonly partitions: number;
  readonly models: number;
  readonly records: number;
  readonly peakMb: number;
}

/** Ours where this share of the pairs mismatches. */
export interface MismatchShare {
  readonly share: number;
  readonly records: number;
  readonly seconds: number;
  /** As many times as long as the first share took. */
  readonly times: number;
  readonly peakMb: number;
}

export interface StageResult {
  readonly peers: readonly PeerResult[];
  readonly memory?: MemoryResult;
  readonly corners?: readonly Corner[];
  readonly shares?: readonly MismatchShare[];
  readonly notes: readonly string[];
}
