/** Matching of list elements without regard to order. Pure in the sense that trials leave no trace in the sink. */
import { LIMITS } from "../../src/limits.ts";
import type { JsonNode } from "../json/node.ts";
import { lookUp, type PathStep } from "../json/path.ts";
import type { Sink } from "./sink.ts";

/** How well two elements agree under the rules inside the list. */
export interface Agreement {
  readonly equal: boolean;
  readonly findings: number;
}

export interface Sides {
  readonly legacy: readonly JsonNode[];
  readonly candidate: readonly JsonNode[];
  readonly sink: Sink;
  /** By index on each side. */
  readonly agreement: (legacy: number, candidate: number) => Agreement;
  /** No rule stands inside the list: elements are equal only when they are the same value. */
  readonly strict: boolean;
}

export interface Matching {
  readonly pairs: (readonly [legacy: number, candidate: number])[];
  readonly onlyLegacy: readonly number[];
  readonly onlyCandidate: readonly number[];
}

/** Null when an element has no key or two have the same: then keys do not tell elements apart. */
export function matchKeyed(sides: Sides, key: readonly PathStep[]): Matching | null {
  const legacy = indexByKey(sides.sink, sides.legacy, key);
  const candidate = indexByKey(sides.sink, sides.candidate, key);
  if (!legacy || !candidate) return null;
  const pairs: [number, number][] = [];
  const onlyLegacy: number[] = [];
  for (const [id, i] of legacy) {
    const j = candidate.get(id);
    if (j === undefined) onlyLegacy.push(i);
    else pairs.push([i, j]);
  }
  const onlyCandidate = [...candidate].filter(([id]) => !legacy.has(id)).map(([, j]) => j);
  return { pairs, onlyLegacy, onlyCandidate };
}

function indexByKey(sink: Sink, items: readonly JsonNode[], key: readonly PathStep[]): Map<number, number> | null {
  const byKey = new Map<number, number>();
  for (const [index, item] of items.entries()) {
    const node = lookUp(item, key);
    if (!node) return null;
    byKey.set(sink.interner.id(node), index);
  }
  return byKey.size === items.length ? byKey : null;
}

/** Same values are paired first, then as many as are equal under the rules, then the rest by best agreement. */
export function matchMultiset(sides: Sides): Matching {
  const free = new Map<number, number[]>();
  sides.candidate.forEach((item, j) => {
    const id = sides.sink.interner.id(item);
    const same = free.get(id);
    if (same) same.push(j);
    else free.set(id, [j]);
  });
  for (const indexes of free.values()) indexes.reverse();
  const pairs: [number, number][] = [];
  const restLegacy: number[] = [];
  sides.legacy.forEach((item, i) => {
    const j = free.get(sides.sink.interner.id(item))?.pop();
    if (j === undefined) restLegacy.push(i);
    else pairs.push([i, j]);
  });
  const restCandidate = [...free.values()].flat().sort((a, b) => a - b);
  const rest = matchRest(sides, restLegacy, restCandidate);
  return { ...rest, pairs: [...pairs, ...rest.pairs] };
}

/** Each value once; a value is matched when the other side has an equal one, whether or not that is matched already. */
export function matchSet(sides: Sides): Matching {
  const legacy = distinct(sides.sink, sides.legacy);
  const candidate = distinct(sides.sink, sides.candidate);
  const pairs: [number, number][] = [];
  for (const [id, i] of legacy) {
    const j = candidate.get(id);
    if (j !== undefined) pairs.push([i, j]);
  }
  let restLegacy = [...legacy].filter(([id]) => !candidate.has(id)).map(([, i]) => i);
  let restCandidate = [...candidate].filter(([id]) => !legacy.has(id)).map(([, j]) => j);
  const trials = restLegacy.length * candidate.size + restCandidate.length * legacy.size;
  if (!sides.strict && trials <= LIMITS.listTrials) {
    const partnerOf = (i: number) => [...candidate.values()].find((j) => sides.agreement(i, j).equal);
    const legacyOf = (j: number) => [...legacy.values()].find((i) => sides.agreement(i, j).equal);
    const partners = restLegacy.map((i) => [i, partnerOf(i)] as const);
    const owners = restCandidate.map((j) => [legacyOf(j), j] as const);
    for (const [i, j] of [...partners, ...owners]) if (i !== undefined && j !== undefined) pairs.push([i, j]);
    restLegacy = partners.filter(([, j]) => j === undefined).map(([i]) => i);
    restCandidate = owners.filter(([i]) => i === undefined).map(([, j]) => j);
  }
  const rest = matchRest(sides, restLegacy, restCandidate);
  return { ...rest, pairs: [...pairs, ...rest.pairs] };
}

function distinct(sink: Sink, items: readonly JsonNode[]): Map<number, number> {
  const first = new Map<number, number>();
  items.forEach((item, index) => {
    const id = sink.interner.id(item);
    if (!first.has(id)) first.set(id, index);
  });
  return first;
}

/** Above LIMITS.listTrials pairs are made in the order of the values, which is exact for numbers within a tolerance. */
function matchRest(sides: Sides, legacy: readonly number[], candidate: readonly number[]): Matching {
  if (legacy.length === 0 || candidate.length === 0) {
    return { pairs: [], onlyLegacy: legacy, onlyCandidate: candidate };
  }
  if (legacy.length * candidate.length > LIMITS.listTrials) {
    const a = sortByValue(sides.legacy, legacy);
    const b = sortByValue(sides.candidate, candidate);
    const shared = Math.min(a.length, b.length);
    const pairs = a.slice(0, shared).map((i, at) => [i, b[at] ?? 0] as const);
    return { pairs, onlyLegacy: a.slice(shared), onlyCandidate: b.slice(shared) };
  }
  const table = legacy.map((i) => candidate.map((j) => sides.agreement(i, j)));
  const partner = sides.strict ? new Map<number, number>() : largestMatching(table, candidate.length);
  const takenColumns = new Set(partner.values());
  const cells = table.flatMap((row, r) => row.map((cell, c) => ({ r, c, findings: cell.findings })));
  cells.sort((a, b) => a.findings - b.findings || a.r - b.r || a.c - b.c);
  for (const { r, c } of cells) {
    if (partner.has(r) || takenColumns.has(c)) continue;
    partner.set(r, c);
    takenColumns.add(c);
  }
  return {
    pairs: [...partner].sort(([a], [b]) => a - b).map(([r, c]) => [legacy[r] ?? 0, candidate[c] ?? 0] as const),
    onlyLegacy: legacy.filter((_, r) => !partner.has(r)),
    onlyCandidate: candidate.filter((_, c) => !takenColumns.has(c)),
  };
}

/** Row → column, as many as can be at once (augmenting paths). */
function largestMatching(table: readonly (readonly Agreement[])[], columns: number): Map<number, number> {
  const rowOf = new Map<number, number>();
  const augment = (row: number, seen: Set<number>): boolean => {
    for (let column = 0; column < columns; column++) {
      if (!table[row]?.[column]?.equal || seen.has(column)) continue;
      seen.add(column);
      const holder = rowOf.get(column);
      if (holder !== undefined && !augment(holder, seen)) continue;
      rowOf.set(column, row);
      return true;
    }
    return false;
  };
  for (let row = 0; row < table.length; row++) augment(row, new Set());
  return new Map([...rowOf].map(([column, row]) => [row, column]));
}

function sortByValue(items: readonly JsonNode[], indexes: readonly number[]): number[] {
  const key = (index: number): number | string => {
    const node = items[index];
    return node?.kind === "number" || node?.kind === "string" ? node.value : "";
  };
  return [...indexes].sort((i, j) => {
    const [a, b] = [key(i), key(j)];
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return a < b ? -1 : a > b ? 1 : i - j;
  });
}
