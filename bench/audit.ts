/**
 * `node bench/audit.ts [--objects N] [--s3] [--keep]`: fills a store with N small capture objects (100,000), audits
 * and lists it as a user does, and prints seconds, objects a second, CPU and peak memory. The store is a temporary
 * folder, or (`--s3`) a bucket of the test server. No peer stands beside it: nothing else can audit this.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openStore } from "../src/store/open.ts";
import { fillManyObjects } from "../test/support/many-objects.ts";
import { makeBucket, removeBucket } from "../test/support/s3.ts";
import { runCutover } from "./lib/cutover.ts";
import { withServices } from "./lib/services.ts";

const DEFAULT_OBJECTS = 100_000;
const TIMEOUT_MS = 3_600_000;

interface Site {
  readonly store: string;
  readonly s3: object;
  remove(): Promise<void>;
}

async function localSite(dir: string): Promise<Site> {
  return { store: join(dir, "data"), s3: {}, remove: async () => {} };
}

async function s3Site(endpoint: string): Promise<Site> {
  const bucket = `audit-${Date.now().toString(36)}`;
  await makeBucket(endpoint, bucket);
  const s3 = { endpoint, region: "us-east-1", forcePathStyle: true };
  return { store: `s3://${bucket}/lake`, s3, remove: () => removeBucket(endpoint, bucket) };
}

async function measure(dir: string, { store, s3 }: Site, objects: number): Promise<void> {
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
  const dir = await mkdtemp(join(tmpdir(), "cutover-audit-bench-"));
  const run = async (site: Site): Promise<void> => {
    try {
      await measure(dir, site, Number(values.objects));
    } finally {
      if (values.keep) say(`kept: ${dir}`);
      else await Promise.all([site.remove(), rm(dir, { recursive: true, force: true })]);
    }
  };
  await (values.s3 ? withServices(async ({ s3 }) => run(await s3Site(s3))) : run(await localSite(dir)));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

await main();
