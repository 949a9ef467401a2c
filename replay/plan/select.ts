/** What a query selects of the store now: per object and per model, exactly. Reads the columns the query looks at, nothing else. */
import { CutoverError } from "../../src/errors.ts";
import { listCaptures } from "../../src/lake/captures.ts";
import type { Run, SelectionQuery } from "../../src/lake/run.ts";
import { compileSelection } from "../../src/lake/selection.ts";
import type { Store } from "../../src/store/port.ts";
import { scanRowGroup } from "../unit.ts";
import { createLowest } from "./lowest.ts";
import { describeQuery } from "./query.ts";

export type Selection = Pick<Run, "query" | "objects" | "models" | "planned"> & {
  readonly limits?: NonNullable<Run["limits"]>;
};

/** NOTHING_SELECTED says what the store holds instead. */
export async function selectCaptures(store: Store, query: SelectionQuery, signal?: AbortSignal): Promise<Selection> {
  const { limitPerModel, since, until } = query;
  const lowest = limitPerModel === null ? null : createLowest(limitPerModel);
  const selects = compileSelection({ ...query, limitPerModel: null });
  const objects: Run["objects"] = [];
  const models = new Map<string, number>();
  const held: Held = { rows: 0, models: new Map(), minTime: null, maxTime: null };

  for await (const capture of listCaptures(store, signal ? { signal } : {})) {
    const { footer, reader, range, key, size, etag } = capture;
    const { contentSha256, minTime, maxTime } = footer;
    noteTimes(held, minTime, maxTime);
    const index = objects.length;
    objects.push({ key, bytes: size, etag, contentSha256, rows: reader.rows, selected: 0 });
    const outside =
      (since !== null && maxTime !== null && maxTime < since) ||
      (until !== null && minTime !== null && minTime >= until);
    for (let group = 0; group < reader.rowGroups.length; group++) {
      const scan = outside
        ? {
            models: ((await reader.read(group, ["model"])).model ?? []) as string[],
            offsets: [],
            selected: new Uint8Array(0),
          }
        : await scanRowGroup(reader, group, range, query, selects);
      held.rows += scan.models.length;
      scan.models.forEach((model, row) => {
        held.models.set(model, (held.models.get(model) ?? 0) + 1);
        if (!scan.selected[row]) return;
        if (lowest) {
          lowest.add(model, { ...range, offset: scan.offsets[row] as bigint }, index);
          return;
        }
        models.set(model, (models.get(model) ?? 0) + 1);
        (objects[index] as Run["objects"][number]).selected++;
      });
    }
  }
  const limited = lowest?.result();
  for (const [index, selected] of limited?.objects ?? [])
    (objects[index] as Run["objects"][number]).selected = selected;
  const counts = limited?.models ?? models;
  const planned = [...counts.values()].reduce((sum, n) => sum + n, 0);
  if (planned === 0) throw nothingSelected(store, query, held);
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    query,
    objects,
    models: Object.fromEntries(sorted),
    planned,
    ...(limited && Object.keys(limited.limits).length > 0 ? { limits: limited.limits } : {}),
  };
}

/** What the store holds, for the message when nothing of it was selected. */
interface Held {
  rows: number;
  readonly models: Map<string, number>;
  minTime: number | null;
  maxTime: number | null;
}

function noteTimes(held: Held, min: number | null, max: number | null): void {
  if (min !== null) held.minTime = held.minTime === null ? min : Math.min(held.minTime, min);
  if (max !== null) held.maxTime = held.maxTime === null ? max : Math.max(held.maxTime, max);
}

const MODELS_SHOWN = 8;

function nothingSelected(store: Store, query: SelectionQuery, held: Held): CutoverError {
  if (held.rows === 0) {
    return new CutoverError("NOTHING_SELECTED", "the store holds no captured record", {
      place: store.url,
      hint: "cutover capture",
    });
  }
  const names = [...held.models.keys()].sort();
  const shown = names.slice(0, MODELS_SHOWN).map((name) => `${name} (${held.models.get(name)})`);
  const more = names.length > MODELS_SHOWN ? ` and ${names.length - MODELS_SHOWN} more` : "";
  const from = held.minTime === null ? "?" : new Date(held.minTime).toISOString();
  const to = held.maxTime === null ? "?" : new Date(held.maxTime).toISOString();
  return new CutoverError("NOTHING_SELECTED", "no captured record is selected", {
    place: store.url,
    expected: `some of ${held.rows} records: ${shown.join(", ")}${more}; ${from} to ${to}`,
    received: describeQuery(query),
    hint: "cutover captures shows what is there; --since is included, --until is not",
  });
}
