/** A range as Parquet, one row group at a time with a turn of the event loop between, so that heartbeats go on. */
import { setImmediate } from "node:timers/promises";
import type { CaptureFooter } from "../src/lake/footer.ts";
import { LIMITS } from "../src/limits.ts";
import type { ColumnInput } from "../src/parquet/types.ts";
import { createObjectWriter } from "../src/parquet/write.ts";
import { CAPTURES, REJECTS } from "../src/record.ts";
import type { Range, Rejected } from "./range.ts";
import type { Rows } from "./rows.ts";

/** Rows sorted by (model, position); the footer stands in the object's metadata. */
export async function encodeCaptures(range: Range, footer: CaptureFooter): Promise<Uint8Array> {
  const writer = createObjectWriter(CAPTURES, { sizeHint: sizeHintOf(range.bytes) });
  const order = byModel(range.rows);
  for (const [from, to] of slices(order.length, (i) => range.rows.rowBytes(order[i] as number))) {
    writer.rowGroup(captureColumns(range, order.subarray(from, to)));
    await setImmediate();
  }
  return writer.finish(footer);
}

/** Above 32 MiB glibc always maps a buffer apart and gives its memory back; smaller ones leave holes in its heap. */
const MAPPED_BYTES = 40 * 1024 * 1024;

/** More than an object takes. What is reserved and not written is no memory; a small object is not worth a mapping. */
function sizeHintOf(rangeBytes: number): number {
  return rangeBytes > MAPPED_BYTES / 5 ? Math.max(rangeBytes, MAPPED_BYTES) : rangeBytes;
}

export async function encodeRejects(range: Range): Promise<Uint8Array> {
  const writer = createObjectWriter(REJECTS);
  const rejects = range.rejects;
  const bytes = (i: number): number => {
    const { key, value, headers } = rejects[i] as Rejected;
    return (key?.length ?? 0) + (value?.length ?? 0) + headers.length + LIMITS.errorDetailBytes;
  };
  for (const [from, to] of slices(rejects.length, bytes)) {
    writer.rowGroup(rejectColumns(range, rejects.slice(from, to)));
    await setImmediate();
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
function byModel(rows: Rows): Uint32Array {
  const words = rows.words.map((_, index) => index);
  words.sort((a, b) => compareText(rows.words[a] as string, rows.words[b] as string));
  const starts = new Uint32Array(words.length);
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
  const order = new Uint32Array(rows.count);
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
function captureColumns({ id, rows }: Range, order: Uint32Array): Record<string, ColumnInput> {
  const column =
    <T>(read: (row: number) => T) =>
    (): T[] => {
      const values = new Array<T>(order.length);
      for (let i = 0; i < order.length; i++) values[i] = read(order[i] as number);
      return values;
    };
  return {
    id: () => rows.ids(order),
    model: column((row) => rows.words[rows.model[row] as number]),
    modelVersion: column((row) => rows.word(rows.version[row] as number)),
    capturedAt: column((row) => rows.capturedAt[row]),
    capturedAtFromMessage: column((row) => rows.fromMessage[row] === 1),
    input: () => rows.inputs(order),
    inputType: column((row) => rows.words[rows.inputType[row] as number]),
    output: () => rows.outputs(order),
    outputType: column((row) => rows.words[rows.outputType[row] as number]),
    status: column((row) => rows.status[row]),
    latencyMs: column((row) => (Number.isNaN(rows.latency[row]) ? null : rows.latency[row])),
    attributes: () => rows.attributes(order),
    log: column(() => id.log),
    partition: column(() => id.partition),
    offset: column((row) => rows.position(row)),
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
