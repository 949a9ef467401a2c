/**
 * Proof of the ledger, from listings and footers alone: per partition the ranges must chain without hole
 * or overlap, each footer's counts must add up, and every rejects object that a footer names must be there.
 */
import { isCutoverError, messageOf } from "../src/errors.ts";
import type { CaptureFooter } from "../src/lake/footer.ts";
import { capturesPrefix, parseCaptureKey, rejectsPrefix } from "../src/lake/keys.ts";
import { LIMITS } from "../src/limits.ts";
import type { ObjectInfo, Store } from "../src/store/port.ts";
import { readCaptureFooter } from "./ledger.ts";
import { addFooter, emptyTotals, type Totals } from "./totals.ts";

/** Positions that no capture object holds (`missing`), that retention deleted, or whose object is unreadable. */
export interface Gap {
  readonly from: string;
  readonly to: string;
  readonly reason: "missing" | "retention";
}

export interface PartitionAudit {
  readonly log: string;
  readonly partition: number;
  readonly first: string;
  readonly last: string;
  objects: number;
  readonly gaps: Gap[];
  readonly overlaps: { readonly from: string; readonly to: string; readonly key: string }[];
  /** Rejects objects that no footer names: left by a writer that was killed. No fault: nothing refers to them. */
  readonly orphans: string[];
  /** What else is wrong: unreadable objects, missing rejects. */
  readonly faults: { readonly key: string; readonly fault: string }[];
}

export interface AuditResult {
  /** False when a position is missing or doubled, an object cannot be read, or there is nothing to audit. */
  readonly ok: boolean;
  readonly partitions: readonly PartitionAudit[];
  readonly sums: Totals;
  /** Orphans deleted by `--repair`. */
  readonly repaired: number;
}

export interface AuditOptions {
  readonly repair: boolean;
  readonly signal?: AbortSignal;
  /** Called now and then with the number of objects read. */
  readonly onProgress?: (objects: number) => void;
}

export async function auditCaptures(store: Store, { repair, signal, onProgress }: AuditOptions): Promise<AuditResult> {
  // Listed before the captures: a rejects object whose capture object is being written is then not an orphan.
  const rejects = new Map<string, number>();
  for await (const { key, size } of store.list(rejectsPrefix, signal ? { signal } : {})) rejects.set(key, size);
  const sums = emptyTotals();
  const partitions = new Map<string, PartitionState>();
  let objects = 0;
  for await (const { info, footer, fault } of footersOf(store, signal)) {
    const id = parseCaptureKey(info.key);
    if (!id) continue;
    const name = `${id.log}/${id.partition}`;
    const state = partitions.get(name) ?? newState(id.log, id.partition, id.first);
    partitions.set(name, state);
    sums.objects++;
    sums.bytes += info.size;
    if (++objects % LIMITS.footerReads === 0) onProgress?.(objects);
    state.audit.objects++;
    if (footer) {
      addFooter(sums, footer);
      follow(state, info.key, footer, rejects);
    } else {
      state.audit.faults.push({ key: info.key, fault: fault ?? "unreadable" });
    }
  }
  const repaired = await settleOrphans(store, partitions, [...rejects.keys()], repair);
  const audits = [...partitions.values()].map(({ audit, end }) => ({ ...audit, last: String(end - 1n) }));
  const sound = audits.every(
    ({ gaps, overlaps, faults }) =>
      gaps.every(({ reason }) => reason === "retention") && overlaps.length === 0 && faults.length === 0,
  );
  // Of nothing there is no proof.
  const ok = sound && audits.length > 0;
  return { ok, partitions: audits, sums, repaired };
}

interface PartitionState {
  readonly audit: PartitionAudit;
  /** Position that the next object must start at. */
  end: bigint;
}

function newState(log: string, partition: number, first: bigint): PartitionState {
  const audit = {
    log,
    partition,
    first: String(first),
    last: "",
    objects: 0,
    gaps: [],
    overlaps: [],
    orphans: [],
    faults: [],
  };
  return { audit, end: first };
}

/** One object after those before it. Named rejects are taken out of `rejects`: what stays is orphaned. */
function follow(state: PartitionState, key: string, footer: CaptureFooter, rejects: Map<string, number>): void {
  const { audit } = state;
  const first = BigInt(footer.first);
  const next = BigInt(footer.last) + 1n;
  if (first > state.end) audit.gaps.push({ from: String(state.end), to: String(first - 1n), reason: "missing" });
  if (first < state.end) {
    const to = (next < state.end ? next : state.end) - 1n;
    audit.overlaps.push({ from: footer.first, to: String(to), key });
  }
  audit.gaps.push(...footer.gaps);
  if (footer.rejects && !rejects.delete(footer.rejects.key)) {
    audit.faults.push({ key, fault: `its rejects object ${footer.rejects.key} is missing` });
  }
  if ((footer.rejects?.rows ?? 0) !== footer.rejected) {
    audit.faults.push({
      key,
      fault: `it counts ${footer.rejected} rejects and names an object of ${footer.rejects?.rows ?? 0}`,
    });
  }
  if (next > state.end) state.end = next;
}

/** Footers in key order, read a few at a time. */
async function* footersOf(
  store: Store,
  signal?: AbortSignal,
): AsyncGenerator<{ info: ObjectInfo; footer?: CaptureFooter; fault?: string }> {
  const read = async (info: ObjectInfo) => {
    try {
      return { info, footer: await readCaptureFooter(store, info.key, info) };
    } catch (error) {
      if (!isCutoverError(error, "PARQUET_CORRUPT", "PARQUET_FOREIGN", "SCHEMA_VERSION", "STORE_MISSING")) throw error;
      return { info, fault: `${messageOf(error)}${error.details.received ? `: ${error.details.received}` : ""}` };
    }
  };
  let batch: Promise<{ info: ObjectInfo; footer?: CaptureFooter; fault?: string }>[] = [];
  for await (const info of store.list(capturesPrefix, signal ? { signal } : {})) {
    batch.push(read(info));
    if (batch.length < LIMITS.footerReads) continue;
    yield* await Promise.all(batch);
    batch = [];
  }
  yield* await Promise.all(batch);
}

/**
 * Lists rejects that no footer names. Only those that start below the ledger's end may be deleted: their
 * range is taken, so no footer can ever name them. One at the end may belong to a writer at work.
 */
async function settleOrphans(
  store: Store,
  partitions: ReadonlyMap<string, PartitionState>,
  keys: readonly string[],
  repair: boolean,
): Promise<number> {
  const dead: string[] = [];
  for (const key of keys) {
    const match = /^rejects\/([^/]+)\/(\d+)\/(\d{20})-/.exec(key);
    const state = partitions.get(`${match?.[1]}/${match?.[2]}`);
    if (!match || !state) continue;
    const isDead = BigInt(match[3] as string) < state.end;
    if (isDead && repair) dead.push(key);
    else state.audit.orphans.push(key);
  }
  if (dead.length > 0) await store.delete(dead);
  return dead.length;
}
