/** The result of one unit in the store: its tally, its problems, and the diffs objects that belong to it. */
import { isCutoverError } from "../../src/errors.ts";
import { sha256Hex } from "../../src/hash.ts";
import type { Store } from "../../src/store/port.ts";
import { RunTally, type StoredRunTally } from "../accumulate/tally.ts";
import type { Problem } from "../summary.ts";
import { decodeDocument, encodeDocument } from "./document.ts";

/** An object as it was written: a writer that was thought dead may have put another in its place since. */
export interface WrittenObject {
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

/** Undefined when it is not whole, or of something else, or one of its diffs objects is no longer as it was written. */
export async function readPart(store: Store, key: string, digest: string): Promise<Part | undefined> {
  const part = await decodePart(store, key);
  if (part?.digest !== digest) return undefined;
  for (const written of part.diffs) if (!(await stands(store, written))) return undefined;
  return { ...part, tally: RunTally.fromStored(part.tally) };
}

async function decodePart(
  store: Store,
  key: string,
): Promise<(Omit<Part, "tally"> & { tally: StoredRunTally }) | undefined> {
  try {
    return decodeDocument(await store.get(key), key) as Omit<Part, "tally"> & { tally: StoredRunTally };
  } catch (error) {
    if (isCutoverError(error, "PARQUET_CORRUPT", "STORE_MISSING")) return undefined;
    throw error;
  }
}

/** The same bytes written again have another ETag in some stores: then the bytes themselves decide. */
async function stands(store: Store, { key, size, etag, sha256 }: WrittenObject): Promise<boolean> {
  const info = await store.head(key);
  if (info === undefined || info.size !== size) return false;
  return info.etag === etag || sha256Hex(await store.get(key)) === sha256;
}
