/**
 * What must hold at the end of every run, read by DuckDB from the files alone and held against what was
 * produced; the program's own audit is asked as well, and must agree.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { runCli } from "../../support/cli.ts";
import { duckdb } from "../../support/lake.ts";
import { rowText } from "./content.ts";
import type { Trial } from "./trial.ts";

const EXAMPLES = 5;

interface Footer {
  readonly partition: number;
  readonly first: string;
  readonly last: string;
  readonly captured: number;
  readonly rejected: number;
  readonly sampledOut: number;
  readonly tombstones: number;
  readonly absent: number;
  readonly rejects: { readonly key: string; readonly rows: number } | null;
}
const COUNTS = ["captured", "rejected", "sampledOut", "tombstones", "absent"] as const;
type Counts = Record<(typeof COUNTS)[number], number>;

export interface Figures {
  readonly objects: number;
  readonly positions: number;
}
const figures = new WeakMap<Trial, Figures>();
/** What the store of a checked run held. */
export function figuresOf(trial: Trial): Figures {
  return figures.get(trial) ?? { objects: 0, positions: 0 };
}

/** What does not hold; empty when all does. */
export async function check(trial: Trial): Promise<string[]> {
  const faults = trial.members.flatMap((member) => member.faults());
  const high = await trial.topic.high();
  const footers = await readFooters(trial.storeFolder);
  const wanted = expectedCounts(trial, high);
  faults.push(...checkChain(footers, high), ...checkCounts("the footers", sumOf(footers), wanted));
  faults.push(...checkRows("captured", await readCaptures(trial.storeFolder, footers.length), trial));
  faults.push(...checkRows("rejected", await readRejects(trial.storeFolder, footers), trial));
  faults.push(...(await checkAudit(trial, wanted)));
  figures.set(trial, { objects: footers.length, positions: high.reduce((sum, end) => sum + Number(end), 0) });
  return faults;
}

/** From the topic alone; positions below the end that were given to no message are absent. */
function expectedCounts({ topic }: Trial, high: readonly bigint[]): Counts {
  const counts: Counts = { captured: 0, rejected: 0, sampledOut: 0, tombstones: 0, absent: 0 };
  for (const { kind } of topic.expected.values()) counts[kind === "tombstone" ? "tombstones" : kind]++;
  counts.absent = high.reduce((sum, end) => sum + Number(end), 0) - topic.expected.size;
  return counts;
}

async function readFooters(folder: string): Promise<Footer[]> {
  const captures = join(folder, "captures");
  const names = existsSync(captures) ? readdirSync(captures, { recursive: true }) : [];
  if (!names.some((name) => String(name).endsWith(".parquet"))) return [];
  const rows = await duckdb(
    `select decode(value) footer from parquet_kv_metadata('${folder}/captures/**/*.parquet') where decode(key) = 'cutover' order by file_name`,
  );
  return rows.map(({ footer }) => JSON.parse(footer as string) as Footer);
}

/** Each partition's ranges chain from 0 to the end of the log, and the counts of each add up to its length. */
function checkChain(footers: readonly Footer[], high: readonly bigint[]): string[] {
  const faults: string[] = [];
  high.forEach((end, partition) => {
    let next = 0n;
    const chain = footers.filter((footer) => footer.partition === partition);
    for (const footer of chain.sort((a, b) => Number(BigInt(a.first) - BigInt(b.first)))) {
      if (BigInt(footer.first) !== next)
        faults.push(`partition ${partition}: a range starts at ${footer.first}, not ${next}`);
      next = BigInt(footer.last) + 1n;
      const length = Number(next - BigInt(footer.first));
      const sum = COUNTS.reduce((total, name) => total + footer[name], 0);
      if (sum !== length)
        faults.push(`partition ${partition}: the range at ${footer.first} counts ${sum} of ${length}`);
    }
    if (next !== end) faults.push(`partition ${partition}: captured up to ${next}, the log ends at ${end}`);
  });
  return faults.slice(0, EXAMPLES);
}

function sumOf(footers: readonly Footer[]): Counts {
  const sums: Counts = { captured: 0, rejected: 0, sampledOut: 0, tombstones: 0, absent: 0 };
  for (const footer of footers) for (const name of COUNTS) sums[name] += footer[name];
  return sums;
}

function checkCounts(who: string, got: Partial<Counts>, wanted: Counts): string[] {
  const wrong = COUNTS.filter((name) => got[name] !== wanted[name]);
  return wrong.map((name) => `${who}: ${name} ${got[name]}, expected ${wanted[name]}`);
}

type Row = Record<string, unknown>;

async function readCaptures(folder: string, objects: number): Promise<Row[]> {
  if (objects === 0) return [];
  return duckdb(
    `select "partition", "offset", id, model, epoch_ms(capturedAt) as "capturedAt", capturedAtFromMessage,
       sha256(input) as input, inputType, sha256(output) as output, outputType, status, latencyMs, attributes
     from read_parquet('${folder}/captures/**/*.parquet')`,
  );
}

/** Those that a footer names: the others do not exist for any reader. */
async function readRejects(folder: string, footers: readonly Footer[]): Promise<Row[]> {
  const named = footers.flatMap(({ rejects }) => (rejects === null ? [] : [`'${join(folder, rejects.key)}'`]));
  if (named.length === 0) return [];
  return duckdb(
    `select "partition", "offset", reason, sha256(key) as key, sha256(value) as value, headers, epoch_ms(timestamp) as timestamp
     from read_parquet([${named.join(", ")}])`,
  ).catch((error: unknown) => [{ partition: -1, offset: -1, error: (error as Error).message }]);
}

/** Every position of this kind once, with exactly the content that was produced. */
function checkRows(kind: "captured" | "rejected", rows: readonly Row[], { topic }: Trial): string[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  for (const { partition, offset, ...row } of rows) {
    const position = `${partition}/${offset}`;
    if (seen.has(position)) faults.push(`${position} stands twice among the ${kind}`);
    seen.add(position);
    const expected = topic.expected.get(position);
    if (expected?.kind !== kind) {
      faults.push(`${position} is ${kind}, expected ${expected?.kind ?? "no message there"}: ${rowText(row)}`);
    } else if (expected.row !== rowText(row)) {
      faults.push(`${position} is not what was produced:\n  expected ${expected.row}\n  found    ${rowText(row)}`);
    }
  }
  for (const [position, { kind: wanted }] of topic.expected) {
    if (wanted === kind && !seen.has(position)) faults.push(`${position} is not among the ${kind}`);
  }
  return faults.length > EXAMPLES ? [...faults.slice(0, EXAMPLES), `… ${faults.length} such faults`] : faults;
}

async function checkAudit(trial: Trial, wanted: Counts): Promise<string[]> {
  const config = await trial.reader();
  const { code, stdout, stderr } = await runCli(["captures", "--audit", "--json", "--config", config], {
    cwd: trial.folder,
    env: trial.world.env,
  });
  if (code !== 0) return [`the audit exited ${code}: ${stdout.slice(0, 1_500)}${stderr.slice(0, 1_500)}`];
  const { ok, sums } = JSON.parse(stdout) as { ok: boolean; sums: Counts };
  return [...(ok ? [] : ["the audit is not ok"]), ...checkCounts("the audit", sums, wanted)];
}
