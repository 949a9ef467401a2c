/** `npm run bench -- capture|replay|compare`: the program beside its peers, as whole processes, in one interleaved run. */
import { cpus, totalmem } from "node:os";
import { inspect } from "node:util";
import { parseBenchArguments, type StageName, USAGE } from "./lib/arguments.ts";
import type { BenchOptions, StageResult } from "./lib/stage.ts";
import { renderTable } from "./lib/table.ts";

type BenchFunction = (options: BenchOptions) => Promise<StageResult>;
const BENCHES: Readonly<Record<StageName, () => Promise<BenchFunction>>> = {
  capture: async () => (await import("./capture.ts")).benchCapture,
  replay: async () => (await import("./replay.ts")).benchReplay,
  compare: async () => (await import("./compare.ts")).benchCompare,
};

async function main(): Promise<number> {
  const parsed = parseBenchArguments(process.argv.slice(2));
  if (typeof parsed === "string") {
    process.stderr.write(`${parsed}\n${USAGE}\n`);
    return 2;
  }
  const { stage, json, options } = parsed;
  const bench = await BENCHES[stage]();
  const result = await bench({
    ...options,
    signal: interruption(),
    progress: (message) => process.stderr.write(`${message}\n`),
  });
  const document = { stage, machine: machine(), quick: options.quick, ...result };
  process.stdout.write(json ? `${JSON.stringify(document, null, 2)}\n` : renderTable(document));
  return 0;
}

/** The first interrupt lets the bench clean up after itself; the second ends it as if nothing listened. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.once(name, () => controller.abort(new Error(`stopped by ${name}`)));
  return controller.signal;
}

function machine(): string {
  const all = cpus();
  const memoryGb = Math.round(totalmem() / 1024 ** 3);
  return `${all.length} × ${all[0]?.model.trim()}, ${memoryGb} GB, Node ${process.versions.node}`;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`bench: ${inspect(error)}\n`);
  process.exitCode = 1;
}
