/** Compare: pairs of about 250-byte JSON outputs with 700-byte inputs, 99 % byte-equal, 0.7 % within tolerance. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  COMPARE_PEERS,
  type Compared,
  type ComparePeer,
  compareOurs,
  type Pairs,
  preparePairs,
  preparePeer,
} from "./compare/runs.ts";
import { measureGrowth, measureShares } from "./compare/sizes.ts";
import { type Contender, interleave } from "./lib/interleave.ts";
import { type BenchOptions, choosePeers, type StageResult } from "./lib/stage.ts";

const NOTES = [
  "per second: from the first read to the finished result, as each measures itself; ours with statistics, groups, slices, exemplars and diffs written, not the report",
  "whole: the same ratio by the wall time of whole processes; CPU and memory too are those of whole processes",
];

export async function benchCompare(options: BenchOptions): Promise<StageResult> {
  const names = choosePeers(Object.keys(COMPARE_PEERS) as ComparePeer[], options);
  const runs = new Map<string, (pairs: Pairs) => Promise<Compared>>();
  for (const name of names) runs.set(name, await preparePeer(name, options));
  const dir = await mkdtemp(join(tmpdir(), "cutover-bench-"));
  try {
    const { own, ...speed } =
      options.only === "memory" ? { own: 0, peers: [], notes: [] } : await race(join(dir, "race"), runs, options);
    if (options.only === "speed") return speed;
    const memory = await measureGrowth(dir, { records: options.records, peakMb: own }, options);
    return { ...speed, memory, shares: await measureShares(dir, options) };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function race(
  dir: string,
  runs: ReadonlyMap<string, (pairs: Pairs) => Promise<Compared>>,
  options: BenchOptions,
): Promise<StageResult & { readonly own: number }> {
  const pairs = await preparePairs(dir, options.records, options);
  const mismatched = new Map<string, number>();
  const contender = (name: string, compare: () => Promise<Compared>): Contender => ({
    name,
    run: async () => {
      const compared = await compare();
      mismatched.set(name, compared.mismatched);
      return compared.sample;
    },
  });
  const ours = contender("cutover", () => compareOurs(pairs, options));
  const contenders = [...runs].map(([name, run]) => contender(name, () => run(pairs)));
  const { peers, own } = await interleave(ours, contenders, options);
  await rm(dir, { recursive: true, force: true });
  const counts = new Set(mismatched.values());
  if (counts.size !== 1) throw new Error(`the contenders disagree: ${JSON.stringify(Object.fromEntries(mismatched))}`);
  return { peers, own: Math.round(own.peakMb), notes: [`all found ${[...counts][0]} mismatches`, ...NOTES] };
}
