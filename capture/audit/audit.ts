/**
 * Proof of the ledger, from listings and footers alone: per partition the ranges must chain without hole
 * or overlap, each footer's counts must add up, and the rejects object that it names must be there and be its own.
 * Objects pass by in order of position; what is kept of them is what is wrong.
 */
import { inOrder } from "../../src/ahead.ts";
import { isCutoverError } from "../../src/errors.ts";
import type { CaptureFooter } from "../../src/lake/footer.ts";
import { captureKey, parseRejectsKey } from "../../src/lake/keys.ts";
import { rereadParents } from "../../src/lake/reread.ts";
import { LIMITS } from "../../src/limits.ts";
import type { ObjectInfo, Store } from "../../src/store/port.ts";
import { readCaptureFooter } from "../ranges/resume.ts";
import { addFooter, emptyTotals, type Totals } from "../ranges/totals.ts";
import { type CaptureCheck, checkCapture } from "./audit-checks.ts";
import { countCaptures, listLedger } from "./audit-listing.ts";

/** Positions that no capture object holds (`missing`), that retention deleted, or whose object is unreadable. */
export interface Gap {
  readonly from: string;
  readonly to: string;
  readonly reason: "missing" | "retention";
}

export interface PartitionAudit {
  readonly log: string;
  readonly partition: number;
  /** First and last position held; last below first when no object is readable. */
  first: string;
  last: string;
  objects: number;
  readonly gaps: Gap[];
  readonly overlaps: { readonly from: string; readonly to: string; readonly key: string }[];
  /** Rejects objects that no footer names: left by a writer that was killed. No fault: nothing refers to them. */
  readonly orphans: string[];
  /** What else is wrong: unreadable objects, counts that cannot be true, rejects that are missing or another's. */
  readonly faults: { readonly key: string; readonly fault: string }[];
  readonly sums: Totals;
  /** The log whose rejected messages these are, read again: `partition` and offset are those they have there. */
  readonly rejectsOf?: string;
}

export interface AuditResult {
  /** False when a position is missing or doubled, an object cannot be read, or there is nothing to audit. */
  readonly ok: boolean;
  readonly partitions: readonly PartitionAudit[];
  /** Objects under captures/ or rejects/ that capture did not write. */
  readonly foreign: readonly string[];
  /** Findings beyond LIMITS.auditFindings: counted, not listed. */
  readonly unlisted: number;
  readonly sums: Totals;
  /** Orphans that `--repair` deleted. */
  readonly repaired: number;
  readonly deleted: readonly string[];
}

export interface AuditOptions {
  readonly repair: boolean;
  readonly signal?: AbortSignal;
  /** Called now and then with the number of capture objects audited, and of all there are once that is known. */
  readonly onProgress?: (objects: number, all: number | undefined) => void;
}

export async function auditCaptures(store: Store, options: AuditOptions): Promise<AuditResult> {
  const { repair, signal, onProgress } = options;
  const audit = new Audit();
  const counting = new AbortController();
  const counted = signal ? AbortSignal.any([signal, counting.signal]) : counting.signal;
  let all: number | undefined;
  const count = countCaptures(store, counted).then(
    (found) => {
      all = found;
    },
    // The audit meets the same fault by itself, or has ended.
    () => {},
  );
  try {
    const items = inOrder(listLedger(store, signal), LIMITS.footerReads, async (item) =>
      item.kind === "capture" ? { ...item, check: await checkCapture(store, item.info, item.twins, signal) } : item,
    );
    for await (const item of items) {
      if (item.kind === "rejects") audit.rejects(item.info.key, true);
      else {
        audit.capture(item.info, item.check);
        for (const { key } of item.twins)
          if (item.check.footer?.rejects?.key !== key) audit.rejects(key, item.check.footer !== undefined);
        if (audit.sums.objects % LIMITS.footerReads === 0) onProgress?.(audit.sums.objects, all);
      }
    }
  } finally {
    counting.abort();
    await count;
  }
  const deleted = repair ? await deleteOrphans(store, audit.dead, signal) : [];
  return audit.result(deleted);
}

class Audit {
  readonly sums = emptyTotals();
  /** Orphans whose range is held by an object that does not name them: no footer can ever name them any more. */
  readonly dead: string[] = [];
  readonly #partitions: PartitionAudit[] = [];
  readonly #foreign: string[] = [];
  #current: PartitionAudit | undefined;
  /** Position after the last one held. */
  #end = 0n;
  #listed = 0;
  #unlisted = 0;
  #sound = true;

  capture({ key, size }: ObjectInfo, { range, footer, faults }: CaptureCheck): void {
    this.sums.objects++;
    this.sums.bytes += size;
    if (!range) {
      this.#fault(this.#foreign, key);
      return;
    }
    const partition = this.#open(range.log, range.partition, range.first);
    // An orphan may have opened the partition; the ledger begins with its first capture object.
    if (partition.objects === 0) this.#begin(partition, range.first);
    partition.objects++;
    partition.sums.objects++;
    partition.sums.bytes += size;
    for (const fault of faults) this.#fault(partition.faults, { key, fault });
    if (footer) this.#follow(partition, key, footer);
  }

  /** A rejects object that nothing names. `held`: not where an object stands that cannot be read. */
  rejects(key: string, held: boolean): void {
    const id = parseRejectsKey(key);
    if (!id) {
      this.#fault(this.#foreign, key);
      return;
    }
    const { orphans } = this.#open(id.log, id.partition, id.first);
    if (this.#list(orphans, key) && held && id.first < this.#end) this.dead.push(key);
  }

  result(deleted: readonly string[]): AuditResult {
    const gone = new Set(deleted);
    const parents = rereadParents(this.#partitions.map(({ log }) => log));
    const partitions = this.#partitions.map((audit) => {
      const rejectsOf = parents.get(audit.log);
      const orphans = audit.orphans.filter((key) => !gone.has(key));
      return { ...audit, orphans, ...(rejectsOf === undefined ? {} : { rejectsOf }) };
    });
    return {
      // Of nothing there is no proof.
      ok: this.#sound && this.sums.objects > 0,
      partitions,
      foreign: this.#foreign,
      unlisted: this.#unlisted,
      sums: this.sums,
      repaired: deleted.length,
      deleted,
    };
  }

  #open(log: string, partition: number, first: bigint): PartitionAudit {
    const open = this.#current;
    if (open && open.log === log && open.partition === partition) return open;
    const audit = {
      log,
      partition,
      first: "",
      last: "",
      objects: 0,
      gaps: [],
      overlaps: [],
      orphans: [],
      faults: [],
      sums: emptyTotals(),
    };
    this.#begin(audit, first);
    this.#current = audit;
    this.#partitions.push(audit);
    return audit;
  }

  #begin(audit: PartitionAudit, first: bigint): void {
    audit.first = String(first);
    audit.last = String(first - 1n);
    this.#end = first;
  }

  /** One object after those before it. */
  #follow(audit: PartitionAudit, key: string, footer: CaptureFooter): void {
    const first = BigInt(footer.first);
    const next = BigInt(footer.last) + 1n;
    addFooter(this.sums, footer);
    addFooter(audit.sums, footer);
    if (first > this.#end)
      this.#fault(audit.gaps, { from: String(this.#end), to: String(first - 1n), reason: "missing" });
    if (first < this.#end) {
      const to = (next < this.#end ? next : this.#end) - 1n;
      this.#fault(audit.overlaps, { from: footer.first, to: String(to), key });
    }
    for (const gap of footer.gaps) this.#list(audit.gaps, gap);
    if (next <= this.#end) return;
    this.#end = next;
    audit.last = String(next - 1n);
  }

  #fault<T>(list: T[], finding: T): void {
    this.#sound = false;
    this.#list(list, finding);
  }

  #list<T>(list: T[], finding: T): boolean {
    if (this.#listed >= LIMITS.auditFindings) {
      this.#unlisted++;
      return false;
    }
    this.#listed++;
    list.push(finding);
    return true;
  }
}

/** Asks each range once more: what cannot be brought back is deleted on the word of its footer alone. */
async function deleteOrphans(store: Store, keys: readonly string[], signal?: AbortSignal): Promise<string[]> {
  const asked = inOrder(keys, LIMITS.footerReads, async (key) => {
    signal?.throwIfAborted();
    return (await isNamed(store, key)) ? undefined : key;
  });
  const orphans: string[] = [];
  for await (const key of asked) if (key !== undefined) orphans.push(key);
  if (orphans.length > 0) await store.delete(orphans);
  return orphans;
}

async function isNamed(store: Store, key: string): Promise<boolean> {
  const id = parseRejectsKey(key);
  if (!id) return true;
  const capture = captureKey(id);
  try {
    return (await readCaptureFooter(store, capture)).rejects?.key === key;
  } catch (error) {
    // An object of the range before holds these positions.
    if (isCutoverError(error, "STORE_MISSING")) return false;
    throw error;
  }
}
