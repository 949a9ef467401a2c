/**
 * `node bench/audit.ts [--objects N] [--s3] [--keep]`: fills a store with N small capture objects (100,000), audits
 * and lists it as a user does, and prints seconds, objects a second, CPU and peak memory. The store is a temporary
 * folder, or (`--s3`) a bucket of the test server. No peer stands beside it: nothing else can audit this.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openStore } from "../src/store/open.ts";
import { fillManyObjects } from "../test/support/many-objects.ts";
import { runCutover } from "./lib/cutover.ts";
import { type Site, withSite } from "./lib/site.ts";

const DEFAULT_OBJECTS = 100_000;
const TIMEOUT_MS = 3_600_000;

async function measure({ dir, store, s3 }: Site, objects: number): Promise<void> {
  await writeFile(join(dir, "cutover.yaml"), JSON.stringify({ store, s3 }));
  const opened = await openStore(store, s3);
  const started = performance.now();
  await fillManyObjects(opened, objects);
  await opened.close();
  say(`${objects} objects written in ${seconds(performance.now() - started)} s`);
  for (const args of [["captures", "--audit"], ["captures"]]) {
    const run = await runCutover(args, { cwd: dir, timeoutMs: TIMEOUT_MS });
    const { sums, ok } = run.output as { sums: { objects: number }; ok?: boolean };
    if (sums.objects !== objects || ok === false) throw new Error(`not sound: ${JSON.stringify(run.output)}`);
    const rate = Math.round(objects / run.seconds);
    const { cpuSeconds, peakMb } = run.usage;
    say(
      `${args.join(" ")}: ${run.seconds.toFixed(1)} s, ${rate} objects/s, ${cpuSeconds.toFixed(1)} CPU s, ` +
        `peak ${peakMb.toFixed(0)} MB`,
    );
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      objects: { type: "string", default: String(DEFAULT_OBJECTS) },
      s3: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
    },
  });
  const { objects, s3, keep } = values;
  const kept = await withSite({ name: "audit", s3, keep }, (site) => measure(site, Number(objects)));
  if (kept !== undefined) say(`kept: ${kept}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

await main();
