/** Writes the findings of one compare unit: bounded row groups, in the order of the captured rows, so the same bytes each time. */
import { diffsKey, type RangeId } from "../src/lake/keys.ts";
import { LIMITS } from "../src/limits.ts";
import type { ObjectWriter } from "../src/parquet/types.ts";
import { createObjectWriter } from "../src/parquet/write.ts";
import { DIFFS, type DiffRecord } from "../src/record.ts";
import type { Store } from "../src/store/port.ts";

export interface DiffWriter {
  add(diff: DiffRecord): Promise<void>;
  /** Writes what is left; the keys of all objects written, none when there was no finding. */
  finish(): Promise<string[]>;
}

export interface DiffTarget {
  readonly store: Store;
  readonly run: string;
  /** First 12 hex of the rules hash. */
  readonly rules: string;
  readonly range: RangeId;
}

export interface DiffLimits {
  readonly rowGroupRows: number;
  readonly rowGroupBytes: number;
  readonly objectBytes: number;
}

/** Keeps nothing. */
export const NO_DIFFS: DiffWriter = { add: async () => {}, finish: async () => [] };

const DIFF_LIMITS: DiffLimits = {
  rowGroupRows: LIMITS.diffRowGroupRows,
  rowGroupBytes: LIMITS.rowGroupBytes,
  objectBytes: LIMITS.diffObjectBytes,
};
/** Bytes of a finding beside its texts, roughly. */
const FIXED_BYTES = 64;

export function createDiffWriter(target: DiffTarget, limits: DiffLimits = DIFF_LIMITS): DiffWriter {
  const { store, run, rules, range } = target;
  const keys: string[] = [];
  let writer: ObjectWriter | undefined;
  let rows: DiffRecord[] = [];
  let rowBytes = 0;
  let objectBytes = 0;

  const flushRows = (): void => {
    if (rows.length === 0) return;
    writer ??= createObjectWriter(DIFFS);
    writer.rowGroup(toColumns(rows));
    objectBytes += rowBytes;
    rows = [];
    rowBytes = 0;
  };
  const flushObject = async (): Promise<void> => {
    flushRows();
    if (writer === undefined) return;
    const part = keys.length;
    const key = diffsKey(run, rules, range, part);
    const { log, partition, first } = range;
    await store.put(key, writer.finish({ run, rules, log, partition, first: first.toString(), part }));
    keys.push(key);
    writer = undefined;
    objectBytes = 0;
  };
  return {
    async add(diff) {
      rows.push(diff);
      rowBytes += FIXED_BYTES + textBytes(diff);
      if (rows.length >= limits.rowGroupRows || rowBytes >= limits.rowGroupBytes) flushRows();
      if (objectBytes >= limits.objectBytes) await flushObject();
    },
    async finish() {
      await flushObject();
      return keys;
    },
  };
}

/** UTF-16 units, which bound the bytes well enough for a buffer. */
function textBytes(diff: DiffRecord): number {
  const { id, path, legacy, candidate } = diff;
  return id.length + path.length + (legacy?.length ?? 0) + (candidate?.length ?? 0);
}

function toColumns(rows: readonly DiffRecord[]): Record<string, unknown[]> {
  return Object.fromEntries(DIFFS.columns.map(({ name }) => [name, rows.map((row) => row[name as keyof DiffRecord])]));
}

/**
 * A part of a text keeps the whole of it in memory; findings are kept longer than the bodies they are parts of.
 * Lone surrogates stay.
 */
function copyOf(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}

const encoder = new TextEncoder();
const MARK = "…";
const MARK_BYTES = 3;

/**
 * The text when it has at most `maxBytes` bytes of UTF-8; else so much of it that it ends in `…` within them.
 * A lone surrogate, which UTF-8 cannot hold, becomes U+FFFD.
 */
export function cutText(text: string | null, maxBytes: number = LIMITS.diffValueBytes): string | null {
  if (text === null) return null;
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return copyOf(text.toWellFormed());
  const { read } = encoder.encodeInto(text, new Uint8Array(maxBytes - MARK_BYTES));
  return copyOf(text.slice(0, read).toWellFormed() + MARK);
}

/** The same by characters, for the summary; never ends in half a surrogate pair. */
export function cutChars(text: string | null, maxChars: number = LIMITS.exemplarChars): string | null {
  if (text === null) return null;
  if (text.length <= maxChars) return copyOf(text);
  const end = maxChars - MARK.length;
  const last = text.charCodeAt(end - 1);
  return copyOf(text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end) + MARK);
}
