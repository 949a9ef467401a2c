/** Groups of the summary, with exemplars. */

import type { LimitMark } from "../../src/lake/selection.ts";
import { formatPosition } from "../../src/record.ts";
import type { RunTally } from "../accumulate/tally.ts";
import type { Group, ModelSummary } from "../summary.ts";

/** Groups of a model that carry examples with values; the others name positions only. */
const GROUPS_WITH_EXAMPLES = 200;

/** Over all models, most findings first, then by model and fingerprint. */
export function summariseGroups(models: readonly (readonly [string, ModelSummary])[], tally: RunTally): Group[] {
  const groups = models.flatMap(([model, { k }]) =>
    tally.groups.ofModel(model).map(({ fingerprint, group }, at): Group => {
      const { key, count, waived, exemplars } = group;
      return {
        fingerprint,
        model,
        ...key,
        count,
        ...(waived > 0 ? { waived } : {}),
        share: k === 0 ? 0 : Math.min(1, (count - waived) / k),
        cause: null,
        slice: null,
        exemplars: exemplars.map(({ rank }) => exemplarPosition(rank)),
        examples: (at < GROUPS_WITH_EXAMPLES ? exemplars : []).map(({ rank, id, path, legacy, candidate }) => ({
          position: exemplarPosition(rank),
          id,
          path,
          legacy,
          candidate,
        })),
      };
    }),
  );
  return groups.sort(
    (a, b) => b.count - a.count || (a.fingerprint < b.fingerprint ? -1 : a.fingerprint > b.fingerprint ? 1 : 0),
  );
}

/** As people and scripts write it. */
function exemplarPosition({ log, partition, offset }: LimitMark): string {
  return formatPosition({ log, partition, offset: BigInt(offset) });
}
