/**
 * Where every dataset stands under the store root. Numbers are zero-padded so that key order is position order.
 * Parts of a name are joined by `~`, which no URL encodes: DuckDB takes a `+` for a space where a server lists keys
 * as they are.
 */

const OFFSET_DIGITS = 20;
const COMMIT_DIGITS = 6;

function pad(value: bigint | number, digits: number): string {
  return value.toString().padStart(digits, "0");
}

/** A log, partition and first position: one capture object. */
export interface RangeId {
  readonly log: string;
  readonly partition: number;
  readonly first: bigint;
}

export const capturesPrefix = "captures/";
export const rejectsPrefix = "rejects/";
export const runsPrefix = "runs/";
export const pinsPrefix = "pins/";

export function partitionPrefix(dataset: "captures" | "rejects", log: string, partition: number): string {
  return `${dataset}/${log}/${partition}/`;
}

export function captureKey({ log, partition, first }: RangeId): string {
  return `${partitionPrefix("captures", log, partition)}${pad(first, OFFSET_DIGITS)}.parquet`;
}

/** Where the chain of a partition begins, decided once; its name is hidden from whoever reads the dataset. */
export function originKey(log: string, partition: number): string {
  return `${partitionPrefix("captures", log, partition)}_origin`;
}

export function parseCaptureKey(key: string): RangeId | undefined {
  const match = /^captures\/([^/]+)\/(\d+)\/(\d{20})\.parquet$/.exec(key);
  if (!match) return undefined;
  return { log: match[1] as string, partition: Number(match[2]), first: BigInt(match[3] as string) };
}

export function rejectsKey(range: RangeId, last: bigint, sha256: string): string {
  const { log, partition, first } = range;
  const span = `${pad(first, OFFSET_DIGITS)}-${pad(last, OFFSET_DIGITS)}-${sha256.slice(0, 8)}`;
  return `${partitionPrefix("rejects", log, partition)}${span}.parquet`;
}

export interface RejectsId extends RangeId {
  readonly last: bigint;
  /** First 8 hex digits of the sha256 of the object's bytes. */
  readonly sha8: string;
}

export function parseRejectsKey(key: string): RejectsId | undefined {
  const match = /^rejects\/([^/]+)\/(\d+)\/(\d{20})-(\d{20})-([0-9a-f]{8})\.parquet$/.exec(key);
  if (!match) return undefined;
  const [, log, partition, first, last, sha8] = match as unknown as readonly string[];
  return {
    log: log as string,
    partition: Number(partition),
    first: BigInt(first as string),
    last: BigInt(last as string),
    sha8: sha8 as string,
  };
}

export function runKey(run: string): string {
  return `${runsPrefix}${run}/run.json`;
}

/** Names that people give to runs and selections stand in keys: no slash, no `~` (it separates parts), nothing hidden. */
export const KEY_NAME = "letters, digits, `.`, `_`, `-`, at most 64, beginning with a letter or digit";

export function isKeyName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name) && !name.includes("..");
}

/** A named selection that is kept. */
export function pinKey(name: string): string {
  return `${pinsPrefix}${name}.json`;
}

export function skipsKey(run: string): string {
  return `${runsPrefix}${run}/skips.json`;
}

/** What the last call that took one bucket alone has skipped of it. */
export function bucketSkipsKey(run: string, bucket: number): string {
  return `${bucketSkipsPrefix(run)}${pad(bucket, COMMIT_DIGITS)}.json`;
}

export function bucketSkipsPrefix(run: string): string {
  return `${runsPrefix}${run}/skips/`;
}

/** How far a sequential run has come. */
export function sequenceKey(run: string): string {
  return `${runsPrefix}${run}/sequence.json`;
}

/** One call of replay: how much it sent. */
export function callKey(run: string, call: number): string {
  return `${callsPrefix(run)}${pad(call, COMMIT_DIGITS)}.json`;
}

export function callsPrefix(run: string): string {
  return `${runsPrefix}${run}/calls/`;
}

export function replaysPrefix(run: string): string {
  return `replays/${run}/`;
}

/** Prefix of the commits of one unit: a capture object and a bucket. */
export function unitPrefix(run: string, range: RangeId, bucket: number): string {
  return `${replaysPrefix(run)}${range.log}~${range.partition}~${pad(range.first, OFFSET_DIGITS)}~${bucket}~`;
}

export function commitKey(run: string, range: RangeId, bucket: number, n: number): string {
  return `${unitPrefix(run, range, bucket)}${pad(n, COMMIT_DIGITS)}.parquet`;
}

export interface CommitId extends RangeId {
  readonly run: string;
  readonly bucket: number;
  readonly n: number;
}

export function parseCommitKey(key: string): CommitId | undefined {
  const match = /^replays\/([^/]+)\/([^/~]+)~(\d+)~(\d{20})~(\d+)~(\d+)\.parquet$/.exec(key);
  if (!match) return undefined;
  return {
    run: match[1] as string,
    log: match[2] as string,
    partition: Number(match[3]),
    first: BigInt(match[4] as string),
    bucket: Number(match[5]),
    n: Number(match[6]),
  };
}

/** All comparisons of a run, one folder a hash of rules. */
export function comparesPrefix(run: string): string {
  return `compares/${run}/`;
}

export function comparePrefix(run: string, rules: string): string {
  return `${comparesPrefix(run)}${rules}/`;
}

export function diffsPrefix(run: string, rules: string): string {
  return `${comparePrefix(run, rules)}diffs/`;
}

/** `part` counts the objects of one range: more than one only where its findings would outgrow an object. */
export function diffsKey(run: string, rules: string, range: RangeId, part = 0): string {
  const name = `${range.log}~${range.partition}~${pad(range.first, OFFSET_DIGITS)}`;
  return `${diffsPrefix(run, rules)}${name}${part === 0 ? "" : `~${part}`}.parquet`;
}

/** The range that a diffs object is about. */
export function parseDiffsKey(key: string): RangeId | undefined {
  const match = /^compares\/[^/]+\/[^/]+\/diffs\/([^/~]+)~(\d+)~(\d{20})(?:~\d+)?\.parquet$/.exec(key);
  if (!match) return undefined;
  return { log: match[1] as string, partition: Number(match[2]), first: BigInt(match[3] as string) };
}

/** Results of single units, kept so that what they cover is not judged again. */
export function partsPrefix(run: string, rules: string): string {
  return `${comparePrefix(run, rules)}parts/`;
}

/** `digest`: of all that the part was made from, so that a part of anything else has another key. */
export function partKey(run: string, rules: string, range: RangeId, digest: string): string {
  const { log, partition, first } = range;
  return `${partsPrefix(run, rules)}${log}~${partition}~${pad(first, OFFSET_DIGITS)}~${digest.slice(0, 12)}`;
}

/**
 * Diffs that a worker found, beside its part and named by their bytes: whoever writes them, and however late, writes the
 * same. Whoever asked for the part puts them under their own key.
 */
export function partDiffsKey(part: string, sha256: string): string {
  return `${part}~${sha256.slice(0, 12)}.parquet`;
}

export function askedPrefix(run: string, rules: string): string {
  return `${comparePrefix(run, rules)}asked/`;
}

/** What workers are asked to judge and by what; `hash` is of its content. */
export function askedKey(run: string, rules: string, hash: string): string {
  return `${askedPrefix(run, rules)}${hash.slice(0, 12)}`;
}

export function summaryKey(run: string, rules: string): string {
  return `${comparePrefix(run, rules)}summary.json`;
}

export function junitKey(run: string, rules: string): string {
  return `${comparePrefix(run, rules)}junit.xml`;
}

export function reportKey(run: string, rules: string): string {
  return `${comparePrefix(run, rules)}report.html`;
}

/**
 * Log names: a topic or sanitised file name, `@`, 8 hex digits. Nothing that a key or `~` could break, and no `_` or
 * `.` in front: Athena and Spark leave out whatever stands under such a name, without a word.
 */
export function sanitiseLogName(name: string): string {
  const clean = name.replace(/[^A-Za-z0-9._-]/g, "_").replace(/\.{2,}/g, "_");
  return (/^[A-Za-z0-9-]/.test(clean) ? clean : `x-${clean}`).slice(0, 200);
}
