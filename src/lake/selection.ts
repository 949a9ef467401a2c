/** Which captured rows a run asks about. One pure function for replay and compare, so that both mean the same rows. */
import { CutoverError } from "../errors.ts";
import { hashPosition } from "../hash.ts";
import { compilePattern } from "../match.ts";
import { type Position, parsePosition } from "../record.ts";
import { parseCaptureKey } from "./keys.ts";
import type { Only, SelectionQuery } from "./run.ts";

export interface SelectionRow extends Position {
  readonly id: string;
  readonly model: string;
  /** UTC milliseconds. */
  readonly capturedAt: number;
}

/** The last row that `limitPerModel` keeps of one model: hash of its position, and the position's place among equal hashes. */
export interface LimitMark {
  readonly hash: number;
  readonly log: string;
  readonly partition: number;
  /** Decimal text: positions are 64-bit. */
  readonly offset: string;
}

export type Selects = (row: SelectionRow) => boolean;

/** The parts of a query, each by itself; a row is selected when all of them say so. A part that is null takes every row. */
export interface Criteria {
  readonly model: (name: string) => boolean;
  /** UTC milliseconds: since included, until excluded. */
  readonly since: number;
  readonly until: number;
  readonly ids: ReadonlySet<string> | null;
  /** Those of `ids` that are positions, as printed: they select the record that stands there, too. Null without one. */
  readonly placed: ((log: string, partition: number) => ReadonlySet<bigint>) | null;
  /** Hashes of positions below this are in the sample. */
  readonly hashBelow: number | null;
  /** Positions of a partition that were chosen by outcome. */
  readonly chosen: ((log: string, partition: number) => ReadonlySet<bigint>) | null;
}

export function criteriaOf(query: SelectionQuery): Criteria {
  const { since, until, sample, only } = query;
  return {
    model: modelTest(query.models),
    since: since ?? Number.NEGATIVE_INFINITY,
    until: until ?? Number.POSITIVE_INFINITY,
    ids: query.ids === null ? null : new Set(query.ids),
    placed: query.ids === null ? null : placedOf(query.ids),
    hashBelow: sample === null ? null : sample * 2 ** 32,
    chosen: only ? chosenOf(only) : null,
  };
}

/**
 * Compiles the query. `limits` holds one mark for each model of which `limitPerModel` leaves rows out;
 * a model without a mark keeps all that the rest of the query selects.
 */
export function compileSelection(query: SelectionQuery, limits: Readonly<Record<string, LimitMark>> = {}): Selects {
  const { model, since, until, ids, placed, hashBelow, chosen } = criteriaOf(query);
  const marks = new Map(Object.entries(limits));
  return (row) => {
    if (!model(row.model)) return false;
    if (row.capturedAt < since || row.capturedAt >= until) return false;
    if (ids !== null && !ids.has(row.id) && !placed?.(row.log, row.partition).has(row.offset)) return false;
    if (chosen !== null && !chosen(row.log, row.partition).has(row.offset)) return false;
    if (hashBelow !== null && hashPosition(row) >= hashBelow) return false;
    const mark = marks.size === 0 ? undefined : marks.get(row.model);
    return mark === undefined || compareRank(rankOf(row), mark) <= 0;
  };
}

/** Whether any of the patterns matches, all names where there is none; each name is matched once. */
export function modelTest(models: readonly string[]): (name: string) => boolean {
  const patterns = models.map(compilePattern);
  const known = new Map<string, boolean>();
  return (name) => {
    let answer = known.get(name);
    if (answer === undefined) {
      answer = patterns.length === 0 || patterns.some((matches) => matches(name));
      known.set(name, answer);
    }
    return answer;
  };
}

const NONE: ReadonlySet<bigint> = new Set();
type Offsets = NonNullable<Criteria["chosen"]>;

/** Log names end in `@` and 8 hex digits, which no id has by chance. */
const LOG_NAME = /@[0-9a-f]{8}$/;

function placedOf(ids: readonly string[]): Offsets | null {
  const positions = ids.flatMap((id) => parsePosition(id) ?? []).filter(({ log }) => LOG_NAME.test(log));
  if (positions.length === 0) return null;
  const byPartition = new Map<string, Set<bigint>>();
  for (const { log, partition, offset } of positions) put(byPartition, log, partition, offset);
  return (log, partition) => byPartition.get(`${log}/${partition}`) ?? NONE;
}

function put(byPartition: Map<string, Set<bigint>>, log: string, partition: number, offset: bigint): void {
  const name = `${log}/${partition}`;
  const set = byPartition.get(name) ?? new Set();
  byPartition.set(name, set.add(offset));
}

function chosenOf({ positions }: Only): Offsets {
  // Without them every row would be selected: whoever asks must have pinned them first.
  if (!positions) throw new TypeError("a selection by outcome is compiled before its positions are pinned");
  const byPartition = new Map<string, Set<bigint>>();
  for (const [key, offsets] of Object.entries(positions)) {
    const range = parseCaptureKey(key);
    if (!range) throw new CutoverError("RUN_INVALID", "a position of no capture object", { place: key });
    for (const offset of offsets) put(byPartition, range.log, range.partition, BigInt(offset));
  }
  return (log, partition) => byPartition.get(`${log}/${partition}`) ?? NONE;
}

/** Place of a row in the order by which limits choose: hash of the position, ties by the position itself. */
export function rankOf(row: Position): LimitMark {
  return { hash: hashPosition(row), log: row.log, partition: row.partition, offset: row.offset.toString() };
}

export function compareRank(a: LimitMark, b: LimitMark): number {
  if (a.hash !== b.hash) return a.hash - b.hash;
  if (a.log !== b.log) return a.log < b.log ? -1 : 1;
  if (a.partition !== b.partition) return a.partition - b.partition;
  const left = BigInt(a.offset);
  const right = BigInt(b.offset);
  return left < right ? -1 : left > right ? 1 : 0;
}
