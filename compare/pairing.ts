/** Finds, for each row of a capture object, the answer at its position: never by id. */
import { giveBack } from "../src/memory.ts";
import type { ByteVector } from "../src/parquet/byte-vector.ts";
import type { NumberVector } from "../src/parquet/fixed-vector.ts";
import type { ObjectReader } from "../src/parquet/types.ts";
import { Vectors } from "../src/parquet/vectors.ts";
import { REPLAY_OUTCOMES, type ReplayOutcome } from "../src/record.ts";
import { corrupt, NO_ROW, type RowIndex } from "./row-index.ts";
import type { CandidateAnswer } from "./types.ts";

/** Rows [from, to) of a capture object. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

const COLUMNS = ["offset", "outcome", "status", "output", "outputType", "latencyMs", "coldStart"] as const;
const OUTCOME_CODES = new Map<string, number>(REPLAY_OUTCOMES.map((outcome, at) => [outcome, at + 1]));
const OK_CODE = 1;
/** ok and model_error are answers. */
const LAST_ANSWER_CODE = 2;

/**
 * The answers to a range of rows, in typed arrays and one byte buffer: no object per pair. Reused from unit
 * to unit, so that memory follows the largest one.
 */
export class Answers {
  range: RowRange = { from: 0, to: 0 };
  /** Answers at a position that the object does not hold. */
  strays = 0;
  /** Answers of the range at a position that has one already. */
  repeats = 0;
  /** True when the bytes did not fit `maxBytes`: what is loaded is then not whole. */
  overflowed = false;
  readonly maxBytes: number;
  #bytes: Buffer = Buffer.alloc(0);
  #used = 0;
  #codes = new Uint8Array(0);
  #statuses = new Int32Array(0);
  #types = new Int32Array(0);
  #starts = new Int32Array(0);
  #lengths = new Int32Array(0);
  #latencies = new Float64Array(0);
  #colds = new Uint8Array(0);
  /** Slots that the commit being read has filled. */
  #taken = new Int32Array(0);
  #takenCount = 0;
  #typeNames: (string | null)[] = [];
  #typeCodes = new Map<string | null, number>();
  readonly #columns = new Vectors();

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Empties it for the rows of `range`. */
  reset(range: RowRange): void {
    const rows = range.to - range.from;
    this.range = range;
    this.strays = 0;
    this.repeats = 0;
    this.overflowed = false;
    this.#used = 0;
    this.#typeNames = [];
    this.#typeCodes = new Map();
    if (this.#codes.length < rows) {
      this.#statuses = new Int32Array(rows);
      this.#types = new Int32Array(rows);
      this.#starts = new Int32Array(rows);
      this.#lengths = new Int32Array(rows);
      this.#latencies = new Float64Array(rows);
      this.#colds = new Uint8Array(rows);
      this.#codes = new Uint8Array(rows);
    } else {
      this.#codes.fill(0);
    }
  }

  /** Gives back all memory. For use again, `reset` takes new. */
  release(): void {
    giveBack(this.#bytes);
    this.#bytes = Buffer.alloc(0);
    this.#codes = new Uint8Array(0);
    this.#taken = new Int32Array(0);
    this.#columns.release();
  }

  /** Takes the answers of a commit that belong to the range. When reading it fails, none of them stays. */
  async load(reader: ObjectReader, index: RowIndex): Promise<void> {
    const { strays, repeats } = this;
    // By its row groups, which are what is read: a damaged footer may count otherwise.
    const count = reader.rowGroups.reduce((sum, { rows }) => sum + rows, 0);
    if (this.#taken.length < count) this.#taken = new Int32Array(count);
    this.#takenCount = 0;
    try {
      for (const [group, { rows }] of reader.rowGroups.entries()) {
        if (this.overflowed) break;
        await reader.scan(group, COLUMNS, this.#columns);
        this.#take(reader, rows, index);
      }
    } catch (error) {
      for (const slot of this.#taken.subarray(0, this.#takenCount)) this.#codes[slot] = 0;
      Object.assign(this, { strays, repeats });
      throw error;
    }
  }

  /** Whether the row of the range was answered at all, with success or a typed failure. */
  has(row: number): boolean {
    return this.#codes[row - this.range.from] !== 0;
  }

  /** A success of the same status, media type and bytes [from, to): the case of nearly all pairs, a match without a parse. */
  equals(row: number, status: number, type: string, body: Uint8Array, from = 0, to = body.length): boolean {
    const slot = row - this.range.from;
    if (this.#codes[slot] !== OK_CODE) return false;
    const length = this.#lengths[slot] as number;
    if (length !== to - from || this.#statuses[slot] !== status) return false;
    if (this.#typeNames[this.#types[slot] as number] !== type) return false;
    const start = this.#starts[slot] as number;
    return this.#bytes.compare(body, from, to, start, start + length) === 0;
  }

  /** Milliseconds. */
  latency(row: number): number {
    return this.#latencies[row - this.range.from] as number;
  }

  /** Whether the target said that it had to start first. */
  isCold(row: number): boolean {
    return this.#colds[row - this.range.from] === 1;
  }

  /** The answer as an object; its body is valid until the next `reset`. */
  at(row: number): CandidateAnswer {
    const slot = row - this.range.from;
    const code = this.#codes[slot] as number;
    const outcome = REPLAY_OUTCOMES[code - 1] as ReplayOutcome;
    if (code > LAST_ANSWER_CODE) return { outcome, answer: null };
    const start = this.#starts[slot] as number;
    const body = this.#bytes.subarray(start, start + (this.#lengths[slot] as number));
    const type = this.#typeNames[this.#types[slot] as number] ?? "";
    return { outcome, answer: { status: this.#statuses[slot] as number, type, body } };
  }

  /** A method for the loop, and one for a row: V8 optimises each once, and a loop that held both again and again. */
  #take(reader: ObjectReader, rows: number, index: RowIndex): void {
    const rowAt = index.rowsOf(this.#columns.int64s("offset").values);
    const columns = loadedOf(this.#columns);
    const { from, to } = this.range;
    for (let i = 0; i < rows; i++) {
      const row = rowAt(i);
      if (row === NO_ROW) this.strays++;
      else if (row >= from && row < to && !this.#takeRow(reader, columns, i, row - from)) return;
    }
  }

  /** False when its body does not fit. */
  #takeRow(reader: ObjectReader, columns: Loaded, i: number, slot: number): boolean {
    const { outcomes, statuses, outputs, types, latencies, colds } = columns;
    if (this.#codes[slot] !== 0) {
      this.repeats++;
      return true;
    }
    const code = OUTCOME_CODES.get(outcomes.text(i));
    const answered = code !== undefined && code <= LAST_ANSWER_CODE;
    if (code === undefined || (answered && (outputs.isNull(i) || statuses.isNull(i)))) {
      const expected = "an outcome of the closed set, with status and output when it is an answer";
      throw corrupt(reader, expected, outcomes.text(i));
    }
    if (!this.#store(slot, outputs, answered ? i : undefined)) return false;
    this.#statuses[slot] = statuses.isNull(i) ? 0 : (statuses.values[i] as number);
    this.#types[slot] = this.#typeIndex(types.isNull(i) ? null : types.text(i));
    this.#latencies[slot] = latencies[i] as number;
    this.#colds[slot] = !colds.isNull(i) && colds.values[i] === 1 ? 1 : 0;
    this.#codes[slot] = code;
    this.#taken[this.#takenCount++] = slot;
    return true;
  }

  /** Copies the body of a row behind the others; false, and overflowed, when it does not fit. One alone always fits. */
  #store(slot: number, outputs: ByteVector, row: number | undefined): boolean {
    const from = row === undefined ? 0 : (outputs.starts[row] as number);
    const length = row === undefined ? 0 : (outputs.ends[row] as number) - from;
    const needed = this.#used + length;
    if (needed > this.maxBytes && this.#used > 0) {
      this.overflowed = true;
      return false;
    }
    if (needed > this.#bytes.length) {
      // The whole at once: memory is taken only as it is written to, and growing would leave the smaller ones behind.
      const whole = Buffer.allocUnsafeSlow(Math.max(needed, this.maxBytes));
      this.#bytes.copy(whole, 0, 0, this.#used);
      this.#bytes = whole;
    }
    outputs.data.copy(this.#bytes, this.#used, from, from + length);
    this.#starts[slot] = this.#used;
    this.#lengths[slot] = length;
    this.#used = needed;
    return true;
  }

  #typeIndex(type: string | null): number {
    let code = this.#typeCodes.get(type);
    if (code === undefined) {
      code = this.#typeNames.push(type) - 1;
      this.#typeCodes.set(type, code);
    }
    return code;
  }
}

/** The columns of a commit's row group while its answers are taken. */
interface Loaded {
  readonly outcomes: ByteVector;
  readonly statuses: NumberVector;
  readonly outputs: ByteVector;
  readonly types: ByteVector;
  readonly latencies: Float64Array;
  readonly colds: NumberVector;
}

function loadedOf(columns: Vectors): Loaded {
  return {
    outcomes: columns.bytes("outcome"),
    statuses: columns.numbers("status"),
    outputs: columns.bytes("output"),
    types: columns.bytes("outputType"),
    latencies: columns.numbers("latencyMs").values,
    colds: columns.numbers("coldStart"),
  };
}

/** Adds the bytes of a commit's outputs to `lengths`, by captured row. */
export async function measureAnswers(reader: ObjectReader, index: RowIndex, lengths: Float64Array): Promise<void> {
  const columns = new Vectors();
  for (const [group, { rows }] of reader.rowGroups.entries()) {
    await reader.scan(group, ["offset", "output"], columns);
    const rowAt = index.rowsOf(columns.int64s("offset").values);
    const { starts, ends } = columns.bytes("output");
    for (let i = 0; i < rows; i++) {
      const row = rowAt(i);
      if (row !== NO_ROW) lengths[row] = (lengths[row] as number) + (ends[i] as number) - (starts[i] as number);
    }
  }
}

/** Cuts the rows into consecutive ranges whose answers fit `maxBytes`, each of one row at least. */
export function planPasses(lengths: ArrayLike<number>, maxBytes: number): RowRange[] {
  const passes: RowRange[] = [];
  let from = 0;
  let bytes = 0;
  for (let row = 0; row < lengths.length; row++) {
    const length = lengths[row] as number;
    if (row > from && bytes + length > maxBytes) {
      passes.push({ from, to: row });
      from = row;
      bytes = 0;
    }
    bytes += length;
  }
  passes.push({ from, to: lengths.length });
  return passes;
}
