/** The captured record that an id or a position names, in the pinned objects of a run. */
import { inOrder } from "../../src/ahead.ts";
import { CutoverError, isCutoverError } from "../../src/errors.ts";
import { openCapture } from "../../src/lake/captures.ts";
import { parseCaptureKey, type RangeId } from "../../src/lake/keys.ts";
import type { Run } from "../../src/lake/run.ts";
import { compileSelection } from "../../src/lake/selection.ts";
import { LIMITS } from "../../src/limits.ts";
import type { ObjectReader } from "../../src/parquet/types.ts";
import { Vectors } from "../../src/parquet/vectors.ts";
import { type CapturedRecord, formatPosition, type Position, parsePosition } from "../../src/record.ts";
import type { Store } from "../../src/store/port.ts";

export type CapturedRow = Omit<CapturedRecord, "capturedAtFromMessage">;

export interface FoundRecord {
  readonly captured: CapturedRow;
  /** Of the capture object that holds it. */
  readonly range: RangeId;
}

export interface Found {
  /** In the order of the pinned objects, at most as many as asked for. */
  readonly records: readonly FoundRecord[];
  /** Records of the run with this name, and records of its objects that the run does not select. */
  readonly selected: number;
  readonly unselected: number;
  /** Keys of pinned objects that are gone: what they held is not known. */
  readonly missing: readonly string[];
}

type PinnedObject = Run["objects"][number];

const COLUMNS = [
  "id",
  "model",
  "modelVersion",
  "capturedAt",
  "input",
  "inputType",
  "output",
  "outputType",
  "status",
  "latencyMs",
  "attributes",
  "offset",
];

/** Looks for a position where the text is one of a pinned partition, else for an id. At most `limit` records are read. */
export async function findRecords(
  store: Store,
  run: Run,
  name: string,
  limit: number,
  signal: AbortSignal,
): Promise<Found> {
  const position = parsePosition(name);
  const at = position && objectAt(run, position);
  const look: Look =
    at === undefined || position === undefined
      ? (reader) => rowsOfId(reader, name)
      : (reader) => rowAt(reader, position);
  const selects = compileSelection(run.query, run.limits);
  const records: FoundRecord[] = [];
  const missing: string[] = [];
  let [selected, unselected] = [0, 0];
  const looked = inOrder(at === undefined ? run.objects : [at], LIMITS.footerReads, (object) =>
    lookInto(store, object, look, limit, signal),
  );
  for await (const { object, rows, more } of looked) {
    if (rows === null) missing.push(object.key);
    for (const row of rows ?? []) {
      if (!selects(row.captured)) unselected++;
      else if (++selected <= limit) records.push(row);
    }
    selected += more;
  }
  return { records, selected, unselected, missing };
}

/** The pinned object whose range begins last at or before the position. */
function objectAt({ objects }: Run, { log, partition, offset }: Position): PinnedObject | undefined {
  let best: { object: PinnedObject; first: bigint } | undefined;
  for (const object of objects) {
    const range = parseCaptureKey(object.key);
    if (range === undefined || range.log !== log || range.partition !== partition || range.first > offset) continue;
    if (best === undefined || range.first > best.first) best = { object, first: range.first };
  }
  return best?.object;
}

/** Rows of each row group that has some. */
type Look = (reader: ObjectReader) => AsyncGenerator<{ readonly group: number; readonly rows: readonly number[] }>;

interface Looked {
  readonly object: PinnedObject;
  /** Null when the object is gone. */
  readonly rows: readonly FoundRecord[] | null;
  /** Rows beyond the limit, which were not read. */
  readonly more: number;
}

async function lookInto(
  store: Store,
  object: PinnedObject,
  look: Look,
  limit: number,
  signal: AbortSignal,
): Promise<Looked> {
  const { key, bytes: size, etag } = object;
  const rows: FoundRecord[] = [];
  let more = 0;
  try {
    const { reader, range } = await openCapture(store, { key, size, etag }, signal);
    try {
      for await (const { group, rows: places } of look(reader)) {
        const wanted = places.slice(0, Math.max(0, limit - rows.length));
        more += places.length - wanted.length;
        const columns = wanted.length === 0 ? {} : await reader.pick(group, wanted, COLUMNS);
        for (const i of wanted.keys()) rows.push({ captured: rowOf(range, columns, i), range });
      }
    } finally {
      reader.close();
    }
  } catch (error) {
    if (!isCutoverError(error, "STORE_MISSING")) throw error;
    return { object, rows: null, more: 0 };
  }
  return { object, rows, more };
}

function rowOf(
  { log, partition }: RangeId,
  columns: Readonly<Record<string, readonly unknown[]>>,
  i: number,
): CapturedRow {
  const cells = Object.fromEntries(COLUMNS.map((name) => [name, columns[name]?.[i]]));
  return { ...cells, log, partition } as CapturedRow;
}

async function* rowsOfId(reader: ObjectReader, id: string): ReturnType<Look> {
  const columns = new Vectors();
  for (const [group, { rows: count }] of reader.rowGroups.entries()) {
    if (!(await reader.mayHold(group, "id", id))) continue;
    await reader.scan(group, ["id"], columns);
    const ids = columns.bytes("id");
    const rows = Array.from({ length: count }, (_, row) => row).filter((row) => ids.text(row) === id);
    if (rows.length > 0) yield { group, rows };
  }
}

async function* rowAt(reader: ObjectReader, { offset }: Position): ReturnType<Look> {
  const group = await groupHolding(reader, offset);
  if (group !== undefined) yield group;
}

/** The row of an offset, which stands once in an object. Row groups whose bounds exclude it are not read. */
export async function groupHolding(
  reader: ObjectReader,
  offset: bigint,
): Promise<{ group: number; rows: number[] } | undefined> {
  const columns = new Vectors();
  for (const [group, { rows: count }] of reader.rowGroups.entries()) {
    const bounds = reader.bounds(group, "offset");
    if (
      typeof bounds?.min === "bigint" &&
      typeof bounds.max === "bigint" &&
      (offset < bounds.min || offset > bounds.max)
    )
      continue;
    await reader.scan(group, ["offset"], columns);
    const row = columns.int64s("offset").values.subarray(0, count).indexOf(offset);
    if (row >= 0) return { group, rows: [row] };
  }
  return undefined;
}

/** Why nothing was found, in words that say what to do. */
export function notFound(store: Store, run: Run, name: string, { unselected, missing }: Found): CutoverError {
  const place = `run ${run.run}`;
  const received = name;
  if (unselected > 0) {
    return new CutoverError("USAGE", "the record was captured, but this run did not ask for it", {
      place,
      expected: "a record of the run's selection",
      received,
      hint: "cutover runs lists the others; the selection of this one stands in its run.json",
    });
  }
  const [gone] = missing;
  if (gone !== undefined) {
    const some =
      missing.length === 1 ? "a capture object of the run is" : `${missing.length} capture objects of the run are`;
    return new CutoverError("STORE_MISSING", `${some} no longer in the store, and the record may stand there`, {
      place: `${store.url} ${gone}`,
      received,
      hint: `restore it, or read what was found of it: cutover export ${run.run}`,
    });
  }
  const at = parsePosition(name);
  const { key } = run.objects[0] ?? {};
  const first = key === undefined ? undefined : parseCaptureKey(key);
  return new CutoverError("USAGE", `the run holds no record of this ${at === undefined ? "id" : "position or id"}`, {
    place,
    expected:
      first === undefined
        ? "an id"
        : `an id, or a position such as ${formatPosition({ ...first, offset: first.first })}`,
    received,
    hint: `cutover groups ${run.run} shows positions of its differences`,
  });
}
