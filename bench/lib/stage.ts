/** What a bench is given and what it returns. */
import type { PeerResult } from "./interleave.ts";

export interface BenchOptions {
  readonly quick: boolean;
  /** Counted rounds; a warm-up comes before. */
  readonly rounds: number;
  /** Records of one run (capture, compare) or requests (replay). */
  readonly records: number;
  readonly progress: (message: string) => void;
}

/** Peak memory of ours at two sizes; growth is (large − small) / small. */
export interface MemoryResult {
  readonly small: { readonly records: number; readonly peakMb: number };
  readonly large: { readonly records: number; readonly peakMb: number };
  readonly growth: number;
}

export interface StageResult {
  readonly peers: readonly PeerResult[];
  readonly memory?: MemoryResult;
  readonly notes: readonly string[];
}
