/** Which of the remembered rows are looked at, and for which searches: only where a slice is possible at all. */
import { LIMITS } from "../../../src/limits.ts";
import type { PoolRow } from "./pool.ts";
import type { ModelRows } from "./rows.ts";
import { SUPPORT } from "./table.ts";

/** A row to look at. */
export interface Look {
  readonly model: string;
  readonly row: PoolRow;
  readonly differs: boolean;
}

/** Rows that are searched together: those of one model, or of one path and kind in all models that have it. */
export interface Subject {
  /** Null of several models. */
  readonly model: string | null;
  /** Path and kind, of several models. */
  readonly family: number | null;
  readonly mismatches: readonly Look[];
  readonly matches: readonly Look[];
}

/** Fewer looks a family than this make no search worth while. */
const FEWEST = 64;

/** With fewer looks a family where the run has too many; each row is looked at once, whatever it serves. */
export function planSubjects(models: readonly ModelRows[], limits = LOOK_LIMITS): Subject[] {
  for (let each = limits.perFamily; ; each >>= 1) {
    const subjects = [...models.flatMap((model) => ofModel(model, each)), ...ofFamilies(models, each)];
    const looks = subjects.reduce((sum, { mismatches, matches }) => sum + mismatches.length + matches.length, 0);
    if (looks <= limits.perRun) return subjects;
    if (each <= FEWEST) return withinRun(subjects, limits.perRun);
  }
}

const LOOK_LIMITS = { perFamily: LIMITS.triageLooksPerFamily, perRun: LIMITS.triageLooksPerRun } as const;

/** Families of a row; most have one or two. */
export function familiesOf({ marks }: PoolRow): number[] {
  return [...new Set(marksOf(marks, 0))];
}

export function groupsOf({ marks }: PoolRow): number[] {
  return marksOf(marks, 1);
}

function marksOf(marks: Uint32Array, from: 0 | 1): number[] {
  const codes: number[] = [];
  for (let at = from; at < marks.length; at += 2) if (marks[at] !== 0) codes.push(marks[at] as number);
  return codes;
}

/** Of each family the rows with the lowest hashes, so that a rare one is not crowded out. */
function ofModel({ model, mismatches, matches }: ModelRows, each: number): Subject[] {
  if (mismatches.length < SUPPORT || matches.length === 0) return [];
  const taken = new Map<number, number>();
  const kept = mismatches.filter((row) => {
    const families = familiesOf(row);
    if (!families.some((family) => (taken.get(family) ?? 0) < each)) return false;
    for (const family of families) taken.set(family, (taken.get(family) ?? 0) + 1);
    return true;
  });
  return [
    {
      model,
      family: null,
      mismatches: kept.map((row) => ({ model, row, differs: true })),
      // Rates inside a slice hang on few agreeing rows, so there are more of them.
      matches: matches.slice(0, 2 * each).map((row) => ({ model, row, differs: false })),
    },
  ];
}

/** A platform-wide cause shows in every model, and in none of them often enough; one look over all finds it. */
function ofFamilies(models: readonly ModelRows[], each: number): Subject[] {
  const byFamily = new Map<number, Map<string, PoolRow[]>>();
  for (const { model, mismatches } of models) {
    for (const row of mismatches) {
      for (const family of familiesOf(row)) {
        const byModel = byFamily.get(family) ?? new Map<string, PoolRow[]>();
        byFamily.set(family, byModel);
        const rows = byModel.get(model) ?? [];
        byModel.set(model, rows);
        rows.push(row);
      }
    }
  }
  const matchesOf = new Map(models.map(({ model, matches }) => [model, matches]));
  return [...byFamily]
    .sort(([a], [b]) => a - b)
    .flatMap(([family, byModel]): Subject[] => {
      const shared = [...byModel].filter(([model]) => matchesOf.get(model)?.length !== 0);
      if (shared.length < 2 || shared.reduce((sum, [, rows]) => sum + rows.length, 0) < SUPPORT) return [];
      const mismatches = spread(shared, each);
      const matches = new Map(
        mismatches.flatMap(({ model, row }) =>
          nearestRows(row, matchesOf.get(model) ?? [], PARTNERS).map((match) => [match, model] as const),
        ),
      );
      return [
        {
          model: null,
          family,
          mismatches,
          matches: [...matches].map(([row, model]): Look => ({ model, row, differs: false })),
        },
      ];
    });
}

/** Agreeing rows that stand for each differing one of several models. */
const PARTNERS = 2;

/**
 * Those that lie nearest in the same object, or else anywhere: rows stand by model and time, so they are like it but for
 * what makes it differ, and most share its page, which is read anyway.
 */
export function nearestRows({ place, row }: PoolRow, matches: readonly PoolRow[], count: number): PoolRow[] {
  const beside = matches.filter((match) => match.place === place);
  const distance = (match: PoolRow): number => Math.abs(match.row - row);
  return beside.length === 0
    ? matches.slice(0, count)
    : beside.sort((a, b) => distance(a) - distance(b) || a.row - b.row).slice(0, count);
}

/** One of every model first, so that each is heard, then others up to half of what one model gets. */
function spread(shared: readonly (readonly [string, readonly PoolRow[]])[], each: number): Look[] {
  const looks = shared.map(([model, rows]) =>
    lowest(
      rows.map((row): Look => ({ model, row, differs: true })),
      rows.length,
    ),
  );
  const firsts = lowest(
    looks.flatMap(([first]) => first ?? []),
    each,
  );
  const rest = looks.flatMap(([, ...others]) => others);
  return [...firsts, ...lowest(rest, Math.max(0, Math.ceil(each / 2) - firsts.length))];
}

function lowest(looks: readonly Look[], count: number): Look[] {
  return [...looks].sort((a, b) => a.row.hash - b.row.hash || (a.model < b.model ? -1 : 1)).slice(0, count);
}

/** What is shared by models first, then the models with most differing rows, until the run's looks are spent. */
function withinRun(subjects: readonly Subject[], perRun: number): Subject[] {
  const rank = ({ model }: Subject): number => (model === null ? 0 : 1);
  const order = [...subjects].sort((a, b) => rank(a) - rank(b) || b.mismatches.length - a.mismatches.length);
  let left = perRun;
  const kept = new Set(
    order.filter(({ mismatches, matches }) => {
      left -= mismatches.length + matches.length;
      return left >= 0;
    }),
  );
  return subjects.filter((subject) => kept.has(subject));
}
