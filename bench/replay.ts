/** Replay: 1 KB requests, 200-byte answers, 64 in flight, results written to Parquet all the while. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCutover } from "./lib/cutover.ts";
import { type Contender, interleaveRivals, type Rivals } from "./lib/interleave.ts";
import { type Sample, toSample } from "./lib/measure.ts";
import { type Endpoint, startEndpoint } from "./lib/server.ts";
import { type BenchOptions, choosePeers, type MemoryResult, type StageResult } from "./lib/stage.ts";
import { writeLake } from "./replay/lake.ts";
import { PREPARE, type ReplayPeer, type RunPeer } from "./replay/peers.ts";

/** Each peer: the program, and what of ours stands beside it. */
const RIVALS = {
  wrk: { program: "wrk", target: "http", slow: false },
  k6: { program: "k6", target: "http", slow: false },
  goreplay: { program: "goreplay", target: "http", slow: false },
  "aws-sdk": { program: "aws-sdk", target: "sagemaker", slow: false },
  "wrk-20ms": { program: "wrk", target: "http", slow: true },
  "wrk-20ms-signed": { program: "wrk", target: "sagemaker", slow: true },
} as const;
type Rival = keyof typeof RIVALS;
type Target = (typeof RIVALS)[Rival]["target"];

const SLOW_MS = 20;
/** Of a round's requests: a slow endpoint answers 3,200 a second at most, and the SDK sends no more. */
const SLOW_SHARE = 0.15;
const SDK_SHARE = 0.1;
/** Sizes at which memory is measured: 10 k and 1 M requests of 200 k. */
const SMALL_SHARE = 0.05;
const LARGE_SHARE = 5;
const PEER_SECONDS = { full: 6, quick: 1 };
/** The SDK wants credentials; the local endpoint does not look at them. */
const CREDENTIALS = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
const NOTES = [
  "the peers send one request over and over and drop the answers; ours reads each from Parquet and stores each answer",
  "wrk-20ms: against an endpoint that takes 20 ms, 3,200/s at most; -signed: beside it our requests are signed, wrk's are not",
];

export async function benchReplay(options: BenchOptions): Promise<StageResult> {
  // Before anything is written: what is missing or misspelt is told at once.
  const chosen = choosePeers(Object.keys(RIVALS) as Rival[], options);
  const programs = new Map<ReplayPeer, RunPeer>();
  if (options.only !== "memory") {
    for (const name of new Set(chosen.map((rival) => RIVALS[rival].program))) programs.set(name, await PREPARE[name]());
  }
  const dir = await mkdtemp(join(tmpdir(), "cutover-bench-"));
  const fast = await startEndpoint();
  const slow = await startEndpoint(SLOW_MS);
  try {
    const peers = options.only === "memory" ? [] : await race({ dir, fast, slow, programs }, chosen, options);
    const memory = options.only === "speed" ? {} : { memory: await measureMemory(dir, fast, options) };
    return { peers, ...memory, notes: NOTES };
  } finally {
    await Promise.all([fast.close(), slow.close()]);
    await rm(dir, { recursive: true, force: true });
  }
}

interface Site {
  readonly dir: string;
  readonly fast: Endpoint;
  readonly slow: Endpoint;
  readonly programs: ReadonlyMap<ReplayPeer, RunPeer>;
}

async function race({ dir, fast, slow, programs }: Site, chosen: readonly Rival[], options: BenchOptions) {
  const size = {
    seconds: options.quick ? PEER_SECONDS.quick : PEER_SECONDS.full,
    records: share(options.records, SDK_SHARE),
    dir,
    signal: options.signal,
  };
  const lakes = new Map<boolean, Lake>();
  for (const isSlow of new Set(chosen.map((rival) => RIVALS[rival].slow))) {
    const records = isSlow ? share(options.records, SLOW_SHARE) : options.records;
    lakes.set(isSlow, await prepare(join(dir, isSlow ? "slow" : "fast"), records, isSlow ? slow : fast, options));
  }
  const rivals = chosen.map((name): Rivals => {
    const { program, target, slow: isSlow } = RIVALS[name];
    const suffix = isSlow ? `-${SLOW_MS}ms` : "";
    const run = programs.get(program) as RunPeer;
    const peer: Contender = { name: program + suffix, run: () => run(isSlow ? slow : fast, size) };
    return { name, ours: ours(lakes.get(isSlow) as Lake, target, `cutover-${target}${suffix}`, options), peer };
  });
  return interleaveRivals(rivals, options);
}

interface Lake {
  readonly config: string;
  readonly records: number;
}

async function prepare(dir: string, records: number, endpoint: Endpoint, options: BenchOptions): Promise<Lake> {
  options.progress(`writing ${records} captured requests`);
  return { config: await writeLake(dir, records, endpoint.url), records };
}

function ours({ config, records }: Lake, target: Target, name: string, options: BenchOptions): Contender {
  const run = async (round: number): Promise<Sample> => {
    const args = ["replay", "--target", target, "--run", `${name}-${round}`, "--config", config];
    const { profile, signal } = options;
    const result = await runCutover(args, { env: CREDENTIALS, profile, signal });
    if (result.output.replayed !== records) throw new Error(`replayed ${String(result.output.replayed)} of ${records}`);
    return toSample(records, Number(result.output.seconds), result);
  };
  return { name, run };
}

/** Peaks of our process at two sizes. */
async function measureMemory(dir: string, endpoint: Endpoint, options: BenchOptions): Promise<MemoryResult> {
  const peaks: { records: number; peakMb: number }[] = [];
  for (const part of [SMALL_SHARE, LARGE_SHARE]) {
    const folder = join(dir, `memory-${part}`);
    const lake = await prepare(folder, share(options.records, part), endpoint, options);
    const { peakMb } = await ours(lake, "http", "memory", options).run(0);
    options.progress(`${lake.records} requests: ${Math.round(peakMb)} MB`);
    peaks.push({ records: lake.records, peakMb: Math.round(peakMb) });
    await rm(folder, { recursive: true, force: true });
  }
  const [small, large] = peaks as [MemoryResult["small"], MemoryResult["large"]];
  return { small, large, growth: large.peakMb / small.peakMb - 1 };
}

function share(records: number, part: number): number {
  return Math.max(1, Math.round(records * part));
}
