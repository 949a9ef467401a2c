/** Exemplars that show their request, and for the first of each group the agreeing request that is most like it. */
import { LIMITS } from "../../../src/limits.ts";
import type { Group, GroupExample } from "../../summary.ts";
import { type Look, nearestRows, type Subject } from "../slices/plan.ts";
import type { PoolRow } from "../slices/pool.ts";
import type { ModelRows, SampledRows } from "../slices/rows.ts";
import { Desk, type DeskContext } from "./desk.ts";

export interface ShownExample {
  readonly model: string;
  readonly position: string;
  /** The first of its group, which gets a neighbour. */
  readonly first: boolean;
}

/** Agreeing rows that are looked at for an exemplar of a model of which none is looked at for a slice. */
const NEIGHBOURS = 8;

/** Of the largest groups first. */
export function examplesToShow(groups: readonly Group[]): ShownExample[] {
  return groups
    .flatMap(({ model, examples }) => examples.map(({ position }, at) => ({ model, position, first: at === 0 })))
    .slice(0, LIMITS.exemplarInputs);
}

/**
 * Asks for their inputs, by row where the judge remembered it: then no positions need to be searched. Gives these rows,
 * by position.
 */
export function wantExamples(
  desk: Desk,
  shown: readonly ShownExample[],
  models: readonly ModelRows[],
): Map<string, PoolRow> {
  const missing = new Set(shown.map(({ position }) => position));
  const named = new Set(shown.map(({ model }) => model));
  const remembered = new Map<string, PoolRow>();
  for (const { model, mismatches } of models) {
    if (!named.has(model)) continue;
    for (const row of mismatches) {
      const position = desk.positionOf(row);
      if (!missing.delete(position)) continue;
      desk.wantShown(row);
      remembered.set(position, row);
    }
  }
  for (const position of missing) desk.wantPosition(position);
  return remembered;
}

/** Those that lie nearest to the first exemplar of each group. */
export function neighbourLooks(
  exemplars: ReadonlyMap<string, PoolRow>,
  shown: readonly ShownExample[],
  models: readonly ModelRows[],
  subjects: readonly Subject[],
): Look[] {
  const covered = new Set(subjects.map(({ model }) => model));
  const matchesOf = new Map(models.map(({ model, matches }) => [model, matches]));
  const modelOf = new Map(shown.filter(({ first }) => first).map(({ position, model }) => [position, model]));
  const looks = new Map<PoolRow, Look>();
  for (const [position, exemplar] of exemplars) {
    const model = modelOf.get(position);
    if (model === undefined || covered.has(model)) continue;
    for (const row of nearestRows(exemplar, matchesOf.get(model) ?? [], NEIGHBOURS)) {
      looks.set(row, { model, row, differs: false });
    }
  }
  return [...looks.values()];
}

/** By position of an exemplar. `desk` has read the exemplars and the agreeing rows of their models. */
export async function readNeighbours(
  context: DeskContext,
  rows: SampledRows,
  { desk, shown, matches }: { desk: Desk; shown: readonly ShownExample[]; matches: readonly Look[] },
): Promise<Map<string, NonNullable<GroupExample["neighbour"]>>> {
  const nearest = nearestMatches(desk, shown, matches);
  // Their inputs are shown, and no more is asked of them.
  const near = new Desk({ ...context, commits: undefined }, rows);
  for (const row of nearest.values()) near.wantShown(row);
  await near.read();
  return new Map(
    [...nearest].flatMap(([position, row]) => {
      const at = near.positionOf(row);
      const found = near.shown.get(at);
      return found === undefined ? [] : [[position, { position: at, id: found.id, input: found.input }]];
    }),
  );
}

/** Most features in common, and fewest others; the first by hash of equal ones. */
function nearestMatches(desk: Desk, shown: readonly ShownExample[], matches: readonly Look[]): Map<string, PoolRow> {
  const byModel = new Map<string, Look[]>();
  for (const look of matches) {
    const known = byModel.get(look.model);
    if (known === undefined) byModel.set(look.model, [look]);
    else known.push(look);
  }
  const nearest = new Map<string, PoolRow>();
  for (const { model, position, first } of shown) {
    const own = desk.shown.get(position);
    if (!first || own === undefined) continue;
    const codes = new Set(own.codes);
    let best = 0;
    for (const look of byModel.get(model) ?? []) {
      const others = desk.codesOf(look);
      const common = others.reduce((sum, code) => sum + (codes.has(code) ? 1 : 0), 0);
      const likeness = common / Math.max(1, codes.size + others.length - common);
      if (likeness <= best) continue;
      best = likeness;
      nearest.set(position, look.row);
    }
  }
  return nearest;
}
