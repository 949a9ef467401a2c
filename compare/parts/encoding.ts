/** A tally as bytes: equal tallies have equal bytes, and what is read back merges as the tally would have. */
import { CutoverError } from "../../src/errors.ts";
import { RunTally, type StoredRunTally } from "../accumulate/tally.ts";
import type { GroupLimits } from "../triage/model-groups.ts";
import { decodeDocument, encodeDocument } from "./document.ts";

/** Counts up with every change of the stored form of an accumulator. */
export const TALLY_VERSION = 1;

interface StoredTally {
  readonly version: number;
  readonly tally: StoredRunTally;
}

export function encodeTally(tally: RunTally): Uint8Array<ArrayBuffer> {
  return encodeDocument({ version: TALLY_VERSION, tally: tally.toStored() } satisfies StoredTally);
}

/** PARQUET_CORRUPT for bytes that are not whole, SCHEMA_VERSION for those of another version. */
export function decodeTally(bytes: Uint8Array, place: string, limits?: GroupLimits): RunTally {
  const { version, tally } = decodeDocument(bytes, place) as Partial<StoredTally>;
  if (version !== TALLY_VERSION || tally === undefined) throw otherVersion(place, version);
  return RunTally.fromStored(tally, limits);
}

function otherVersion(place: string, version: number | undefined): CutoverError {
  return new CutoverError("SCHEMA_VERSION", "a stored part of a comparison is of another version", {
    place,
    expected: `version ${TALLY_VERSION}`,
    received: `${version}`,
    hint: "cutover compare makes it again",
  });
}
