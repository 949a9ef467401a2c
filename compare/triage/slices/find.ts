/** Slices of all models of a run, and of which groups each holds. Pure: looked-at rows in, findings out. */
import { LIMITS } from "../../../src/limits.ts";
import type { Group, Summary } from "../../summary.ts";
import { countOf } from "./bits.ts";
import { type Looked, SearchedSubject, type SharedSlice } from "./subject.ts";

export function findSlices(looked: Looked, summary: Summary): SharedSlice[] {
  const subjects = looked.subjects.map((subject) => new SearchedSubject(subject, looked, summary));
  const scopes = subjects
    .flatMap((subject) => subject.scopes.map((scope) => ({ subject, scope, rows: countOf(scope.rows) })))
    .sort((a, b) => b.rows - a.rows)
    .slice(0, LIMITS.triageSearches);
  for (const subject of subjects) {
    const mine = scopes.filter((one) => one.subject === subject).map(({ scope }) => scope);
    if (mine.length > 0) subject.search(mine, scopes.length);
  }
  const explained = new Set<Group>();
  // What a model's own rows tell goes before what they tell together with those of others.
  return subjects.flatMap((subject) => subject.shared(explained));
}
