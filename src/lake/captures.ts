/** The capture objects of a store, in key order, each with its footer read and checked. */
import { z } from "zod";
import { inOrder } from "../ahead.ts";
import { CutoverError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { openObject } from "../parquet/read.ts";
import type { ObjectReader } from "../parquet/types.ts";
import { CAPTURES } from "../record.ts";
import type { ObjectInfo, Store } from "../store/port.ts";
import { type CaptureFooter, captureFooterSchema, footerSum, rangeLength } from "./footer.ts";
import { capturesPrefix, parseCaptureKey, type RangeId } from "./keys.ts";

export interface CaptureObject {
  readonly key: string;
  /** Bytes of the object. */
  readonly size: number;
  readonly etag: string;
  readonly range: RangeId;
  readonly footer: CaptureFooter;
  /** Reads columns by range requests; nothing but the footer is held. */
  readonly reader: ObjectReader;
}

/**
 * All capture objects in key order, a few footers read ahead. An object that is not one of ours stops the
 * listing (PARQUET_FOREIGN, PARQUET_CORRUPT, SCHEMA_VERSION): a part of the evidence must not be left out in silence.
 */
export async function* listCaptures(
  store: Store,
  options: { readonly prefix?: string; readonly signal?: AbortSignal } = {},
): AsyncIterable<CaptureObject> {
  const { prefix = capturesPrefix, signal } = options;
  yield* inOrder(shownObjects(store, prefix, signal), LIMITS.footerReads, (info) => openCapture(store, info, signal));
}

/** What stands under `prefix`, in key order, without names that lakes skip by convention: `_SUCCESS`, `.part`. */
export async function* shownObjects(store: Store, prefix: string, signal?: AbortSignal): AsyncGenerator<ObjectInfo> {
  for await (const info of store.list(prefix, signal ? { signal } : {})) if (!isHidden(info.key)) yield info;
}

/** Opens one capture object by the size and ETag of its listing or head. `tailBytes` as in `OpenOptions`. */
export async function openCapture(
  store: Store,
  info: ObjectInfo,
  signal?: AbortSignal,
  tailBytes: number = LIMITS.parquetTailBytes,
): Promise<CaptureObject> {
  const range = parseCaptureKey(info.key);
  if (!range) {
    throw new CutoverError("PARQUET_FOREIGN", "an object under captures/ that capture did not write", {
      place: `${store.url} ${info.key}`,
      expected: "captures/<log>/<partition>/<first, 20 digits>.parquet",
      hint: "move it elsewhere; files of your own are read by capture.source.files",
    });
  }
  const reader = await openObject(store, info.key, CAPTURES, { info, tailBytes, ...(signal ? { signal } : {}) });
  const footer = parseCaptureFooter(info.key, reader.meta, range, reader.rows);
  return { key: info.key, size: info.size, etag: info.etag, range, footer, reader };
}

/** Checks the footer against its own sums, the key it stands under and the rows of the file; PARQUET_CORRUPT otherwise. */
export function parseCaptureFooter(key: string, meta: unknown, range: RangeId, rows: number): CaptureFooter {
  const parsed = captureFooterSchema.safeParse(meta);
  if (!parsed.success) throw damaged(key, "a capture footer", z.prettifyError(parsed.error));
  const footer = parsed.data;
  const at = `${footer.log}/${footer.partition}/${footer.first}`;
  const expected = `${range.log}/${range.partition}/${range.first}`;
  if (at !== expected) throw damaged(key, `the range ${expected} of its key`, at);
  if (BigInt(footer.last) < BigInt(footer.first)) {
    throw damaged(key, `a last position from ${footer.first} on`, footer.last);
  }
  if (footer.captured !== rows) throw damaged(key, `${footer.captured} rows, as its footer says`, `${rows} rows`);
  if (footerSum(footer) !== rangeLength(footer)) {
    throw damaged(key, `counts that add up to its ${rangeLength(footer)} positions`, `${footerSum(footer)}`);
  }
  return footer;
}

function damaged(key: string, expected: string, received: string): CutoverError {
  return new CutoverError("PARQUET_CORRUPT", "the footer of a capture object is not sound", {
    place: key,
    expected,
    received,
    hint: "cutover captures --audit",
  });
}

function isHidden(key: string): boolean {
  const name = key.slice(key.lastIndexOf("/") + 1);
  return name === "" || name.startsWith("_") || name.startsWith(".");
}
