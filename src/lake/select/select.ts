/** What a query selects of the store now: per object and per model, exactly. A few objects are looked at at once. */
import { inOrder } from "../../ahead.ts";
import { CutoverError } from "../../errors.ts";
import { LIMITS } from "../../limits.ts";
import { Vectors } from "../../parquet/vectors.ts";
import type { ObjectInfo, Store } from "../../store/port.ts";
import { type CaptureObject, openCapture, shownObjects } from "../captures.ts";
import { capturesPrefix } from "../keys.ts";
import type { Selection, SelectionQuery } from "../run.ts";
import { type Criteria, criteriaOf } from "../selection.ts";
import { createLowest, type Lowest } from "./lowest.ts";
import { describeQuery } from "./query.ts";
import { scanCapture } from "./scan.ts";

/** NOTHING_SELECTED says what the store holds instead. */
export async function selectCaptures(store: Store, query: SelectionQuery, signal?: AbortSignal): Promise<Selection> {
  const lowest = query.limitPerModel === null ? null : createLowest(query.limitPerModel);
  const criteria = criteriaOf(query);
  const objects: Selection["objects"] = [];
  const models = new Map<string, number>();
  for await (const { object, counts } of eachObject(store, query, criteria, lowest, signal)) {
    objects.push(object);
    for (const [model, n] of counts) models.set(model, (models.get(model) ?? 0) + n);
  }
  const limited = lowest?.result();
  if (limited) {
    for (const [index, object] of objects.entries()) object.selected = limited.objects.get(index) ?? 0;
  }
  const counts = limited?.models ?? models;
  const planned = [...counts.values()].reduce((sum, n) => sum + n, 0);
  if (planned === 0) throw await nothingSelected(store, query, signal);
  return {
    query,
    objects,
    models: Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
    planned,
    ...(limited && Object.keys(limited.limits).length > 0 ? { limits: limited.limits } : {}),
  };
}

interface Found {
  readonly object: Selection["objects"][number];
  readonly counts: ReadonlyMap<string, number>;
}

/** In the order of the listing, which numbers the objects that a limit chooses from. */
async function* eachObject(
  store: Store,
  query: SelectionQuery,
  criteria: Criteria,
  lowest: Lowest | null,
  signal: AbortSignal | undefined,
): AsyncGenerator<Found> {
  yield* eachCapture(store, wantedKeys(query), choosesRows(query), signal, async (capture, columns, index) => {
    const { key, size, etag, footer, reader, range } = capture;
    const { contentSha256 } = footer;
    const { rows } = reader;
    const inputBytes = reader.columnBytes("input");
    const object = { key, bytes: size, etag, contentSha256, rows, selected: 0, inputBytes };
    const counts = new Map<string, number>();
    await scanCapture(capture, criteria, columns, {
      rows(model, n) {
        if (n === 0) return;
        object.selected += n;
        counts.set(model, (counts.get(model) ?? 0) + n);
      },
      ...(lowest ? { row: (model, hash, offset) => lowest.add(model, hash, range, offset, index) } : {}),
    });
    return { object, counts };
  });
}

/** Opens the objects, those of `wanted` or all, and gives each with memory for its columns to `use`. */
async function* eachCapture<T>(
  store: Store,
  wanted: ReadonlySet<string> | null,
  choosesRows: boolean,
  signal: AbortSignal | undefined,
  use: (capture: CaptureObject, columns: Vectors, index: number) => Promise<T>,
): AsyncGenerator<T> {
  let next = 0;
  const spare: Vectors[] = [];
  const missing = new Set(wanted ?? []);
  async function* listed(): AsyncGenerator<ObjectInfo> {
    for await (const info of shownObjects(store, capturesPrefix, signal)) {
      if (wanted === null || missing.delete(info.key)) yield info;
    }
  }
  yield* inOrder(listed(), LIMITS.footerReads, async (info) => {
    // Before anything is awaited: numbers follow the listing.
    const index = next++;
    // A small object comes whole by one request; of a large one a footer and a few columns are wanted, far apart, and
    // where no row is chosen the footer alone.
    const isWhole = choosesRows && info.size <= LIMITS.planWholeBytes;
    const tailBytes = isWhole ? info.size : LIMITS.parquetFooterBytes;
    const capture = await openCapture(store, info, signal, tailBytes);
    const columns = spare.pop() ?? new Vectors();
    try {
      return await use(capture, columns, index);
    } finally {
      spare.push(columns);
      capture.reader.close();
    }
  });
  const [gone] = missing;
  if (gone === undefined) return;
  throw new CutoverError("RUN_INVALID", "a capture object that the selection needs is gone", {
    place: `${store.url} ${gone}`,
    hint: "restore the object",
  });
}

function choosesRows({ since, until, sample, limitPerModel, ids, only }: SelectionQuery): boolean {
  return Boolean(only) || [since, until, sample, limitPerModel, ids].some((part) => part !== null);
}

/** Objects that hold positions chosen by outcome; null: all are looked at. */
function wantedKeys({ only }: SelectionQuery): ReadonlySet<string> | null {
  return only?.positions ? new Set(Object.keys(only.positions)) : null;
}

const MODELS_SHOWN = 8;
const ALL: SelectionQuery = { models: [], since: null, until: null, sample: null, limitPerModel: null, ids: null };

/** Looks once more at what is there: only now is it of interest. */
async function nothingSelected(
  store: Store,
  query: SelectionQuery,
  signal: AbortSignal | undefined,
): Promise<CutoverError> {
  const models = new Map<string, number>();
  const every = criteriaOf(ALL);
  let rows = 0;
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  const looked = eachCapture(store, wantedKeys(query), false, signal, async (capture, columns) => {
    const { minTime, maxTime } = capture.footer;
    from = Math.min(from, minTime ?? from);
    to = Math.max(to, maxTime ?? to);
    await scanCapture(capture, every, columns, {
      rows(model, n) {
        rows += n;
        models.set(model, (models.get(model) ?? 0) + n);
      },
    });
  });
  for await (const _ of looked);
  if (rows === 0) {
    return new CutoverError("NOTHING_SELECTED", "the store holds no captured record", {
      place: store.url,
      hint: "cutover capture",
    });
  }
  const names = [...models].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, n]) => `${name} (${n})`);
  const more = names.length > MODELS_SHOWN ? ` and ${names.length - MODELS_SHOWN} more` : "";
  const span = from <= to ? `${new Date(from).toISOString()} to ${new Date(to).toISOString()}` : "no time known";
  return new CutoverError("NOTHING_SELECTED", "no captured record is selected", {
    place: store.url,
    expected: `some of ${rows} records: ${names.slice(0, MODELS_SHOWN).join(", ")}${more}; ${span}`,
    received: describeQuery(query),
    hint: "cutover captures shows what is there; --since is included, --until is not",
  });
}
