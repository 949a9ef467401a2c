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

/** Models of a piece. */
const PIECE_MODELS = 32;

/** The same in pieces of a few models each: merged one by one they are the whole, and never all in memory twice. */
export function encodeTallyPieces(tally: RunTally, modelsEach = PIECE_MODELS): Uint8Array<ArrayBuffer>[] {
  return piecesOf(tally.toStored(), modelsEach).map((piece) =>
    encodeDocument({ version: TALLY_VERSION, tally: piece }),
  );
}

function piecesOf({ models, groups, rows, strays }: StoredRunTally, each: number): StoredRunTally[] {
  const named = [...models, ...groups.models, ...rows.models].map(([model]) => model);
  const names = [...new Set(named)].sort();
  // One piece at least: strays and levels are told without a model, too.
  return Array.from({ length: Math.max(1, Math.ceil(names.length / each)) }, (_, piece) => {
    const some = new Set(names.slice(piece * each, (piece + 1) * each));
    const has = ([model]: readonly [string, ...unknown[]]): boolean => some.has(model);
    return {
      models: models.filter(has),
      groups: { ...groups, models: groups.models.filter(has) },
      rows: { ...rows, models: rows.models.filter(has) },
      strays: piece === 0 ? strays : 0,
    };
  });
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
