/**
 * Conditions that hold for most of the differing rows and few of the agreeing ones. Integer counts; candidates are scored
 * as SliceLine does, and none is claimed that chance could have made among all those looked at.
 */
import { and, type Bits, countOf, countOfBoth, without } from "./bits.ts";
import { logTail } from "./fisher.ts";
import { byReadability, type Feature, SUPPORT } from "./table.ts";

/** Weight of the rate inside a slice against its size: at 0.75 a slice with less than a third of the mismatches scores below 0. */
const RATE_WEIGHT = 0.75;
const DEPTH = 3;
/** Conditions that are tried further together. */
const BEAM = 24;
/** Chance that anything at all is claimed of a run in which nothing is to be found. */
const FALSE_CLAIM = 1e-3;
/** A claim holds for differing rows at least so many times as often as for agreeing ones. */
const TIMES_AS_OFTEN = 2;
/** A further term keeps this share of the differing rows, and makes the condition so much rarer among agreeing ones. */
const KEEPS = 0.8;
const RARER = 1.25;
/** Scores this near to the best are as good: then the shorter, more readable one is told. */
const AS_GOOD = 0.97;
/** Slices of one set of rows: each further one explains what those before it left over. */
const ROUNDS = 3;

export interface Scope {
  readonly features: readonly Feature[];
  /** Features that these were chosen from. */
  readonly looked: number;
  /** Differing rows that are to be explained. */
  readonly mismatches: Bits;
  /** Agreeing rows, all of them. */
  readonly matchCount: number;
  /** Agreeing pairs that one agreeing row stands for, over the differing pairs that one differing row does. */
  readonly weight: number;
  /** Searches over the whole run, this one included. */
  readonly searches: number;
}

export interface FoundSlice {
  readonly terms: readonly Feature[];
  /** Differing rows inside it, and how many rows of both kinds. */
  readonly rows: Bits;
  readonly mismatches: number;
  readonly matches: number;
  /** Rate inside over the rate of all. */
  readonly lift: number;
}

/** What explains most of the rows first; empty when nothing can be claimed. */
export function searchSlices(scope: Scope): FoundSlice[] {
  const found: FoundSlice[] = [];
  let rest = scope.mismatches;
  for (let round = 0; round < ROUNDS && countOf(rest) >= SUPPORT; round++) {
    const best = bestSlice({ ...scope, mismatches: rest });
    if (best === undefined) break;
    const rows = best.terms.reduce((bits, { mismatches }) => and(bits, mismatches), scope.mismatches);
    found.push(measured(best.terms, rows, best.matchBits, scope));
    rest = without(rest, rows);
  }
  return found;
}

interface Candidate {
  readonly terms: readonly Feature[];
  readonly rows: Bits;
  readonly matchBits: Bits;
  readonly inside: number;
  readonly agreeing: number;
  readonly score: number;
}

function bestSlice(scope: Scope): Candidate | undefined {
  const total = countOf(scope.mismatches);
  const singles = scope.features
    .map((feature) => candidate([feature], and(feature.mismatches, scope.mismatches), feature.matches, scope, total))
    .filter(({ inside, agreeing }) => inside >= SUPPORT && inside * scope.matchCount > agreeing * total);
  const claims: Candidate[] = [];
  let beam = singles;
  for (let depth = 1; depth <= DEPTH; depth++) {
    beam = beam.sort(byScore).slice(0, BEAM);
    claims.push(...beam.filter((one) => isClaim(one, scope, total)));
    if (depth < DEPTH) beam = extended(beam, scope, total, depth + 1);
  }
  const best = claims.reduce((most, { score }) => Math.max(most, score), 0);
  return claims
    .filter(({ score }) => score >= AS_GOOD * best)
    .sort((a, b) => a.terms.length - b.terms.length || byTerms(a, b) || b.score - a.score)[0];
}

/** Each of the beam with one term more, where the term adds something. */
function extended(beam: readonly Candidate[], scope: Scope, total: number, depth: number): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const parent of beam) {
    for (const feature of scope.features) {
      if (parent.terms.includes(feature)) continue;
      const inside = countOfBoth(parent.rows, feature.mismatches);
      if (inside < SUPPORT || inside < KEEPS * parent.inside) continue;
      const agreeing = countOfBoth(parent.matchBits, feature.matches);
      if (inside * parent.agreeing < RARER * agreeing * parent.inside) continue;
      const term = logTail(inside, inside + agreeing, parent.inside, parent.inside + parent.agreeing);
      if (term > allowed(scope, depth)) continue;
      const terms = [...parent.terms, feature].sort(byReadability);
      const name = terms.map(({ place, trait, value }) => `${place} ${trait} ${value}`).join(" & ");
      if (found.has(name)) continue;
      const rows = and(parent.rows, feature.mismatches);
      found.set(name, candidate(terms, rows, and(parent.matchBits, feature.matches), scope, total));
    }
  }
  return [...found.values()];
}

/** Whether it may be told: often enough, more often than by chance, and each of its terms needed. */
function isClaim({ terms, inside, agreeing, score, rows }: Candidate, scope: Scope, total: number): boolean {
  const { matchCount } = scope;
  if (score <= 0 || inside * matchCount < TIMES_AS_OFTEN * agreeing * total) return false;
  const limit = allowed(scope, terms.length);
  if (logTail(inside, inside + agreeing, total, total + matchCount) > limit) return false;
  if (terms.length === 1) return true;
  return terms.every((term) => {
    const others = terms.filter((other) => other !== term);
    const mismatches = others.reduce((bits, other) => and(bits, other.mismatches), scope.mismatches);
    const matches = others.map((other) => other.matches).reduce(and);
    const [outer, outerAgreeing] = [countOf(mismatches), countOf(matches)];
    return logTail(countOf(rows), inside + agreeing, outer, outer + outerAgreeing) <= limit;
  });
}

/** ln of the probability that a claim of so many terms may have by chance: Bonferroni over all that could be looked at. */
function allowed({ looked, searches }: Scope, depth: number): number {
  let choices = 0;
  for (let at = 0; at < depth; at++) choices += Math.log(Math.max(1, looked - at) / (at + 1));
  return Math.log(FALSE_CLAIM) - Math.max(0, choices) - Math.log(Math.max(1, searches) * ROUNDS * DEPTH);
}

function candidate(terms: readonly Feature[], rows: Bits, matchBits: Bits, scope: Scope, total: number): Candidate {
  const inside = countOf(rows);
  const agreeing = countOf(matchBits);
  const pairs = total + scope.weight * scope.matchCount;
  // One agreeing row more than were seen: else of two conditions the one that chance left without any would win.
  const size = inside + scope.weight * (agreeing + 1);
  const lift = inside / size / (total / pairs);
  // SliceLine's score: a·((se/ss)/avg − 1) − (1 − a)·(n/ss − 1).
  const score = RATE_WEIGHT * (lift - 1) - (1 - RATE_WEIGHT) * (pairs / size - 1);
  return { terms, rows, matchBits, inside, agreeing, score };
}

function measured(terms: readonly Feature[], rows: Bits, matchBits: Bits, scope: Scope): FoundSlice {
  const [mismatches, matches, total] = [countOf(rows), countOf(matchBits), countOf(scope.mismatches)];
  const rate = total / (total + scope.weight * scope.matchCount);
  return { terms, rows, mismatches, matches, lift: mismatches / (mismatches + scope.weight * matches) / rate };
}

function byScore(a: Candidate, b: Candidate): number {
  return b.score - a.score || a.terms.length - b.terms.length || byTerms(a, b);
}

function byTerms(a: Candidate, b: Candidate): number {
  for (const [at, term] of a.terms.entries()) {
    const other = b.terms[at];
    const order = other === undefined ? 1 : byReadability(term, other);
    if (order !== 0) return order;
  }
  return 0;
}
