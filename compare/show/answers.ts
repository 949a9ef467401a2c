/** What a run stored of one captured record: its answer, or why there is none. */
import type { RangeId } from "../../src/lake/keys.ts";
import { parseCommitKey, unitPrefix } from "../../src/lake/keys.ts";
import { type Run, readSkips } from "../../src/lake/run.ts";
import { inLayers, readSequence } from "../../src/lake/sequence.ts";
import { openObject } from "../../src/parquet/read.ts";
import { REPLAYS, type ReplayedRecord } from "../../src/record.ts";
import type { ObjectInfo, Store } from "../../src/store/port.ts";
import { type CapturedRow, groupHolding } from "./find.ts";

export type ReplayedRow = Omit<ReplayedRecord, "log" | "partition">;

const COLUMNS = REPLAYS.columns.map(({ name }) => name).filter((name) => name !== "log" && name !== "partition");

/** The first stored result, in the order of buckets and commits, which is the one that is judged. */
export async function readAnswer(
  store: Store,
  run: Run,
  range: RangeId,
  offset: bigint,
  signal: AbortSignal,
): Promise<ReplayedRow | undefined> {
  for (const info of await commitsOf(store, run, range, signal)) {
    const reader = await openObject(store, info.key, REPLAYS, { info, signal });
    try {
      const held = await groupHolding(reader, offset);
      if (held === undefined) continue;
      const columns = await reader.pick(held.group, held.rows, COLUMNS);
      return Object.fromEntries(COLUMNS.map((name) => [name, columns[name]?.[0]])) as unknown as ReplayedRow;
    } finally {
      reader.close();
    }
  }
  return undefined;
}

/** Each bucket has a prefix of its own, so that a run of many units is not listed whole. */
async function commitsOf(store: Store, run: Run, range: RangeId, signal: AbortSignal): Promise<ObjectInfo[]> {
  const prefix = unitPrefix(run.run, range, 0).slice(0, -"0~".length);
  const found: { info: ObjectInfo; bucket: number; n: number }[] = [];
  for await (const info of store.list(prefix, { signal })) {
    const commit = parseCommitKey(info.key);
    if (commit !== undefined) found.push({ info, bucket: commit.bucket, n: commit.n });
  }
  return found.sort((a, b) => a.bucket - b.bucket || a.n - b.n).map(({ info }) => info);
}

/** Why no result is stored, as far as the run tells. */
export async function whyUnanswered(store: Store, run: Run, captured: CapturedRow): Promise<string> {
  const sequence = await readSequence(store, run.run);
  if (sequence !== undefined && !inLayers(sequence)(captured.model, captured)) {
    const decided = Object.hasOwn(sequence.decided, captured.model);
    return decided
      ? "the run was sequential, and its model's verdict was certain before this record's turn"
      : "the run was sequential, and has not come to this record";
  }
  const { models } = await readSkips(store, run.run);
  const reasons = Object.entries(Object.hasOwn(models, captured.model) ? (models[captured.model] ?? {}) : {});
  if (reasons.length === 0) return "no result is stored: the run was not sent to its end";
  const counts = reasons.map(([reason, count]) => `${count} ${reason.replaceAll("_", " ")}`).join(", ");
  return `replay skipped records of its model (${counts})`;
}
