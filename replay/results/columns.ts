/** Results as columns of a commit. All but errors go without an object or a check a value, which is half of what storing a result costs. */
import type { ColumnInput, ColumnValues, PackedColumn } from "../../src/parquet/types.ts";
import type { ReplayedRecord } from "../../src/record.ts";

/** The rows of one row group, sorted by offset. */
export function commitColumns(rows: readonly ReplayedRecord[]): Record<keyof ReplayedRecord, ColumnInput> {
  const words = (of: (row: ReplayedRecord) => string | null) => () => wordColumn(rows.map(of));
  const numbers = (of: (row: ReplayedRecord) => number | null) => () => numberColumn(rows, of);
  const base = rows[0]?.offset ?? 0n;
  return {
    id: () => textColumn(rows.map(({ id }) => id)),
    model: words(({ model }) => model),
    target: words(({ target }) => target),
    outcome: words(({ outcome }) => outcome),
    errorClass: words(({ errorClass }) => errorClass),
    errorDetail: words(({ errorDetail }) => errorDetail),
    status: numbers(({ status }) => status),
    output: () => outputColumn(rows),
    outputType: words(({ outputType }) => outputType),
    variant: words(({ variant }) => variant),
    latencyMs: numbers(({ latencyMs }) => latencyMs),
    attempts: numbers(({ attempts }) => attempts),
    throttles: numbers(({ throttles }) => throttles),
    coldStart: numbers(({ coldStart }) => (coldStart === null ? null : Number(coldStart))),
    replayedAt: numbers(({ replayedAt }) => replayedAt),
    log: words(({ log }) => log),
    partition: numbers(({ partition }) => partition),
    offset: () => ({ ...numberColumn(rows, ({ offset }) => Number(offset - base)), base }),
  };
}

/** Texts of which more are different, details of errors, are no words: they go the general way. */
const MAX_WORDS = 256;

function wordColumn(values: readonly (string | null)[]): PackedColumn | ColumnValues {
  const places = new Map<string, number>();
  const word = new Int32Array(values.length);
  let last: string | null = null;
  let place = -1;
  // Loops by number: an iterator of entries makes an array a row, in eighteen columns.
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as string | null;
    if (value !== last) {
      last = value;
      place = value === null ? -1 : (places.get(value) ?? places.size);
      if (value !== null) places.set(value, place);
      if (places.size > MAX_WORDS) return values;
    }
    word[row] = place;
  }
  return { rows: values.length, words: [...places.keys()], word };
}

function numberColumn(rows: readonly ReplayedRecord[], of: (row: ReplayedRecord) => number | null) {
  const numbers = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) numbers[i] = of(rows[i] as ReplayedRecord) ?? Number.NaN;
  return { rows: rows.length, numbers };
}

/** Ids, encoded in one go where each character is one byte. */
function textColumn(values: readonly string[]): PackedColumn | ColumnValues {
  const chunk = Buffer.from(values.join(""));
  const start = new Int32Array(values.length);
  const length = new Int32Array(values.length);
  let at = 0;
  for (let row = 0; row < values.length; row++) {
    const { length: chars } = values[row] as string;
    start[row] = at;
    length[row] = chars;
    at += chars;
  }
  if (at !== chunk.length) return values;
  return { rows: values.length, chunks: [chunk], chunk: new Int32Array(values.length), start, length };
}

function outputColumn(rows: readonly ReplayedRecord[]): PackedColumn {
  const chunk = new Int32Array(rows.length);
  const length = new Int32Array(rows.length);
  const chunks: Uint8Array[] = [];
  for (let row = 0; row < rows.length; row++) {
    const { output } = rows[row] as ReplayedRecord;
    length[row] = output?.byteLength ?? -1;
    if (output === null) continue;
    chunk[row] = chunks.length;
    chunks.push(output);
  }
  return { rows: rows.length, chunks, chunk, start: new Int32Array(rows.length), length };
}
