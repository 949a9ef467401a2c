/** One comparison by ours and by each peer, over the same files, each as a whole process. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PairShares } from "../lib/content.ts";
import { runCutover } from "../lib/cutover.ts";
import { runProgram, type Sample, toSample } from "../lib/measure.ts";
import { RUN, writePairs } from "../lib/pairs.ts";
import { pythonWith } from "../lib/python.ts";
import type { BenchOptions } from "../lib/stage.ts";

const TOLERANCE = { atol: 1e-8, rtol: 1e-5 };

/** Script and requirements of each peer, both Python programs. */
export const COMPARE_PEERS = {
  duckdb: { script: "duckdb.py", requirements: ["duckdb==2.0.0"] },
  "datacompy-polars": { script: "datacompy-polars.py", requirements: ["datacompy==1.1.0", "polars==1.33.1"] },
} as const;
export type ComparePeer = keyof typeof COMPARE_PEERS;

/** Pairs that are written, and what was found in them. */
export interface Pairs {
  readonly dir: string;
  readonly config: string;
  readonly records: number;
}

export async function preparePairs(
  dir: string,
  records: number,
  { progress }: BenchOptions,
  shares?: PairShares,
): Promise<Pairs> {
  progress(`writing ${records.toLocaleString("en")} pairs`);
  const config = await writePairs(dir, records, shares);
  const number = (path: string): object => ({ path, type: "number", ...TOLERANCE });
  const rules = [{ path: "$.label", type: "label" }, number("$.score"), number("$.probs[*]")];
  const models = { "*": { rules, default: "exact", gate: {} } };
  await writeFile(config, JSON.stringify({ store: "./data", models }));
  return { dir, config, records };
}

export interface Compared {
  readonly sample: Sample;
  readonly mismatched: number;
}

export async function compareOurs({ config, records }: Pairs, { profile, signal }: BenchOptions): Promise<Compared> {
  const run = await runCutover(["compare", "--run", RUN, "--config", config], { profile, signal });
  const { match, mismatch, ignored } = run.output.outcomes as Record<"match" | "mismatch" | "ignored", number>;
  if (match + mismatch + ignored !== records) throw new Error(`compared ${match + mismatch + ignored} of ${records}`);
  return { sample: toSample(records, Number(run.output.seconds), run), mismatched: mismatch };
}

/** Makes the peer's environment now; gives what runs it. */
export async function preparePeer(
  name: ComparePeer,
  { signal }: BenchOptions,
): Promise<(pairs: Pairs) => Promise<Compared>> {
  const { script, requirements } = COMPARE_PEERS[name];
  const python = await pythonWith(requirements);
  const program = fileURLToPath(new URL(`../peers/${script}`, import.meta.url));
  return async ({ dir, records }) => {
    const files = [join(dir, "data/captures/**/*.parquet"), join(dir, `data/replays/${RUN}/*.parquet`)];
    const args = [program, ...files, String(TOLERANCE.atol), String(TOLERANCE.rtol)];
    const run = await runProgram({ exec: python, args, signal });
    return { sample: toSample(records, Number(run.output.seconds), run), mismatched: Number(run.output.mismatched) };
  };
}
