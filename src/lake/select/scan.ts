/** What a query takes of one capture object: by footer and statistics where they tell, else by the columns it looks at. */
import { positionHasher } from "../../hash.ts";
import type { Bounds, ObjectReader } from "../../parquet/types.ts";
import type { Vectors } from "../../parquet/vectors.ts";
import type { CaptureObject } from "../captures.ts";
import type { Criteria } from "../selection.ts";

/** Told of rows that are selected. */
export interface Taker {
  /** So many rows of a model. */
  rows(model: string, count: number): void;
  /** One row, by the hash of its position: asked for where a limit chooses among them. */
  row?(model: string, hash: number, offset: bigint): void;
}

/** Inputs and outputs are never read; nothing but the footer is where that counts the models and no single row is chosen. */
export async function scanCapture(
  capture: CaptureObject,
  criteria: Criteria,
  columns: Vectors,
  taker: Taker,
): Promise<void> {
  const { reader, footer } = capture;
  const { minTime, maxTime } = footer;
  const times = minTime === null || maxTime === null ? "some" : timesOf({ min: minTime, max: maxTime }, criteria);
  if (times === "none") return;
  if (footer.models && takeByFooter(footer.models, times, criteria, taker)) return;
  for (let group = 0; group < reader.rowGroups.length; group++) {
    await scanGroup(capture, group, criteria, columns, taker);
  }
}

/** True when the counts of the footer are all that is asked for, or none of its models is. */
function takeByFooter(
  models: Readonly<Record<string, number>>,
  times: "all" | "some",
  { model, ids, hashBelow, chosen }: Criteria,
  taker: Taker,
): boolean {
  const wanted = Object.entries(models).filter(([name]) => model(name));
  if (wanted.length > 0 && (times === "some" || ids || hashBelow !== null || chosen || taker.row)) return false;
  for (const [name, rows] of wanted) taker.rows(name, rows);
  return true;
}

async function scanGroup(
  capture: CaptureObject,
  group: number,
  criteria: Criteria,
  columns: Vectors,
  taker: Taker,
): Promise<void> {
  const { reader } = capture;
  const times = timesOf(reader.bounds(group, "capturedAt"), criteria);
  if (times === "none") return;
  const single = singleOf(reader.bounds(group, "model"));
  if (single !== undefined && !criteria.model(single)) return;
  const others = [
    ...(times === "some" ? ["capturedAt"] : []),
    ...(criteria.ids === null ? [] : ["id"]),
    ...(criteria.hashBelow === null && criteria.chosen === null && criteria.placed === null && !taker.row
      ? []
      : ["offset"]),
  ];
  const { rows } = reader.rowGroups[group] as { rows: number };
  if (single !== undefined && others.length === 0) return taker.rows(single, rows);
  const models = single ?? (await modelsOf(reader, group, columns));
  if (typeof models !== "string" && !models.some(criteria.model)) return;
  if (others.length > 0) await reader.scan(group, others, columns);
  const tests = testsOf(capture, criteria, columns, new Set(others));
  const hash = others.includes("offset") ? hasherOf(capture, columns) : undefined;
  const offsets = hash === undefined ? undefined : columns.int64s("offset").values;
  const below = criteria.hashBelow ?? Number.POSITIVE_INFINITY;
  eachRun(single ?? columns.bytes("model"), rows, (model, from, to) => {
    if (!criteria.model(model)) return;
    if (tests.length === 0 && hash === undefined) return taker.rows(model, to - from);
    let taken = 0;
    for (let row = from; row < to; row++) {
      if (!tests.every((test) => test(row))) continue;
      const value = hash?.(row) ?? 0;
      if (value >= below) continue;
      taken++;
      taker.row?.(model, value, offsets?.[row] as bigint);
    }
    taker.rows(model, taken);
  });
}

/** The distinct models of a row group, in the order of their first rows. */
async function modelsOf(reader: ObjectReader, group: number, columns: Vectors): Promise<string[]> {
  await reader.scan(group, ["model"], columns);
  const found = new Set<string>();
  eachRun(columns.bytes("model"), reader.rowGroups[group]?.rows ?? 0, (model) => void found.add(model));
  return [...found];
}

/** Runs of rows of one model, of which a sorted row group has one a model. */
function eachRun(
  models: string | { text(row: number): string },
  rows: number,
  use: (model: string, from: number, to: number) => void,
): void {
  if (typeof models === "string") {
    use(models, 0, rows);
    return;
  }
  let from = 0;
  for (let row = 1; row <= rows; row++) {
    if (row < rows && models.text(row) === models.text(from)) continue;
    use(models.text(from), from, row);
    from = row;
  }
}

type RowTest = (row: number) => boolean;

function testsOf(
  { range }: CaptureObject,
  { since, until, ids, placed, chosen }: Criteria,
  columns: Vectors,
  read: ReadonlySet<string>,
): RowTest[] {
  const tests: RowTest[] = [];
  if (read.has("capturedAt")) {
    const times = columns.numbers("capturedAt").values;
    tests.push((row) => (times[row] as number) >= since && (times[row] as number) < until);
  }
  if (ids !== null) {
    const texts = columns.bytes("id");
    const set = placed?.(range.log, range.partition);
    const offsets = placed && columns.int64s("offset").values;
    tests.push((row) => ids.has(texts.text(row)) || set?.has(offsets?.[row] as bigint) === true);
  }
  if (chosen !== null) {
    const set = chosen(range.log, range.partition);
    const offsets = columns.int64s("offset").values;
    tests.push((row) => set.has(offsets[row] as bigint));
  }
  return tests;
}

/** The hash of a row's position, from the halves of its offset as they lie in memory (little-endian): no bigint is made. */
function hasherOf({ range }: CaptureObject, columns: Vectors): (row: number) => number {
  const { buffer, byteOffset, length } = columns.int64s("offset").values;
  const halves = new Uint32Array(buffer, byteOffset, 2 * length);
  const hash = positionHasher(range);
  return (row) => hash(halves[2 * row] as number, halves[2 * row + 1] as number);
}

function timesOf(bounds: Pick<Bounds, "min" | "max"> | undefined, { since, until }: Criteria): "all" | "none" | "some" {
  if (since === Number.NEGATIVE_INFINITY && until === Number.POSITIVE_INFINITY) return "all";
  const { min, max } = bounds ?? {};
  if (typeof min !== "number" || typeof max !== "number") return "some";
  if (max < since || min >= until) return "none";
  return min >= since && max < until ? "all" : "some";
}

/** The model that all rows have, when bounds tell. */
function singleOf(bounds: Bounds | undefined): string | undefined {
  return bounds?.exact && bounds.min === bounds.max ? String(bounds.min) : undefined;
}
