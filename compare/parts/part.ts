/**
 * The result of one unit in the store: its tally, its problems, and the diffs objects that belong to it. A worker writes
 * under names alone that hold what they were made from or what they hold, so that one which wakes late overwrites nothing;
 * diffs are put where readers look for them by the one process that asked for the comparison.
 */
import { isCutoverError } from "../../src/errors.ts";
import { sha256Hex } from "../../src/hash.ts";
import { partDiffsKey } from "../../src/lake/keys.ts";
import type { Store } from "../../src/store/port.ts";
import { RunTally, type StoredRunTally } from "../accumulate/tally.ts";
import type { Problem } from "../summary.ts";
import { decodeDocument, encodeDocument } from "./document.ts";

/** A diffs object as it was written beside its part. */
export interface WrittenObject {
  /** Where it belongs. */
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly sha256: string;
}

export interface Part {
  /** Of all that it was made from. */
  readonly digest: string;
  readonly diffs: readonly WrittenObject[];
  readonly problems: readonly Problem[];
  /** Selected rows of an object that could not be read. */
  readonly unreadable: number;
  readonly tally: RunTally;
}

/** Keeps what is there: a part of this key was made from the same, so it says the same. */
export async function putPart(store: Store, key: string, { tally, ...part }: Part): Promise<void> {
  const body = encodeDocument({ ...part, tally: tally.toStored() });
  try {
    await store.put(key, body, { ifAbsent: true, contentType: "application/octet-stream" });
  } catch (error) {
    if (!isCutoverError(error, "STORE_EXISTS")) throw error;
  }
}

/** Undefined when it is not whole, or of something else. */
export async function readPart(store: Store, key: string, digest: string): Promise<Part | undefined> {
  const part = await decodePart(store, key);
  if (part?.digest !== digest) return undefined;
  return { ...part, tally: RunTally.fromStored(part.tally) };
}

async function decodePart(
  store: Store,
  key: string,
): Promise<(Omit<Part, "tally"> & { tally: StoredRunTally }) | undefined> {
  const body = await foundBytes(store, key);
  try {
    return body && (decodeDocument(body, key) as Omit<Part, "tally"> & { tally: StoredRunTally });
  } catch (error) {
    if (isCutoverError(error, "PARQUET_CORRUPT")) return undefined;
    throw error;
  }
}

/** Puts the diffs of a part where they belong, unless they stand there. False when they are lost: the part is of no use. */
export async function publishDiffs(store: Store, part: string, diffs: readonly WrittenObject[]): Promise<boolean> {
  for (const written of diffs) {
    if (await stands(store, written)) continue;
    const body = await foundBytes(store, partDiffsKey(part, written.sha256));
    if (body === undefined || sha256Hex(body) !== written.sha256) return false;
    await store.put(written.key, body);
  }
  return true;
}

/** The same bytes under another name, or written again, have another ETag in some stores: then the bytes themselves decide. */
async function stands(store: Store, { key, size, etag, sha256 }: WrittenObject): Promise<boolean> {
  const info = await store.head(key);
  if (info === undefined || info.size !== size) return false;
  return info.etag === etag || sha256Hex(await store.get(key)) === sha256;
}

async function foundBytes(store: Store, key: string): Promise<Uint8Array | undefined> {
  try {
    return await store.get(key);
  } catch (error) {
    if (isCutoverError(error, "STORE_MISSING")) return undefined;
    throw error;
  }
}
