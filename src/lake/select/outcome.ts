/** Positions by what became of them in another run: read from its replays, and from the diffs of its comparison. */
import { z } from "zod";
import { inOrder } from "../../ahead.ts";
import { CutoverError } from "../../errors.ts";
import { isOfGroup } from "../../fingerprint.ts";
import { hashPosition } from "../../hash.ts";
import { LIMITS } from "../../limits.ts";
import { openObject } from "../../parquet/read.ts";
import { DIFFS, REPLAYS, type TableSpec } from "../../record.ts";
import type { ObjectInfo, Store } from "../../store/port.ts";
import {
  captureKey,
  comparesPrefix,
  diffsPrefix,
  parseCommitKey,
  parseDiffsKey,
  type RangeId,
  replaysPrefix,
  summaryKey,
} from "../keys.ts";
import { type Only, parseDocument, readRun, type SelectionQuery } from "../run.ts";
import { type Criteria, criteriaOf } from "../selection.ts";
import { outcomeText } from "./query.ts";

/** The query with the positions that its `only` means now; as it is when it has none. `rules`: the hash of those in force. */
export async function pinOutcome(
  store: Store,
  query: SelectionQuery,
  rules: string,
  signal?: AbortSignal,
): Promise<SelectionQuery> {
  const { only } = query;
  if (!only || only.positions) return query;
  await readRun(store, only.from);
  const criteria = criteriaOf({ ...query, only: null });
  const found =
    only.kind === "failed"
      ? await failedOf(store, only, criteria, signal)
      : await foundOf(store, only, rules.slice(0, 12), criteria, signal);
  if (found.size === 0) throw nothing(store, only, query);
  const positions = [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, offsets]) => [key, [...offsets].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).map(String)] as const);
  return { ...query, only: { ...only, positions: Object.fromEntries(positions) } };
}

/** Key of a capture object → positions in it. */
type Positions = Map<string, Set<bigint>>;

const ANSWERS: ReadonlySet<unknown> = new Set(["ok", "model_error"]);

/** Typed failures: results that are no answers. */
function failedOf(store: Store, { from }: Only, criteria: Criteria, signal?: AbortSignal): Promise<Positions> {
  return gather(store, { prefix: replaysPrefix(from), table: REPLAYS, rangeOf: parseCommitKey }, criteria, {
    column: "outcome",
    takes: (outcome) => !ANSWERS.has(outcome),
    ...(signal ? { signal } : {}),
  });
}

/** Pairs with a finding, of one group or of any: advice counts as one. */
async function foundOf(
  store: Store,
  only: Only,
  rules: string,
  criteria: Criteria,
  signal?: AbortSignal,
): Promise<Positions> {
  const groups = await readGroups(store, only.from, rules);
  const { group } = only;
  if (group !== undefined) checkGroup(only, group, groups);
  return gather(store, { prefix: diffsPrefix(only.from, rules), table: DIFFS, rangeOf: parseDiffsKey }, criteria, {
    column: "fingerprint",
    takes: (fingerprint) => group === undefined || isOfGroup(fingerprint as string, group),
    ...(signal ? { signal } : {}),
  });
}

interface Dataset {
  readonly prefix: string;
  readonly table: TableSpec;
  readonly rangeOf: (key: string) => RangeId | undefined;
}

interface Wanted {
  readonly column: string;
  readonly takes: (value: unknown) => boolean;
  readonly signal?: AbortSignal;
}

/** Narrowed by model and sample at once, so that fewer are held; time and limit come when the captures are read. */
async function gather(
  store: Store,
  dataset: Dataset,
  criteria: Criteria,
  { column, takes, signal }: Wanted,
): Promise<Positions> {
  const { prefix, table, rangeOf } = dataset;
  const { hashBelow } = criteria;
  const positions: Positions = new Map();
  let count = 0;
  const listed = store.list(prefix, signal ? { signal } : {});
  const read = async (info: ObjectInfo): Promise<void> => {
    const range = rangeOf(info.key);
    if (!range) throw foreign(store, info.key, prefix);
    const key = captureKey(range);
    // Before anything is awaited: other commits of the same object are read at the same time.
    const known = positions.get(key) ?? new Set<bigint>();
    positions.set(key, known);
    const reader = await openObject(store, info.key, table, { info, ...(signal ? { signal } : {}) });
    for (let group = 0; group < reader.rowGroups.length; group++) {
      const { [column]: values = [], model = [], offset = [] } = await reader.read(group, [column, "model", "offset"]);
      values.forEach((value, row) => {
        if (!takes(value) || !criteria.model(model[row] as string)) return;
        const position = offset[row] as bigint;
        if (hashBelow !== null && hashPosition({ ...range, offset: position }) >= hashBelow) return;
        if (known.has(position)) return;
        known.add(position);
        count++;
      });
      if (count > LIMITS.planLimitRows) throw tooMany();
    }
    reader.close();
  };
  for await (const _ of inOrder(listed, LIMITS.footerReads, read));
  return new Map([...positions].filter(([, offsets]) => offsets.size > 0));
}

const groupsSchema = z.object({
  groups: z.array(z.object({ fingerprint: z.string(), magnitude: z.string(), count: z.int() })),
});
type Groups = z.infer<typeof groupsSchema>["groups"];

/** What the summary of the comparison under the rules in force lists: without a summary the diffs are not whole. */
async function readGroups(store: Store, run: string, rules: string): Promise<Groups> {
  const key = summaryKey(run, rules);
  if (await store.head(key)) return parseDocument(key, await store.get(key), groupsSchema).groups;
  const others: string[] = [];
  for await (const other of store.list(comparesPrefix(run))) {
    const match = /\/([^/]+)\/summary\.json$/.exec(other.key);
    if (match) others.push(match[1] as string);
  }
  throw new CutoverError("RUN_INVALID", `run ${run} has no comparison under the rules in force`, {
    place: `${store.url} ${key}`,
    ...(others.length > 0 ? { expected: `rules ${rules}`, received: `rules ${others.join(", ")}` } : {}),
    hint: `cutover compare --run ${run}`,
  });
}

const GROUPS_SHOWN = 5;

function checkGroup({ from }: Only, group: string, groups: Groups): void {
  const found = groups.find(({ fingerprint }) => fingerprint === group);
  if (!found) {
    throw new CutoverError("USAGE", `run ${from} has no group ${group}`, {
      expected:
        groups.length === 0
          ? "a group; this comparison found no difference"
          : `one of ${groups
              .slice(0, GROUPS_SHOWN)
              .map(({ fingerprint }) => fingerprint)
              .join(", ")}${groups.length > GROUPS_SHOWN ? ", …" : ""}`,
      received: group,
      hint: `cutover report --run ${from}`,
    });
  }
  // The diffs hold the finest fingerprints; a group that stands for many of them is not found by its own.
  if (found.magnitude !== "*") return;
  throw new CutoverError("USAGE", `group ${group} stands for many: the run has too many kinds of difference`, {
    hint: `--only mismatched --from ${from}, with --model for one model`,
  });
}

function nothing(store: Store, only: Only, query: SelectionQuery): CutoverError {
  const narrowed = query.models.length > 0 || query.sample !== null;
  return new CutoverError("NOTHING_SELECTED", `run ${only.from} holds nothing that is ${outcomeText(only)}`, {
    place: store.url,
    ...(narrowed ? { hint: "leave out --model and --sample" } : {}),
  });
}

function tooMany(): CutoverError {
  return new CutoverError("USAGE", "--only selects too many records", {
    expected: `at most ${LIMITS.planLimitRows}`,
    hint: "narrow it with --model or --sample, or replay the whole selection: --same-as RUN",
  });
}

function foreign(store: Store, key: string, prefix: string): CutoverError {
  return new CutoverError("PARQUET_FOREIGN", `an object under ${prefix} that cutover did not write`, {
    place: `${store.url} ${key}`,
    hint: "move it elsewhere",
  });
}
