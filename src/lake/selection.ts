/** Which captured rows a run asks about. One pure function for replay and compare, so that both mean the same rows. */
import { hashPosition } from "../hash.ts";
import { compilePattern } from "../match.ts";
import type { Position } from "../record.ts";
import type { SelectionQuery } from "./run.ts";

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

/**
 * Compiles the query. `limits` holds one mark for each model of which `limitPerModel` leaves rows out;
 * a model without a mark keeps all that the rest of the query selects.
 */
export function compileSelection(query: SelectionQuery, limits: Readonly<Record<string, LimitMark>> = {}): Selects {
  const patterns = query.models.map(compilePattern);
  const models = new Map<string, boolean>();
  const wanted = (model: string): boolean => {
    let answer = models.get(model);
    if (answer === undefined) {
      answer = patterns.length === 0 || patterns.some((matches) => matches(model));
      models.set(model, answer);
    }
    return answer;
  };
  const ids = query.ids === null ? null : new Set(query.ids);
  const { since, until, sample } = query;
  const marks = new Map(Object.entries(limits));
  return (row) => {
    if (!wanted(row.model)) return false;
    if (since !== null && row.capturedAt < since) return false;
    if (until !== null && row.capturedAt >= until) return false;
    if (ids !== null && !ids.has(row.id)) return false;
    if (sample !== null && hashPosition(row) >= sample * 2 ** 32) return false;
    const mark = marks.size === 0 ? undefined : marks.get(row.model);
    return mark === undefined || compareRank(rankOf(row), mark) <= 0;
  };
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
