/** A range as Parquet, compressed on other threads a page at a time, so that heartbeats and reading go on meanwhile. */
import type { CaptureFooter } from "../../src/lake/footer.ts";
import { LIMITS } from "../../src/limits.ts";
import type { ColumnInput } from "../../src/parquet/types.ts";
import { createObjectWriter, type Scratch } from "../../src/parquet/write.ts";
import { CAPTURES, REJECTS } from "../../src/record.ts";
import type { Range, Rejected } from "./range.ts";
import { gatherInts, gatherNumbers, type Rows } from "./rows.ts";

/** Rows sorted by (model, position); the footer stands in the object's metadata. The bytes lie in `scratch`. */
export async function encodeCaptures(range: Range, footer: CaptureFooter, scratch: Scratch): Promise<Uint8Array> {
  const writer = createObjectWriter(CAPTURES, scratch);
  const order = byModel(range.rows);
  for (const [from, to] of slices(order.length, (i) => range.rows.rowBytes(order[i] as number))) {
    await writer.rowGroupAside(captureColumns(range, order.subarray(from, to)));
  }
  return writer.finish(footer);
}

export async function encodeRejects(range: Range): Promise<Uint8Array> {
  const writer = createObjectWriter(REJECTS);
  const rejects = range.rejects;
  const bytes = (i: number): number => {
    const { key, value, headers } = rejects[i] as Rejected;
    return (key?.length ?? 0) + (value?.length ?? 0) + headers.length + LIMITS.errorDetailBytes;
  };
  for (const [from, to] of slices(rejects.length, bytes)) {
    await writer.rowGroupAside(rejectColumns(range, rejects.slice(from, to)));
  }
  const { log, partition } = range.id;
  return writer.finish({
    log,
    partition,
    first: String(range.first),
    last: String(range.next - 1n),
    rows: rejects.length,
  });
}

/** Row numbers in order of (model name, position): a counting sort, as rows come in order of position. */
function byModel(rows: Rows): Int32Array {
  const words = rows.words.map((_, index) => index);
  words.sort((a, b) => compareText(rows.words[a] as string, rows.words[b] as string));
  const starts = new Int32Array(words.length);
  for (let row = 0; row < rows.count; row++) {
    const word = rows.model[row] as number;
    starts[word] = (starts[word] as number) + 1;
  }
  let start = 0;
  for (const word of words) {
    const rowsOfWord = starts[word] as number;
    starts[word] = start;
    start += rowsOfWord;
  }
  const order = new Int32Array(rows.count);
  for (let row = 0; row < rows.count; row++) {
    const word = rows.model[row] as number;
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
function captureColumns({ id, first, rows }: Range, order: Int32Array): Record<string, ColumnInput> {
  const numbers = (of: Float64Array, base?: bigint) => () => ({
    rows: order.length,
    numbers: gatherNumbers(of, order),
    ...(base === undefined ? {} : { base }),
  });
  const words = (of: Int32Array) => () => ({ rows: order.length, words: rows.words, word: gatherInts(of, order) });
  return {
    id: () => rows.ids(order),
    model: words(rows.model),
    modelVersion: words(rows.version),
    capturedAt: numbers(rows.capturedAt),
    capturedAtFromMessage: numbers(rows.fromMessage),
    input: () => rows.inputs(order),
    inputType: words(rows.inputType),
    output: () => rows.outputs(order),
    outputType: words(rows.outputType),
    status: numbers(rows.status),
    latencyMs: numbers(rows.latency),
    attributes: () => rows.attributes(order),
    log: () => ({ rows: order.length, words: [id.log], word: new Int32Array(order.length) }),
    partition: () => ({ rows: order.length, numbers: new Float64Array(order.length).fill(id.partition) }),
    offset: numbers(rows.delta, first),
  };
}

function rejectColumns({ id }: Range, rejects: readonly Rejected[]): Record<string, unknown[]> {
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
