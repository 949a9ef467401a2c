/**
 * `npm run bench -- capture|replay|compare`: the program beside its peers, as whole processes, in one interleaved run.
 * `--quick` is a small size that shows that it runs, never a figure.
 */
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import type { BenchOptions, StageResult } from "./lib/stage.ts";
import { renderTable } from "./lib/table.ts";

type Stage = "capture" | "replay" | "compare";
const STAGES: Readonly<Record<Stage, { readonly records: number; readonly load: () => Promise<BenchFunction> }>> = {
  capture: { records: 1_000_000, load: async () => (await import("./capture.ts")).benchCapture },
  replay: { records: 20_000, load: async () => (await import("./replay.ts")).benchReplay },
  compare: { records: 1_000_000, load: async () => (await import("./compare.ts")).benchCompare },
};
type BenchFunction = (options: BenchOptions) => Promise<StageResult>;

const USAGE = `usage: npm run bench -- capture|replay|compare [--json] [--quick] [--rounds N] [--records N] [--peers A,B]
  --peers A,B           only these peers
  capture alone:
  --only speed|memory   only the race, or only the corners of memory
  --profile DIR         our process leaves CPU profiles in DIR`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      records: { type: "string" },
      peers: { type: "string" },
      only: { type: "string" },
      profile: { type: "string" },
    },
  });
  const name = positionals[0];
  const { only } = values;
  const known = only === undefined || only === "speed" || only === "memory";
  if (positionals.length !== 1 || name === undefined || !(name in STAGES) || !known) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const stage = name as Stage;
  const { records, load } = STAGES[stage];
  const bench = await load();
  const result = await bench({
    quick: values.quick,
    rounds: Number(values.rounds ?? (values.quick ? 1 : 5)),
    records: Number(values.records ?? (values.quick ? Math.min(records, 5_000) : records)),
    ...(values.peers === undefined ? {} : { peers: values.peers.split(",") }),
    ...(only === undefined ? {} : { only }),
    ...(values.profile === undefined ? {} : { profile: values.profile }),
    signal: interruption(),
    progress: (message) => process.stderr.write(`${message}\n`),
  });
  const document = { stage, machine: machine(), quick: values.quick, ...result };
  process.stdout.write(values.json ? `${JSON.stringify(document, null, 2)}\n` : renderTable(document));
  return 0;
}

/** The first interrupt lets the bench clean up after itself; the second ends it as if nothing listened. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.once(name, () => controller.abort(new Error(`the bench was stopped: ${name}`)));
  return controller.signal;
}

function machine(): string {
  const all = cpus();
  const memoryGb = Math.round(totalmem() / 1024 ** 3);
  return `${all.length} × ${all[0]?.model.trim()}, ${memoryGb} GB, Node ${process.versions.node}`;
}

process.exitCode = await main();
