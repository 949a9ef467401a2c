/** Pairs of a run that have findings, read again: both answers, in bounded memory, from the pages that hold them. */
import { inOrder } from "../../src/ahead.ts";
import { hashPosition } from "../../src/hash.ts";
import { openCapture } from "../../src/lake/captures.ts";
import { parseCaptureKey, type RangeId } from "../../src/lake/keys.ts";
import type { Run } from "../../src/lake/run.ts";
import { LIMITS } from "../../src/limits.ts";
import { openObject } from "../../src/parquet/read.ts";
import type { ObjectReader } from "../../src/parquet/types.ts";
import { Vectors } from "../../src/parquet/vectors.ts";
import { REPLAYS } from "../../src/record.ts";
import type { Session } from "../../src/session.ts";
import { listInputs } from "../inputs.ts";
import type { Answer, CandidateAnswer } from "../types.ts";
import type { Unit } from "../unit.ts";
import type { FindingsReader } from "./findings.ts";

export interface ReadPair {
  readonly model: string;
  readonly offset: bigint;
  readonly legacy: Answer;
  readonly candidate: CandidateAnswer;
}

export interface PairsWanted {
  readonly run: Run;
  readonly findings: FindingsReader;
  readonly models: (name: string) => boolean;
  /** Share of the pairs, by a hash of the position. */
  readonly share: number;
  /** Bytes of answers held at once. */
  readonly bytes: number;
}

const CAPTURED = ["offset", "model", "output", "outputType", "status"];
const REPLAYED = ["outcome", "status", "output", "outputType"];
/** Rows of one reading at most, however small they are. */
const ROWS_MOST = 2_000;

/** In the order of the pinned objects; inside one in the order of its rows. */
export async function* readPairs(session: Session, wanted: PairsWanted): AsyncGenerator<ReadPair> {
  const { store, signal } = session;
  const { units } = await listInputs(store, wanted.run, signal);
  // Opened ahead: many small objects are little to read, and long to wait for.
  const opened = inOrder(units, LIMITS.findingReads, async (unit) => {
    const range = parseCaptureKey(unit.object.key);
    const offsets = range === undefined ? new Set<bigint>() : await offsetsWithFindings(wanted, range);
    return offsets.size === 0 ? undefined : openUnit(session, unit, offsets);
  });
  for await (const unit of opened) {
    signal.throwIfAborted();
    if (unit === undefined) continue;
    try {
      yield* pairsOfUnit(unit, wanted.bytes);
    } finally {
      for (const reader of [unit.capture, ...unit.replays]) reader.close();
    }
  }
}

async function offsetsWithFindings({ findings, models, share }: PairsWanted, range: RangeId): Promise<Set<bigint>> {
  const found = new Set<bigint>();
  const below = share * 2 ** 32;
  for await (const { offsets, models: names } of findings(range)) {
    for (const [row, offset] of offsets.entries()) {
      if (!models(names[row] as string)) continue;
      if (share >= 1 || hashPosition({ ...range, offset }) < below) found.add(offset);
    }
  }
  return found;
}

interface OpenUnit {
  readonly capture: ObjectReader;
  readonly replays: readonly ObjectReader[];
  /** Rows of the sample, of each row group of the capture. */
  readonly rows: readonly (readonly number[])[];
  /** Where the answer to each stands: as many as there are pairs in the sample. */
  readonly places: ReadonlyMap<bigint, Place>;
}

async function openUnit(
  { store, signal }: Session,
  { object, commits }: Unit,
  offsets: ReadonlySet<bigint>,
): Promise<OpenUnit> {
  const { key, bytes: size, etag } = object;
  const { reader: capture } = await openCapture(store, { key, size, etag }, signal);
  const replays: ObjectReader[] = [];
  for (const info of commits)
    replays.push(await openObject(store, info.key, REPLAYS, { info, signal, tailBytes: LIMITS.parquetFooterBytes }));
  const rows: number[][] = [];
  for (const group of capture.rowGroups.keys()) rows.push(await rowsHolding(capture, group, offsets));
  return { capture, replays, rows, places: await placesOf(replays, offsets) };
}

async function* pairsOfUnit({ capture, replays, rows, places }: OpenUnit, bytes: number): AsyncGenerator<ReadPair> {
  const rowBytes = capture.columnBytes("output") / Math.max(1, capture.rows);
  for (const [group, wanted] of rows.entries()) {
    const most = rowsWithin(bytes, rowBytes, wanted.length);
    for (let from = 0; from < wanted.length; from += most) {
      yield* pairsOfRows(capture, group, wanted.slice(from, from + most), replays, places);
    }
  }
}

/** So many rows that both sides' answers stay within the bytes, when both are about as large. */
function rowsWithin(bytes: number, rowBytes: number, rows: number): number {
  return Math.max(1, Math.min(ROWS_MOST, rows, Math.floor(bytes / (2 * Math.max(1, rowBytes)))));
}

async function rowsHolding(reader: ObjectReader, group: number, offsets: ReadonlySet<bigint>): Promise<number[]> {
  const columns = new Vectors();
  await reader.scan(group, ["offset"], columns);
  const { values } = columns.int64s("offset");
  const rows = reader.rowGroups[group]?.rows ?? 0;
  return Array.from({ length: rows }, (_, row) => row).filter((row) => offsets.has(values[row] as bigint));
}

interface Place {
  readonly reader: number;
  readonly group: number;
  readonly row: number;
}

/** Where the first result of each offset stands. */
async function placesOf(replays: readonly ObjectReader[], offsets: ReadonlySet<bigint>): Promise<Map<bigint, Place>> {
  const places = new Map<bigint, Place>();
  const columns = new Vectors();
  for (const [at, reader] of replays.entries()) {
    for (const [group, { rows }] of reader.rowGroups.entries()) {
      await reader.scan(group, ["offset"], columns);
      const { values } = columns.int64s("offset");
      for (let row = 0; row < rows; row++) {
        const offset = values[row] as bigint;
        if (offsets.has(offset) && !places.has(offset)) places.set(offset, { reader: at, group, row });
      }
    }
  }
  return places;
}

async function* pairsOfRows(
  reader: ObjectReader,
  group: number,
  rows: readonly number[],
  replays: readonly ObjectReader[],
  places: ReadonlyMap<bigint, Place>,
): AsyncGenerator<ReadPair> {
  const captured = await reader.pick(group, rows, CAPTURED);
  const { offset = [], model = [], output = [], outputType = [], status = [] } = captured;
  const answers = await answersAt(replays, places, offset as bigint[]);
  for (const [i, at] of (offset as bigint[]).entries()) {
    const candidate = answers.get(at);
    if (candidate === undefined) continue;
    const body = output[i] as Uint8Array;
    const legacy: Answer = { status: status[i] as number, type: outputType[i] as string, body };
    yield { model: model[i] as string, offset: at, legacy, candidate };
  }
}

/** Row group by row group of each commit. */
async function answersAt(
  replays: readonly ObjectReader[],
  places: ReadonlyMap<bigint, Place>,
  offsets: readonly bigint[],
): Promise<Map<bigint, CandidateAnswer>> {
  const byGroup = new Map<string, { place: Place; rows: { row: number; offset: bigint }[] }>();
  for (const offset of offsets) {
    const place = places.get(offset);
    if (place === undefined) continue;
    const name = `${place.reader}/${place.group}`;
    const some = byGroup.get(name) ?? { place, rows: [] };
    some.rows.push({ row: place.row, offset });
    byGroup.set(name, some);
  }
  const found = new Map<bigint, CandidateAnswer>();
  for (const { place, rows } of byGroup.values()) {
    const ascending = rows.sort((a, b) => a.row - b.row);
    const reader = replays[place.reader] as ObjectReader;
    const columns = await reader.pick(
      place.group,
      ascending.map(({ row }) => row),
      REPLAYED,
    );
    for (const [i, { offset }] of ascending.entries()) found.set(offset, answerOf(columns, i));
  }
  return found;
}

function answerOf(columns: Readonly<Record<string, readonly unknown[]>>, i: number): CandidateAnswer {
  const { outcome = [], status = [], output = [], outputType = [] } = columns;
  const body = output[i] as Uint8Array | null;
  const isAnswer = body !== null && status[i] !== null;
  return {
    outcome: outcome[i] as CandidateAnswer["outcome"],
    answer: isAnswer ? { status: status[i] as number, type: (outputType[i] as string | null) ?? "", body } : null,
  };
}
