/** Ours and the peers in turn, round after round: drift of the machine hits all alike, so ratios hold. */
import type { Sample } from "./measure.ts";

export interface Contender {
  readonly name: string;
  readonly run: (round: number) => Promise<Sample>;
}

export interface PeerResult {
  readonly name: string;
  /** Ours per second / the peer's, median over the rounds: above 1 is faster. */
  readonly ratio: number;
  /** Lowest and highest ratio of a round. */
  readonly spread: readonly [number, number];
  /** The same ratio by the wall time of whole processes, start and end included. */
  readonly wholeRatio: number;
  readonly ours: Sample;
  readonly peer: Sample;
}

export async function interleave(
  ours: Contender,
  peers: readonly Contender[],
  options: InterleaveOptions,
): Promise<{ readonly peers: PeerResult[]; readonly own: Sample }> {
  const samples = await takeTurns([ours, ...peers], options);
  const own = samples.get(ours.name) ?? [];
  return { peers: peers.map(({ name }) => summarise(name, own, samples.get(name) ?? [])), own: middle(own) };
}

/** What of ours runs against which peer, under a name of its own. */
export interface Rivals {
  readonly name: string;
  readonly ours: Contender;
  readonly peer: Contender;
}

/** As `interleave` where each peer has one of several of ours beside it; each contender runs once a round. */
export async function interleaveRivals(rivals: readonly Rivals[], options: InterleaveOptions): Promise<PeerResult[]> {
  const contenders = new Map(rivals.flatMap(({ ours, peer }) => [ours, peer]).map((one) => [one.name, one]));
  const samples = await takeTurns([...contenders.values()], options);
  return rivals.map(({ name, ours, peer }) => {
    return summarise(name, samples.get(ours.name) ?? [], samples.get(peer.name) ?? []);
  });
}

interface InterleaveOptions {
  readonly rounds: number;
  readonly progress: (message: string) => void;
}

async function takeTurns(
  contenders: readonly Contender[],
  options: InterleaveOptions,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]));
  // Round 0 warms caches and is not counted.
  for (let round = 0; round <= options.rounds; round++) {
    for (const contender of contenders) {
      const sample = await contender.run(round);
      const when = round === 0 ? "warm-up" : `round ${round}/${options.rounds}`;
      options.progress(`${when} ${contender.name}: ${sampleText(sample)}`);
      if (round > 0) samples.get(contender.name)?.push(sample);
    }
  }
  return samples;
}

function sampleText({ perSecond, cpuSeconds, peakMb }: Sample): string {
  return `${Math.round(perSecond).toLocaleString("en")}/s, ${cpuSeconds.toFixed(1)} CPU s/M, ${Math.round(peakMb)} MB`;
}

function summarise(name: string, ours: readonly Sample[], peer: readonly Sample[]): PeerResult {
  const ratiosOf = (rate: "perSecond" | "wholePerSecond"): number[] =>
    ours.map((sample, i) => sample[rate] / (peer[i]?.[rate] ?? Number.NaN));
  const ratios = ratiosOf("perSecond");
  return {
    name,
    ratio: round(median(ratios)),
    spread: [round(Math.min(...ratios)), round(Math.max(...ratios))],
    wholeRatio: round(median(ratiosOf("wholePerSecond"))),
    ours: middle(ours),
    peer: middle(peer),
  };
}

function middle(samples: readonly Sample[]): Sample {
  return {
    perSecond: Math.round(median(samples.map((s) => s.perSecond))),
    wholePerSecond: Math.round(median(samples.map((s) => s.wholePerSecond))),
    cpuSeconds: round(median(samples.map((s) => s.cpuSeconds))),
    peakMb: Math.round(Math.max(...samples.map((s) => s.peakMb))),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
