/** One unit of work, a capture object and a bucket: which rows are to be sent, and reading them as endpoints have room. */
import { CutoverError } from "../src/errors.ts";
import { hashText } from "../src/hash.ts";
import { openCapture } from "../src/lake/captures.ts";
import { parseCaptureKey, type RangeId } from "../src/lake/keys.ts";
import { pinnedChanged } from "../src/lake/pinned.ts";
import type { Run } from "../src/lake/run.ts";
import { compileSelection, type Selects } from "../src/lake/selection.ts";
import type { InLayers } from "../src/lake/sequence.ts";
import type { ObjectReader } from "../src/parquet/types.ts";
import type { CapturedRecord, Position } from "../src/record.ts";
import type { Store } from "../src/store/port.ts";
import type { Reading } from "./reading.ts";
import { type StoredUnit, storedOffsets, unitName } from "./results/stored.ts";
import type { Endpoint } from "./targets/target.ts";

export interface UnitId {
  readonly name: string;
  readonly range: RangeId;
  readonly bucket: number;
  readonly pinned: Run["objects"][number];
}

/** Units of a run in order of key, those without a selected row left out. */
export function unitsOf(run: Run): UnitId[] {
  return run.objects
    .filter(({ selected }) => selected > 0)
    .flatMap((pinned) => {
      const range = parseCaptureKey(pinned.key);
      if (!range) throw new CutoverError("RUN_INVALID", "run.json names no capture object", { place: pinned.key });
      return Array.from({ length: run.buckets }, (_, bucket) => {
        return { name: unitName(run.run, range, bucket), range, bucket, pinned };
      });
    });
}

/** The bucket that an endpoint falls into. */
export function bucketOf(endpoint: Endpoint, buckets: number): number {
  return buckets === 1 ? 0 : hashText(endpoint.key) % buckets;
}

/** What is sent of a captured row. */
export type SendRow = Position &
  Pick<CapturedRecord, "id" | "model" | "input" | "inputType" | "outputType" | "status" | "latencyMs"> & {
    /** Only read where requests are told apart by them. */
    readonly attributes?: string | null;
  };

/** One row group of a unit: rows still to be read and sent, and how many go to which endpoint. */
export interface Pending {
  readonly rowGroup: number;
  /** One byte a row: 1 while it is to be sent. */
  readonly todo: Uint8Array;
  readonly endpoints: Map<string, number>;
}

export interface OpenUnit {
  readonly id: UnitId;
  readonly reader: ObjectReader;
  /** What `readRows` reads into, in turn with other units. */
  readonly reading: Reading;
  readonly pending: Pending[];
}

/**
 * Opens the capture object, holds it against what was pinned, and takes away what is stored or of a later layer. Rows will
 * be read by `reading`.
 */
export async function openUnit(
  store: Store,
  run: Run,
  id: UnitId,
  stored: StoredUnit | undefined,
  endpoints: ReadonlyMap<string, Endpoint>,
  reading: Reading,
  layers?: InLayers,
): Promise<OpenUnit> {
  const { pinned } = id;
  const capture = await openCapture(store, { key: pinned.key, size: pinned.bytes, etag: pinned.etag });
  if (capture.footer.contentSha256 !== pinned.contentSha256) {
    throw pinnedChanged(store, pinned.key, `contentSha256 ${pinned.contentSha256}`, capture.footer.contentSha256);
  }
  const done = await storedOffsets(store, stored?.commits ?? []);
  const selects = compileSelection(run.query, run.limits);
  const pending: Pending[] = [];
  let selected = 0;
  for (let rowGroup = 0; rowGroup < capture.reader.rowGroups.length; rowGroup++) {
    const scan = await scanRowGroup(capture.reader, rowGroup, id.range, run.query, selects);
    const todo = new Uint8Array(scan.models.length);
    const counts = new Map<string, number>();
    scan.models.forEach((model, row) => {
      if (!scan.selected[row]) return;
      selected++;
      const endpoint = endpoints.get(model);
      if (!endpoint)
        throw new CutoverError("RUN_INVALID", `run.json counts no row of model ${model}`, { place: pinned.key });
      if (bucketOf(endpoint, run.buckets) !== id.bucket || done.has(scan.offsets[row] as bigint)) return;
      if (layers && !layers(model, { ...id.range, offset: scan.offsets[row] as bigint })) return;
      todo[row] = 1;
      counts.set(endpoint.key, (counts.get(endpoint.key) ?? 0) + 1);
    });
    if (counts.size > 0) pending.push({ rowGroup, todo, endpoints: counts });
  }
  if (selected !== pinned.selected)
    throw pinnedChanged(store, pinned.key, `${pinned.selected} selected rows`, `${selected}`);
  return { id, reader: capture.reader, reading, pending };
}

export interface Scan {
  readonly models: readonly string[];
  readonly offsets: readonly bigint[];
  /** One byte a row: 1 when the query selects it. */
  readonly selected: Uint8Array;
}

/** Reads only the columns that the query looks at. */
export async function scanRowGroup(
  reader: ObjectReader,
  rowGroup: number,
  range: RangeId,
  query: Run["query"],
  selects: Selects,
): Promise<Scan> {
  const { since, until, ids } = query;
  const names = ["model", "offset"];
  if (since !== null || until !== null) names.push("capturedAt");
  if (ids !== null) names.push("id");
  const { model = [], offset = [], capturedAt = [], id = [] } = await reader.read(rowGroup, names);
  const selected = new Uint8Array(model.length);
  for (let row = 0; row < model.length; row++) {
    selected[row] = selects({
      id: (id[row] as string | undefined) ?? "",
      model: model[row] as string,
      capturedAt: (capturedAt[row] as number | undefined) ?? 0,
      log: range.log,
      partition: range.partition,
      offset: offset[row] as bigint,
    })
      ? 1
      : 0;
  }
  return { models: model as string[], offsets: offset as bigint[], selected };
}

/** Columns that a request is made of. */
const SEND_COLUMNS = ["id", "model", "input", "inputType", "outputType", "status", "latencyMs", "offset"];

export interface Rows {
  model(row: number): string;
  inputBytes(row: number): number;
  /** A copy, as the next row group overwrites where it lies. */
  at(row: number): SendRow;
}

/** Rows of a pending row group, good for this turn of the unit's reading. */
export async function readRows(unit: OpenUnit, pending: Pending, attributesToo = false): Promise<Rows> {
  const { vectors } = unit.reading;
  await unit.reader.scan(pending.rowGroup, attributesToo ? [...SEND_COLUMNS, "attributes"] : SEND_COLUMNS, vectors);
  const attributes = attributesToo ? vectors.bytes("attributes") : undefined;
  const { log, partition } = unit.id.range;
  const [ids, models, inputs] = [vectors.bytes("id"), vectors.bytes("model"), vectors.bytes("input")];
  const [inputTypes, outputTypes] = [vectors.bytes("inputType"), vectors.bytes("outputType")];
  const [statuses, offsets] = [vectors.numbers("status").values, vectors.int64s("offset").values];
  const latencies = vectors.numbers("latencyMs");
  return {
    model: (row) => models.text(row),
    inputBytes: (row) => (inputs.ends[row] as number) - (inputs.starts[row] as number),
    at: (row) => ({
      log,
      partition,
      offset: offsets[row] as bigint,
      id: ids.text(row),
      model: models.text(row),
      // From Node's pool: an ArrayBuffer of its own for each small input costs more than all else of reading it.
      input: Buffer.from(inputs.bytes(row)),
      inputType: inputTypes.text(row),
      outputType: outputTypes.text(row),
      status: statuses[row] as number,
      latencyMs: latencies.isNull(row) ? null : (latencies.values[row] as number),
      ...(attributes ? { attributes: attributes.isNull(row) ? null : attributes.text(row) } : {}),
    }),
  };
}
