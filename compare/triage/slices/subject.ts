/** Rows that are searched together: all of them, those of each path and kind, and those of each group. */
import type { Group, Summary } from "../../summary.ts";
import type { Item } from "../inputs/item.ts";
import type { Slice } from "../types.ts";
import { and, type Bits, bitsOf, countOf, countOfBoth, or, setBit } from "./bits.ts";
import { familyCode, groupCode } from "./hook.ts";
import { familiesOf, groupsOf, type Look, type Subject } from "./plan.ts";
import type { ModelRows } from "./rows.ts";
import { type FoundSlice, searchSlices } from "./search.ts";
import { type Feature, featureTable, SUPPORT } from "./table.ts";
import { Weights } from "./weights.ts";
import { termsOf } from "./words.ts";

export interface Looked {
  readonly subjects: readonly Subject[];
  /** Codes of the items of a row; empty where its object could not be read. */
  readonly codesOf: (look: Look) => Uint32Array;
  readonly items: ReadonlyMap<number, Item>;
  readonly models: readonly ModelRows[];
}

/** A slice with the groups that share it, and its numbers over all their rows. */
export interface SharedSlice {
  readonly terms: readonly Feature[];
  readonly slice: Slice;
  /** By group, its own numbers. */
  readonly groups: ReadonlyMap<Group, Slice>;
  /** All differing rows of these groups were looked at. */
  readonly whole: boolean;
}

/** A scope that covers nearly all rows of a wider one would only say the same again. */
const NEARLY_ALL = 0.95;

export interface Scope {
  readonly kind: "model" | "family" | "group";
  readonly code: number;
  readonly rows: Bits;
  found: readonly FoundSlice[];
}

export class SearchedSubject {
  readonly scopes: Scope[] = [];
  readonly #subject: Subject;
  readonly #looked: Looked;
  readonly #groups: readonly Group[];
  readonly #families = new Map<number, Bits>();
  readonly #byGroup = new Map<number, Bits>();
  readonly #byModel: ReadonlyMap<string, Bits>;
  readonly #all: Bits;
  readonly #weights: Weights;

  constructor(subject: Subject, looked: Looked, summary: Summary) {
    this.#subject = subject;
    this.#looked = looked;
    this.#all = bitsOf(subject.mismatches.length);
    for (const [at, { row }] of subject.mismatches.entries()) {
      setBit(this.#all, at);
      for (const code of familiesOf(row)) setBit(bitsIn(this.#families, code, subject.mismatches.length), at);
      for (const code of groupsOf(row)) setBit(bitsIn(this.#byGroup, code, subject.mismatches.length), at);
    }
    this.#byModel = rowsByModel(subject.mismatches);
    this.#groups = summary.groups.filter(
      ({ model, path, kind }) =>
        this.#byModel.has(model) && (subject.family === null || familyCode(path, kind) === subject.family),
    );
    this.#weights = new Weights(subject, looked.models, summary);
    this.#addScopes();
  }

  #addScopes(): void {
    const whole = countOf(this.#all);
    const add = (kind: Scope["kind"], code: number, rows: Bits, of: number): void => {
      const count = countOf(rows);
      if (count >= SUPPORT && count <= of) this.scopes.push({ kind, code, rows, found: [] });
    };
    add("model", 0, this.#all, whole);
    if (this.#subject.model === null) return;
    for (const [code, rows] of this.#families) add("family", code, rows, NEARLY_ALL * whole);
    for (const { path, kind, fingerprint } of this.#groups) {
      const code = groupCode(fingerprint);
      const family = this.#families.get(familyCode(path, kind));
      const rows = this.#byGroup.get(code);
      if (rows && family) add("group", code, rows, NEARLY_ALL * countOf(family));
    }
  }

  /** `scopes` are some of its own. */
  search(scopes: readonly Scope[], searches: number): void {
    const { mismatches, matches } = this.#subject;
    const { items, codesOf } = this.#looked;
    const rows = { mismatches: mismatches.map(codesOf), matches: matches.map(codesOf), items };
    const table = featureTable(rows);
    const features = [...table.features, ...this.#modelFeatures()];
    const looked = table.looked + features.length - table.features.length;
    for (const scope of scopes) {
      const weight = this.#weights.of(scope);
      const base = { features, looked, matchCount: matches.length, weight, searches };
      const found = searchSlices({ ...base, mismatches: scope.rows });
      // That it is one model's alone is no news.
      scope.found = found.filter(({ terms }) => terms.every(({ place }) => place !== MODEL_PLACE));
    }
  }

  /** Of several models: which one it is, so that what only sets models apart is not taken for a cause. */
  #modelFeatures(): Feature[] {
    const { model, mismatches, matches } = this.#subject;
    if (model !== null) return [];
    const [differing, agreeing] = [rowsByModel(mismatches), rowsByModel(matches)];
    return [...differing.keys()].sort().map((name): Feature => {
      return {
        place: MODEL_PLACE,
        trait: "value",
        sense: "is",
        value: JSON.stringify(name),
        mismatches: differing.get(name) ?? bitsOf(mismatches.length),
        matches: agreeing.get(name) ?? bitsOf(matches.length),
      };
    });
  }

  /** Slices with the groups that they hold for; a group has one, and is then `explained`. */
  shared(explained: Set<Group>): SharedSlice[] {
    const found = new Map<string, { slice: FoundSlice; groups: Map<Group, Bits> }>();
    for (const group of this.#groups) {
      if (explained.has(group)) continue;
      const rows = this.#rowsOf(group);
      const slice = this.#sliceOf(group, rows);
      if (slice === undefined) continue;
      explained.add(group);
      const name = JSON.stringify(termsOf(slice));
      const entry = found.get(name) ?? { slice, groups: new Map<Group, Bits>() };
      entry.groups.set(group, rows);
      found.set(name, entry);
    }
    return [...found.values()].map(({ slice, groups }): SharedSlice => {
      const union = [...groups.values()].reduce(or);
      const own = [...groups].map(([group, rows]) => [group, this.#measure(slice, rows)] as const);
      return {
        terms: slice.terms,
        slice: this.#measure(slice, union),
        groups: new Map(own),
        whole: own.every(([group, { ofMismatches }]) => isWhole(group, ofMismatches)),
      };
    });
  }

  /** Its looked-at rows; of a coarse group, which no row names, those of its path and kind, or all. */
  #rowsOf({ path, kind, fingerprint, model }: Group): Bits {
    const rows = this.#byGroup.get(groupCode(fingerprint)) ?? this.#families.get(familyCode(path, kind)) ?? this.#all;
    if (this.#subject.model !== null) return rows;
    return and(rows, this.#byModel.get(model) ?? bitsOf(this.#subject.mismatches.length));
  }

  /** Of the narrowest scope that has one which holds for at least half of the group's rows. */
  #sliceOf({ path, kind, fingerprint }: Group, rows: Bits): FoundSlice | undefined {
    const [family, group] = [familyCode(path, kind), groupCode(fingerprint)];
    const order = (scope: Scope): number =>
      scope.kind === "group" && scope.code === group ? 0 : scope.kind === "family" && scope.code === family ? 1 : 2;
    const mine = this.scopes.filter((scope) => scope.kind === "model" || order(scope) < 2);
    for (const { found } of mine.sort((a, b) => order(a) - order(b))) {
      const held = found.map((slice) => ({ slice, inside: countOfBoth(rowsInside(slice), rows) }));
      const best = held.sort((a, b) => b.inside - a.inside)[0];
      if (best !== undefined && best.inside > 0 && 2 * best.inside >= countOf(rows)) return best.slice;
    }
    return undefined;
  }

  #measure(found: FoundSlice, rows: Bits): Slice {
    const { matches } = this.#subject;
    const [inside, of] = [countOfBoth(rowsInside(found), rows), countOf(rows)];
    const weight = this.#weights.ofRows(rows);
    const rate = (some: number, agreeing: number): number => some / (some + weight * agreeing);
    const lift = rate(inside, found.matches) / rate(of, matches.length);
    const apart = inside === of && found.matches === 0;
    return {
      terms: termsOf(found),
      mismatches: inside,
      ofMismatches: of,
      matches: found.matches,
      ofMatches: matches.length,
      matchWeight: this.#weights.matchWeight,
      lift: apart ? null : Number(lift.toPrecision(3)),
    };
  }
}

const MODEL_PLACE = "model";

function rowsInside({ terms }: FoundSlice): Bits {
  return terms.map(({ mismatches }) => mismatches).reduce(and);
}

function bitsIn<Key>(map: Map<Key, Bits>, key: Key, size: number): Bits {
  let bits = map.get(key);
  if (bits === undefined) {
    bits = bitsOf(size);
    map.set(key, bits);
  }
  return bits;
}

function rowsByModel(looks: readonly Look[]): Map<string, Bits> {
  const byModel = new Map<string, Bits>();
  for (const [at, { model }] of looks.entries()) setBit(bitsIn(byModel, model, looks.length), at);
  return byModel;
}

/** Whether so many rows are all that differ in this group. */
export function isWhole({ count, waived = 0 }: Group, rows: number): boolean {
  return rows >= count - waived;
}
