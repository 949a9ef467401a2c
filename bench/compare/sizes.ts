/** What ours takes as pairs and mismatches become more. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { BenchOptions, MemoryResult, MismatchShare } from "../lib/stage.ts";
import { compareOurs, type Pairs, preparePairs } from "./runs.ts";

/** Of the pairs; the first is what the others are held against. */
const SHARES = [0.01, 0.1, 1];

/** Peak memory over a tenth of the pairs and, where memory alone is asked for, over ten times as many. */
export async function measureGrowth(
  dir: string,
  { records, peakMb }: { readonly records: number; readonly peakMb: number },
  options: BenchOptions,
): Promise<MemoryResult> {
  const small = await peakOf(join(dir, "small"), Math.max(1, Math.round(records / 10)), options);
  const large =
    options.only === "memory" ? await peakOf(join(dir, "large"), 10 * records, options) : { records, peakMb };
  return { small, large, growth: large.peakMb / small.peakMb - 1 };
}

async function peakOf(
  dir: string,
  records: number,
  options: BenchOptions,
): Promise<{ readonly records: number; readonly peakMb: number }> {
  return withPairs(dir, records, options, async (pairs) => {
    const { sample } = await compareOurs(pairs, options);
    return { records, peakMb: Math.round(sample.peakMb) };
  });
}

export async function measureShares(dir: string, options: BenchOptions): Promise<readonly MismatchShare[]> {
  const found: MismatchShare[] = [];
  for (const share of SHARES) {
    const shares = { near: 0, far: share };
    const { sample, mismatched } = await withPairs(
      join(dir, `share-${share}`),
      options.records,
      options,
      (pairs) => compareOurs(pairs, options),
      shares,
    );
    const seconds = options.records / sample.perSecond;
    const times = seconds / (found[0]?.seconds ?? seconds);
    options.progress(
      `${mismatched} of ${options.records} mismatch: ${seconds.toFixed(2)} s, ${Math.round(sample.peakMb)} MB`,
    );
    found.push({ share, records: options.records, seconds, times, peakMb: Math.round(sample.peakMb) });
  }
  return found;
}

async function withPairs<T>(
  dir: string,
  records: number,
  options: BenchOptions,
  use: (pairs: Pairs) => Promise<T>,
  shares?: { readonly near: number; readonly far: number },
): Promise<T> {
  try {
    return await use(await preparePairs(dir, records, options, shares));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
