/** Which pairs have findings, from the diffs of a comparison: positions and models alone. */
import { inOrder } from "../../src/ahead.ts";
import { diffsKey, diffsPrefix, parseCaptureKey, type RangeId } from "../../src/lake/keys.ts";
import type { Run } from "../../src/lake/run.ts";
import { LIMITS } from "../../src/limits.ts";
import { openObject } from "../../src/parquet/read.ts";
import { DIFFS } from "../../src/record.ts";
import type { Session } from "../../src/session.ts";
import type { ObjectInfo } from "../../src/store/port.ts";

/** Of some findings, each its place in both: a pair stands here as often as it has findings. */
export interface FindingPlaces {
  readonly offsets: readonly bigint[];
  readonly models: readonly string[];
}

/** All findings of one capture object, a row group at a time. */
export type FindingsReader = (range: RangeId) => AsyncIterable<FindingPlaces>;

export async function openFindings({ store, signal }: Session, run: string, rules: string): Promise<FindingsReader> {
  const objects = new Map<string, ObjectInfo>();
  for await (const info of store.list(diffsPrefix(run, rules), { signal })) objects.set(info.key, info);
  return async function* (range) {
    for (let part = 0; ; part++) {
      const info = objects.get(diffsKey(run, rules, range, part));
      if (info === undefined) return;
      const reader = await openObject(store, info.key, DIFFS, { info, signal });
      try {
        for (const group of reader.rowGroups.keys()) {
          const { offset = [], model = [] } = await reader.read(group, ["offset", "model"]);
          yield { offsets: offset as bigint[], models: model as string[] };
        }
      } finally {
        reader.close();
      }
    }
  };
}

/** How many pairs of each model have a finding, advice and waived ones included: the summary counts only some of them. */
export async function countPairs(session: Session, run: Run, findings: FindingsReader): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const count = async ({ key }: Run["objects"][number]): Promise<void> => {
    const range = parseCaptureKey(key);
    if (range === undefined) return;
    const seen = new Set<bigint>();
    for await (const { offsets, models } of findings(range)) {
      for (const [row, offset] of offsets.entries()) {
        if (seen.size === seen.add(offset).size) continue;
        const model = models[row] as string;
        counts.set(model, (counts.get(model) ?? 0) + 1);
      }
    }
  };
  for await (const _ of inOrder(run.objects, LIMITS.findingReads, count)) session.signal.throwIfAborted();
  return counts;
}
