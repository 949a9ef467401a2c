/** Legacy answers that a self-test changes: of each model those with the lowest hash of the position, in bounded memory. */
import { openCapture } from "../../src/lake/captures.ts";
import type { RangeId } from "../../src/lake/keys.ts";
import type { Run } from "../../src/lake/run.ts";
import { compileSelection, type LimitMark, rankOf } from "../../src/lake/selection.ts";
import { LIMITS } from "../../src/limits.ts";
import { Vectors } from "../../src/parquet/vectors.ts";
import { formatPosition } from "../../src/record.ts";
import type { Store } from "../../src/store/port.ts";
import { keepLowest, wouldKeep } from "../accumulate/bottom.ts";

export interface SampleRow {
  readonly rank: LimitMark;
  readonly path: string;
  readonly position: string;
  readonly type: string;
  readonly body: Uint8Array;
}

const COLUMNS = ["id", "model", "capturedAt", "output", "outputType", "status", "offset"];

export interface SampleLimits {
  readonly rows: number;
  readonly bytes: number;
}

/** Successful legacy answers of the selection, by model. Where they outgrow the bytes, every model keeps half as many. */
export async function sampleAnswers(
  store: Store,
  run: Run,
  wanted: (model: string) => boolean,
  signal: AbortSignal,
  limits: SampleLimits = { rows: LIMITS.selfTestRows, bytes: LIMITS.selfTestBytes },
): Promise<Map<string, SampleRow[]>> {
  const selects = compileSelection(run.query, run.limits);
  const samples = new Map<string, SampleRow[]>();
  const columns = new Vectors();
  let most = limits.rows;
  const takeRow = ({ log, partition }: RangeId, i: number): void => {
    const model = columns.bytes("model").text(i);
    const status = columns.numbers("status").values[i] as number;
    if (!wanted(model) || status < 200 || status > 299) return;
    const offset = columns.int64s("offset").values[i] as bigint;
    const capturedAt = columns.numbers("capturedAt").values[i] as number;
    const row = { log, partition, offset, id: columns.bytes("id").text(i), model, capturedAt };
    if (!selects(row)) return;
    const rank = rankOf(row);
    const sample = samples.get(model) ?? [];
    if (!wouldKeep(sample, rank, most)) return;
    const type = columns.bytes("outputType").text(i);
    const body = Uint8Array.from(columns.bytes("output").bytes(i));
    keepLowest(sample, { rank, path: "", position: formatPosition(row), type, body }, most);
    samples.set(model, sample);
  };
  for (const { key, bytes: size, etag } of run.objects) {
    signal.throwIfAborted();
    const { reader, range } = await openCapture(store, { key, size, etag });
    try {
      for (const [group, { rows }] of reader.rowGroups.entries()) {
        await reader.scan(group, COLUMNS, columns);
        for (let i = 0; i < rows; i++) takeRow(range, i);
        while (most > 1 && bytesOf(samples) > limits.bytes) {
          most = Math.floor(most / 2);
          for (const sample of samples.values()) sample.length = Math.min(sample.length, most);
        }
      }
    } finally {
      reader.close();
    }
  }
  return samples;
}

function bytesOf(samples: ReadonlyMap<string, readonly SampleRow[]>): number {
  let bytes = 0;
  for (const rows of samples.values()) for (const { body } of rows) bytes += body.length;
  return bytes;
}
