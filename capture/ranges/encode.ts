/** A range as Parquet: plain data in, the bytes of an object out, on whatever thread. */
import type { CaptureFooter } from "../../src/lake/footer.ts";
import { LIMITS } from "../../src/limits.ts";
import type { ColumnInput } from "../../src/parquet/types.ts";
import { createObjectWriter, type Scratch } from "../../src/parquet/write.ts";
import { CAPTURES, REJECTS } from "../../src/record.ts";
import type { PartitionId } from "../port.ts";
import {
  attributes,
  contentSha256,
  gatherInts,
  gatherNumbers,
  ids,
  inputs,
  outputs,
  type RowColumns,
  rowBytes,
} from "./columns.ts";
import type { Rejected, UnhashedFooter } from "./range.ts";

export interface CapturesToEncode {
  readonly id: PartitionId;
  readonly first: bigint;
  readonly footer: UnhashedFooter;
  /** Undefined when the range holds no row. */
  readonly columns: RowColumns | undefined;
}

export interface RejectsToEncode {
  readonly id: PartitionId;
  readonly first: bigint;
  readonly last: bigint;
  readonly rejects: readonly Rejected[];
}

/** SHA-256 of no bytes. */
const NO_CONTENT = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** Rows sorted by (model, position); the footer stands in the object's metadata. The bytes lie in `scratch`. */
export function encodeCaptures(range: CapturesToEncode, scratch: Scratch): { body: Uint8Array; footer: CaptureFooter } {
  const writer = createObjectWriter(CAPTURES, scratch);
  const { columns } = range;
  if (!columns) {
    const footer = { ...range.footer, contentSha256: NO_CONTENT, models: {} };
    return { body: writer.finish(footer), footer };
  }
  const rows = rowsByWord(columns);
  const models = modelsOf(columns, rows);
  const footer: CaptureFooter = {
    ...range.footer,
    contentSha256: contentSha256(columns),
    ...(models ? { models } : {}),
  };
  const order = byModel(columns, rows);
  for (const [from, to] of slices(order.length, (i) => rowBytes(columns.block, order[i] as number))) {
    writer.rowGroup(captureColumns(range, columns, order.subarray(from, to)));
  }
  return { body: writer.finish(footer), footer };
}

export function encodeRejects({ id, first, last, rejects }: RejectsToEncode, scratch: Scratch): Uint8Array {
  const writer = createObjectWriter(REJECTS, scratch);
  const bytes = (i: number): number => {
    const { key, value, headers } = rejects[i] as Rejected;
    return (key?.length ?? 0) + (value?.length ?? 0) + headers.length + LIMITS.errorDetailBytes;
  };
  for (const [from, to] of slices(rejects.length, bytes)) {
    writer.rowGroup(rejectColumns(id, rejects.slice(from, to)));
  }
  const { log, partition } = id;
  return writer.finish({ log, partition, first: String(first), last: String(last), rows: rejects.length });
}

/** Rows of each word as a model. */
function rowsByWord({ words, count, block: { model } }: RowColumns): Int32Array {
  const rows = new Int32Array(words.length);
  for (let row = 0; row < count; row++) {
    const word = model[row] as number;
    rows[word] = (rows[word] as number) + 1;
  }
  return rows;
}

/** Rows by model, in order of name; undefined when there are too many for a footer. */
function modelsOf({ words }: RowColumns, rows: Int32Array): Record<string, number> | undefined {
  const found = words.flatMap((name, word): [string, number][] => {
    const counted = rows[word] as number;
    return counted > 0 ? [[name, counted]] : [];
  });
  if (found.length > LIMITS.footerModels) return undefined;
  return Object.fromEntries(found.sort(([a], [b]) => compareText(a, b)));
}

/** Row numbers in order of (model name, position): a counting sort, as rows come in order of position. */
function byModel({ words: texts, count, block: { model } }: RowColumns, rows: Int32Array): Int32Array {
  const words = texts.map((_, index) => index);
  words.sort((a, b) => compareText(texts[a] as string, texts[b] as string));
  const starts = new Int32Array(words.length);
  let start = 0;
  for (const word of words) {
    starts[word] = start;
    start += rows[word] as number;
  }
  const order = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    const word = model[row] as number;
    const at = starts[word] as number;
    order[at] = row;
    starts[word] = at + 1;
  }
  return order;
}

/** Model names are ASCII, for which code units are bytes. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Consecutive [from, to) whose bytes stay under the bound of a row group; a single larger item stands alone. */
function* slices(count: number, bytesOf: (index: number) => number): Generator<[number, number]> {
  let from = 0;
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    const next = bytesOf(i);
    if (i > from && bytes + next > LIMITS.rowGroupBytes) {
      yield [from, i];
      from = i;
      bytes = 0;
    }
    bytes += next;
  }
  if (count > from) yield [from, count];
}

/** Each column is made when its turn has come: their values together would take more than the rows themselves. */
function captureColumns(
  { id, first }: CapturesToEncode,
  columns: RowColumns,
  order: Int32Array,
): Record<string, ColumnInput> {
  const { block } = columns;
  const numbers = (of: Float64Array, base?: bigint) => () => ({
    rows: order.length,
    numbers: gatherNumbers(of, order),
    ...(base === undefined ? {} : { base }),
  });
  const words = (of: Int32Array) => () => ({ rows: order.length, words: columns.words, word: gatherInts(of, order) });
  return {
    id: () => ids(columns, order),
    model: words(block.model),
    modelVersion: words(block.version),
    capturedAt: numbers(block.capturedAt),
    capturedAtFromMessage: numbers(block.fromMessage),
    input: () => inputs(columns, order),
    inputType: words(block.inputType),
    output: () => outputs(columns, order),
    outputType: words(block.outputType),
    status: numbers(block.status),
    latencyMs: numbers(block.latency),
    attributes: () => attributes(columns, order),
    log: () => ({ rows: order.length, words: [id.log], word: new Int32Array(order.length) }),
    partition: () => ({ rows: order.length, numbers: new Float64Array(order.length).fill(id.partition) }),
    offset: numbers(block.delta, first),
  };
}

function rejectColumns(id: PartitionId, rejects: readonly Rejected[]): Record<string, unknown[]> {
  return {
    reason: rejects.map((r) => r.reason),
    detail: rejects.map((r) => r.detail),
    key: rejects.map((r) => r.key),
    value: rejects.map((r) => r.value),
    headers: rejects.map((r) => r.headers),
    timestamp: rejects.map((r) => r.timestamp),
    log: rejects.map(() => id.log),
    partition: rejects.map(() => id.partition),
    offset: rejects.map((r) => r.offset),
  };
}
