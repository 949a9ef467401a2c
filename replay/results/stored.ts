/** What a run has stored already: the commits of every unit, and what they come to. */
import { z } from "zod";
import { CutoverError } from "../../src/errors.ts";
import { parseCommitKey, type RangeId, replaysPrefix, unitPrefix } from "../../src/lake/keys.ts";
import { LIMITS } from "../../src/limits.ts";
import { openObject } from "../../src/parquet/read.ts";
import { REPLAYS } from "../../src/record.ts";
import type { Store } from "../../src/store/port.ts";
import { addToTally, createTally, type Tally, type TallyRow } from "./tally.ts";

/** Footer of a commit. */
export const commitFooterSchema = z.object({
  run: z.string(),
  /** Key of the capture object. */
  captures: z.string(),
  bucket: z.int().min(0),
  n: z.int().min(0),
  rows: z.int().min(0),
  /** The call of replay that wrote it; `writer` tells two calls apart whose numbers met. */
  call: z.int().min(0),
  writer: z.string(),
});
export type CommitFooter = z.infer<typeof commitFooterSchema>;

export interface StoredUnit {
  /** Commits by n, ascending. */
  readonly commits: string[];
  nextN: number;
  rows: number;
}

export interface Stored {
  readonly units: ReadonlyMap<string, StoredUnit>;
  readonly tally: Tally;
  /** Rows stored by each call, those that share an answer left out: they were not sent. */
  readonly byCall: ReadonlyMap<number, number>;
}

/** Lists and reads all commits of a run, or those of some of its buckets: small columns only. */
export async function readStored(store: Store, run: string, buckets?: ReadonlySet<number>): Promise<Stored> {
  const units = new Map<string, StoredUnit>();
  const byCall = new Map<number, number>();
  const tally = createTally();
  const reading: Promise<void>[] = [];
  for await (const { key } of store.list(replaysPrefix(run))) {
    const id = parseCommitKey(key);
    if (!id) throw foreign(store, key);
    if (buckets && !buckets.has(id.bucket)) continue;
    const name = unitPrefix(run, id, id.bucket);
    const unit = units.get(name) ?? { commits: [], nextN: 0, rows: 0 };
    units.set(name, unit);
    unit.commits.push(key);
    unit.nextN = Math.max(unit.nextN, id.n + 1);
    const read = readCommit(store, key).then(({ footer, rows }) => {
      unit.rows += rows.length;
      const sent = rows.filter(({ attempts }) => attempts > 0).length;
      byCall.set(footer.call, (byCall.get(footer.call) ?? 0) + sent);
      for (const row of rows) addToTally(tally, row);
    });
    // Thrown where it is awaited, below.
    read.catch(() => {});
    reading.push(read);
    if (reading.length >= LIMITS.footerReads) await reading.shift();
  }
  await Promise.all(reading);
  return { units, tally, byCall };
}

/** Small ones: no answer is read. */
const TALLY_COLUMNS = ["model", "outcome", "attempts", "throttles", "latencyMs", "errorClass", "coldStart"];

export async function readCommit(store: Store, key: string): Promise<{ footer: CommitFooter; rows: StoredRow[] }> {
  const reader = await openObject(store, key, REPLAYS);
  const parsed = commitFooterSchema.safeParse(reader.meta);
  if (!parsed.success || parsed.data.rows !== reader.rows) {
    throw new CutoverError("PARQUET_CORRUPT", "the footer of a commit is not sound", {
      place: `${store.url} ${key}`,
      ...(parsed.success ? {} : { received: z.prettifyError(parsed.error) }),
    });
  }
  const rows: StoredRow[] = [];
  for (let group = 0; group < reader.rowGroups.length; group++) {
    const columns = await reader.read(group, ["offset", ...TALLY_COLUMNS]);
    const { offset = [], model = [], outcome = [], attempts = [], throttles = [], latencyMs = [] } = columns;
    const { errorClass = [], coldStart = [] } = columns;
    for (let i = 0; i < offset.length; i++) {
      rows.push({
        offset: offset[i] as bigint,
        model: model[i] as string,
        outcome: outcome[i] as StoredRow["outcome"],
        attempts: attempts[i] as number,
        throttles: throttles[i] as number,
        latencyMs: latencyMs[i] as number,
        errorClass: errorClass[i] as string | null,
        coldStart: coldStart[i] as boolean | null,
      });
    }
  }
  return { footer: parsed.data, rows };
}

export interface StoredRow extends TallyRow {
  readonly offset: bigint;
}

/** The commits of some units alone, without reading them. */
export async function listUnits(store: Store, names: readonly string[]): Promise<Map<string, StoredUnit>> {
  const units = new Map<string, StoredUnit>();
  const left = names.values();
  const lister = async (): Promise<void> => {
    for (const name of left) {
      const commits: string[] = [];
      for await (const { key } of store.list(name)) commits.push(key);
      const last = parseCommitKey(commits.at(-1) ?? "");
      units.set(name, { commits, nextN: last ? last.n + 1 : 0, rows: 0 });
    }
  };
  await Promise.all(Array.from({ length: LIMITS.footerReads }, lister));
  return units;
}

/** Positions of a unit that have a result. */
export async function storedOffsets(store: Store, commits: readonly string[]): Promise<Set<bigint>> {
  const offsets = new Set<bigint>();
  for (const key of commits) {
    const reader = await openObject(store, key, REPLAYS);
    for (let group = 0; group < reader.rowGroups.length; group++) {
      const { offset = [] } = await reader.read(group, ["offset"]);
      for (const value of offset) offsets.add(value as bigint);
    }
  }
  return offsets;
}

/** Name of a unit, the same for stored and planned ones. */
export function unitName(run: string, range: RangeId, bucket: number): string {
  return unitPrefix(run, range, bucket);
}

function foreign(store: Store, key: string): CutoverError {
  return new CutoverError("PARQUET_FOREIGN", "an object under replays/ that replay did not write", {
    place: `${store.url} ${key}`,
    expected: "replays/<run>/<log>~<partition>~<first>~<bucket>~<n>.parquet",
    hint: "move it elsewhere",
  });
}
