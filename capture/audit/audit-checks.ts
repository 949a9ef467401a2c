/** What one object of the ledger says of itself, and whether it can be true. */
import { isCutoverError, messageOf } from "../../src/errors.ts";
import { parseCaptureFooter } from "../../src/lake/captures.ts";
import { type CaptureFooter, rejectsFooterSchema } from "../../src/lake/footer.ts";
import { parseCaptureKey, type RangeId, rejectsKey } from "../../src/lake/keys.ts";
import { readMeta } from "../../src/parquet/read.ts";
import { CAPTURES, REJECTS } from "../../src/record.ts";
import type { ObjectInfo, Store } from "../../src/store/port.ts";

export interface CaptureCheck {
  /** Undefined for an object that capture did not write. */
  readonly range: RangeId | undefined;
  /** Undefined when it cannot be read, or its counts do not add up. */
  readonly footer: CaptureFooter | undefined;
  readonly faults: readonly string[];
}

/** One read of the footer, and one of that of its rejects object, which is among `twins` when all is well. */
export async function checkCapture(
  store: Store,
  info: ObjectInfo,
  twins: readonly ObjectInfo[],
  signal?: AbortSignal,
): Promise<CaptureCheck> {
  const range = parseCaptureKey(info.key);
  if (!range) return { range, footer: undefined, faults: ["capture did not write it, and replay refuses it"] };
  const options = { info, ...(signal ? { signal } : {}) };
  const read = await orFault(async () => {
    const { meta, rows } = await readMeta(store, info.key, CAPTURES, options);
    return parseCaptureFooter(info.key, meta, range, rows);
  });
  if (typeof read === "string") return { range, footer: undefined, faults: [read] };
  const faults = [...footerFaults(read), ...(await rejectsFaults(store, range, read, twins, signal))];
  return { range, footer: read, faults };
}

/** What the kernel's check of a footer leaves open: it holds the sum against the range, and the rows against the file. */
function footerFaults({ first, last, captured, absent, gaps, minTime, maxTime }: CaptureFooter): string[] {
  const faults: string[] = [];
  let deleted = 0n;
  for (const { from, to } of gaps) {
    if (BigInt(from) < BigInt(first) || BigInt(to) > BigInt(last) || BigInt(to) < BigInt(from))
      faults.push(`its gap ${from} to ${to} is not within ${first} to ${last}`);
    deleted += BigInt(to) - BigInt(from) + 1n;
  }
  if (deleted > BigInt(absent)) faults.push(`its gaps hold ${deleted} positions, of which it counts ${absent} absent`);
  const timed = minTime !== null && maxTime !== null && minTime <= maxTime;
  if (captured > 0 ? !timed : minTime !== null || maxTime !== null)
    faults.push(`its ${captured} rows are of the times ${minTime} to ${maxTime}`);
  return faults;
}

/** The rejects object that a footer names: its name, whether it is there, whole, and of this very range. */
async function rejectsFaults(
  store: Store,
  range: RangeId,
  footer: CaptureFooter,
  twins: readonly ObjectInfo[],
  signal?: AbortSignal,
): Promise<string[]> {
  const { rejects: named, rejected, last } = footer;
  if (!named) return rejected === 0 ? [] : [`it counts ${rejected} rejects and names no object of them`];
  const { key, rows, sha256 } = named;
  if (rows !== rejected) return [`it counts ${rejected} rejects and names an object of ${rows}`];
  if (key !== rejectsKey(range, BigInt(last), sha256)) return [`it names rejects by the key of another range: ${key}`];
  // Captures may have been listed before the rejects were written, so a miss is asked for by name.
  const info = twins.find((twin) => twin.key === key) ?? (await store.head(key, signal));
  if (!info) return [`its rejects object ${key} is missing`];
  const options = { info, ...(signal ? { signal } : {}) };
  const read = await orFault(() => readMeta(store, key, REJECTS, options));
  if (typeof read === "string") return [`its rejects object ${key}: ${read}`];
  const meta = rejectsFooterSchema.safeParse(read.meta);
  if (!meta.success) return [`its rejects object ${key} has no sound footer`];
  const found = { ...meta.data, rows: read.rows };
  const expected = { log: footer.log, partition: footer.partition, first: footer.first, last, rows };
  if (JSON.stringify(found) === JSON.stringify(expected) && meta.data.rows === rows) return [];
  return [`its rejects object ${key} holds ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`];
}

/** The text of a fault of the object; other errors, those of the store before all, end the audit. */
async function orFault<T extends object>(read: () => Promise<T>): Promise<T | string> {
  try {
    return await read();
  } catch (error) {
    if (!isCutoverError(error, "PARQUET_CORRUPT", "PARQUET_FOREIGN", "SCHEMA_VERSION", "STORE_MISSING")) throw error;
    const { expected, received } = error.details;
    const found = received === undefined ? "" : `: ${received}`;
    return `${messageOf(error)}${found}${expected === undefined ? "" : `, expected ${expected}`}`;
  }
}
