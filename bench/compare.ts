/** Compare: pairs of about 250-byte JSON outputs with 700-byte inputs, 99 % byte-equal, 0.7 % within tolerance. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCutover } from "./lib/cutover.ts";
import { type Contender, interleave } from "./lib/interleave.ts";
import { runProgram, type Sample, toSample } from "./lib/measure.ts";
import { RUN, writePairs } from "./lib/pairs.ts";
import { pythonWith } from "./lib/python.ts";
import { type BenchOptions, choosePeers, type MemoryResult, type StageResult } from "./lib/stage.ts";

const TOLERANCE = { atol: 1e-8, rtol: 1e-5 };
const PEERS = ["duckdb"] as const;
const DUCKDB = "duckdb==2.0.0";

export async function benchCompare(options: BenchOptions): Promise<StageResult> {
  choosePeers(PEERS, options);
  const dir = await mkdtemp(join(tmpdir(), "cutover-bench-"));
  try {
    const python = await pythonWith([DUCKDB]);
    const config = await prepare(join(dir, "large"), options.records, options);
    const mismatched = new Set<number>();
    const ours: Contender = { name: "cutover", run: () => runOurs(config, options.records, mismatched) };
    const peer: Contender = {
      name: "duckdb",
      run: () => runPeer(python, join(dir, "large"), options.records, mismatched),
    };
    const { peers } = await interleave(ours, [peer], options);
    if (mismatched.size !== 1) throw new Error(`the contenders disagree: ${[...mismatched].join(", ")} mismatches`);
    const memory = await measureMemory(join(dir, "small"), options, peers[0]?.ours.peakMb ?? 0);
    return { peers, memory, notes: [`both found ${[...mismatched][0]} mismatches`] };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function prepare(dir: string, records: number, options: BenchOptions): Promise<string> {
  options.progress(`writing ${records} pairs`);
  const config = await writePairs(dir, records);
  const number = (path: string): object => ({ path, type: "number", ...TOLERANCE });
  await writeFile(
    config,
    JSON.stringify({
      store: "./data",
      models: {
        "*": {
          rules: [{ path: "$.label", type: "label" }, number("$.score"), number("$.probs[*]")],
          default: "exact",
          gate: {},
        },
      },
    }),
  );
  return config;
}

async function runOurs(config: string, records: number, mismatched: Set<number>): Promise<Sample> {
  const run = await runCutover(["compare", "--run", RUN, "--config", config]);
  const { match, mismatch, ignored } = run.output.outcomes as Record<"match" | "mismatch" | "ignored", number>;
  if (match + mismatch + ignored !== records) throw new Error(`compared ${match + mismatch + ignored} of ${records}`);
  mismatched.add(mismatch);
  return toSample(records, run.seconds, run);
}

async function runPeer(python: string, dir: string, records: number, mismatched: Set<number>): Promise<Sample> {
  const script = fileURLToPath(new URL("./peers/duckdb.py", import.meta.url));
  const data = join(dir, "data");
  const files = [join(data, "captures/**/*.parquet"), join(data, `replays/${RUN}/*.parquet`)];
  const args = [script, ...files, String(TOLERANCE.atol), String(TOLERANCE.rtol)];
  const run = await runProgram({ exec: python, args });
  mismatched.add(Number(run.output.mismatched));
  return toSample(records, run.seconds, run);
}

async function measureMemory(dir: string, options: BenchOptions, largeMb: number): Promise<MemoryResult> {
  const records = Math.max(1, Math.round(options.records / 10));
  const config = await prepare(dir, records, options);
  const { peakMb } = await runOurs(config, records, new Set());
  return {
    small: { records, peakMb: Math.round(peakMb) },
    large: { records: options.records, peakMb: largeMb },
    growth: largeMb / peakMb - 1,
  };
}
