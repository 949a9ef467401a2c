/** A column chunk of numbers, packed PLAIN from one typed array: no value becomes an object on the way. */
import type { SchemaElement, Statistics } from "hyparquet";
import type { ByteWriter } from "hyparquet-writer";
import type { PageColumnIndex, PageIndexes } from "hyparquet-writer/src/types.js";
import { unconvertMinMax } from "hyparquet-writer/src/unconvert.js";
import { LIMITS } from "../limits.ts";
import { type PackedPage, type PageBuffer, packChunk } from "./chunk.ts";
import type { NumberColumn } from "./types.ts";

type Physical = "INT32" | "INT64" | "DOUBLE" | "BOOLEAN";

/** Bytes of a value; eight booleans share one. */
const WIDTH: Readonly<Record<Physical, number>> = { INT32: 4, INT64: 8, DOUBLE: 8, BOOLEAN: 1 / 8 };
/** Booleans of a page would else be two million rows. */
const PAGE_ROWS_MAX = 8 * 1024 * 1024;

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly nulls: number;
}

export interface NumberColumnOptions {
  readonly element: SchemaElement;
  readonly buffer: PageBuffer;
}

/** Throws RangeError for a number that does not fit the column. */
export function packNumberColumn(
  writer: ByteWriter,
  values: NumberColumn,
  { element, buffer }: NumberColumnOptions,
): PageIndexes {
  const type = element.type as Physical;
  const pages: { start: number; end: number }[] = [];
  const step = Math.min(PAGE_ROWS_MAX, Math.floor(LIMITS.pageBytes / WIDTH[type]));
  for (let start = 0; start < values.rows; start += step)
    pages.push({ start, end: Math.min(start + step, values.rows) });
  const bounds: Bounds[] = [];
  function* packed(): Generator<PackedPage> {
    for (const { start, end } of pages) {
      const found = boundsOf(values, start, end, element);
      bounds.push(found);
      const content = pack(values, start, end, type, buffer);
      yield { start, end, nulls: found.nulls, content, isNull: (row) => Number.isNaN(values.numbers[row]) };
    }
  }
  return packChunk(writer, {
    element,
    rows: values.rows,
    encoding: "PLAIN",
    pages: packed(),
    summary: () => ({
      statistics: statisticsOf(values, element, bounds.reduce(join)),
      columnIndex: () => columnIndexOf(values, element, pages, bounds),
    }),
  });
}

function boundsOf({ numbers, base }: NumberColumn, start: number, end: number, element: SchemaElement): Bounds {
  const isWhole = element.type !== "DOUBLE";
  const least = leastOf(element);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let nulls = 0;
  for (let row = start; row < end; row++) {
    const value = numbers[row] as number;
    if (value < min) min = value;
    if (value > max) max = value;
    if (Number.isNaN(value)) nulls++;
    else if (isWhole && !Number.isSafeInteger(value)) throw misfit(element, row, value);
  }
  if (nulls > 0 && element.repetition_type !== "OPTIONAL") throw misfit(element, start, Number.NaN);
  const outside = isWhole && base === undefined && (min < least || max > -least - 1);
  if (outside && min <= max) throw misfit(element, start, min < least ? min : max);
  return { min, max, nulls };
}

function leastOf({ type }: SchemaElement): number {
  if (type === "INT32") return -(2 ** 31);
  return type === "BOOLEAN" ? -2 : Number.NEGATIVE_INFINITY;
}

function misfit({ name, type }: SchemaElement, row: number, value: number): RangeError {
  return new RangeError(`column ${name}, row ${row}: ${value} does not fit ${type}`);
}

function join(a: Bounds, b: Bounds): Bounds {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max), nulls: a.nulls + b.nulls };
}

function pack({ numbers, base }: NumberColumn, start: number, end: number, type: Physical, buffer: PageBuffer) {
  const room = Math.ceil((end - start) * WIDTH[type]) + 8;
  const page = buffer.reserve(room);
  if (type === "BOOLEAN") return page.subarray(0, packBits(numbers, start, end, page));
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  let at = 0;
  for (let row = start; row < end; row++) {
    const value = numbers[row] as number;
    if (Number.isNaN(value)) continue;
    if (type === "DOUBLE") view.setFloat64(at, value, true);
    else if (type === "INT32") view.setInt32(at, value, true);
    else if (base !== undefined) view.setBigInt64(at, base + BigInt(value), true);
    else {
      view.setUint32(at, value % 2 ** 32, true);
      view.setInt32(at + 4, Math.floor(value / 2 ** 32), true);
    }
    at += WIDTH[type];
  }
  return page.subarray(0, at);
}

/** The lowest bit first. */
function packBits(numbers: Float64Array, start: number, end: number, page: Uint8Array): number {
  let bits = 0;
  for (let row = start; row < end; row++) {
    const value = numbers[row] as number;
    if (Number.isNaN(value)) continue;
    if (bits % 8 === 0) page[bits >> 3] = 0;
    if (value !== 0) page[bits >> 3] = (page[bits >> 3] as number) | (1 << (bits & 7));
    bits++;
  }
  return Math.ceil(bits / 8);
}

function statisticsOf(values: NumberColumn, element: SchemaElement, { min, max, nulls }: Bounds): Statistics {
  const null_count = BigInt(nulls);
  if (min > max) return { null_count };
  return {
    min_value: boundValue(values, element, min, -0),
    max_value: boundValue(values, element, max, 0),
    null_count,
  };
}

/** As hyparquet-writer takes it; of the two zeros the one that both bounds allow. */
function boundValue({ base }: NumberColumn, { type }: SchemaElement, value: number, zero: number) {
  if (type === "INT64") return (base ?? 0n) + BigInt(value);
  if (type === "BOOLEAN") return value !== 0;
  return type === "DOUBLE" && value === 0 ? zero : value;
}

function columnIndexOf(
  values: NumberColumn,
  element: SchemaElement,
  pages: readonly { start: number; end: number }[],
  bounds: readonly Bounds[],
): PageColumnIndex {
  const bound = ({ min, max }: Bounds, isMax: boolean): Uint8Array => {
    const value = min > max ? undefined : boundValue(values, element, isMax ? max : min, isMax ? 0 : -0);
    return unconvertMinMax(value, element, isMax) ?? new Uint8Array();
  };
  return {
    null_pages: pages.map(({ start, end }, i) => bounds[i]?.nulls === end - start),
    min_values: bounds.map((page) => bound(page, false)),
    max_values: bounds.map((page) => bound(page, true)),
    boundary_order: orderOf(bounds.filter(({ min, max }) => min <= max)),
    null_counts: bounds.map(({ nulls }) => BigInt(nulls)),
  };
}

/** Of pages that hold values. */
export function orderOf(pages: readonly { readonly min: number; readonly max: number }[]) {
  const follow = (fits: (before: number, after: number) => boolean): boolean =>
    pages.every((page, i) => {
      const before = pages[i - 1];
      return before === undefined || (fits(before.min, page.min) && fits(before.max, page.max));
    });
  if (follow((before, after) => before <= after)) return "ASCENDING" as const;
  return follow((before, after) => before >= after) ? ("DESCENDING" as const) : ("UNORDERED" as const);
}
