/** The features of looked-at rows as sets of rows, with what follows from them: above and below a size, missing, present. */
import { LIMITS } from "../../../src/limits.ts";
import { belowText, fromText } from "../inputs/bins.ts";
import { type Item, TRAITS, type Trait } from "../inputs/item.ts";
import { type Bits, bitsOf, countOf, or, setBit, without } from "./bits.ts";

/** How a term is meant: it has the value, at least or less than it, another one, any, or none. */
export type FeatureSense = "is" | "from" | "below" | "not" | "present" | "missing";
const SENSES: readonly FeatureSense[] = ["is", "missing", "present", "from", "below", "not"];

export interface Feature {
  readonly place: string;
  readonly trait: Trait;
  readonly sense: FeatureSense;
  /** As a summary says it: `"JPY"`, `≥ 1024`, `missing`. */
  readonly value: string;
  readonly mismatches: Bits;
  readonly matches: Bits;
}

/** Codes of the items of each row; items of codes without one in the dictionary are too rare to matter. */
export interface LookedRows {
  readonly mismatches: readonly Uint32Array[];
  readonly matches: readonly Uint32Array[];
  readonly items: ReadonlyMap<number, Item>;
}

/** Differing rows that a feature must hold for: fewer explain nothing. */
export const SUPPORT = 32;

export interface FeatureTable {
  readonly features: readonly Feature[];
  /** Features that were looked at for them: what chance had to choose from. */
  readonly looked: number;
}

/**
 * The features that hold for enough of the differing rows and not for all rows; of those that hold for the same rows
 * one, the most readable. In a fixed order.
 */
export function featureTable(rows: LookedRows): FeatureTable {
  const sets = setsOf(rows);
  const features = [...plainFeatures(sets), ...sizeFeatures(sets), ...presenceFeatures(sets)];
  const all = rows.mismatches.length + rows.matches.length;
  const telling = features.filter(({ mismatches, matches }) => {
    const inside = countOf(mismatches);
    return inside >= SUPPORT && inside + countOf(matches) < all;
  });
  telling.sort(byReadability);
  const distinct = new Map<string, Feature>();
  for (const feature of telling) {
    const name = `${feature.mismatches.join()};${feature.matches.join()}`;
    if (!distinct.has(name)) distinct.set(name, feature);
  }
  return { features: [...distinct.values()].slice(0, LIMITS.triageItemsPerModel), looked: features.length };
}

/** Plain before derived, then by trait, the shorter place first. */
export function byReadability(a: Feature, b: Feature): number {
  return (
    SENSES.indexOf(a.sense) - SENSES.indexOf(b.sense) ||
    TRAITS.indexOf(a.trait) - TRAITS.indexOf(b.trait) ||
    a.place.length - b.place.length ||
    (a.place < b.place ? -1 : a.place > b.place ? 1 : a.value < b.value ? -1 : a.value > b.value ? 1 : 0)
  );
}

interface ItemSet {
  readonly item: Item;
  readonly mismatches: Bits;
  readonly matches: Bits;
}

/** By code, so that the order of the rows does not show. */
function setsOf({ mismatches, matches, items }: LookedRows): ItemSet[] {
  const sets = new Map<number, ItemSet>();
  const put = (rows: readonly Uint32Array[], side: "mismatches" | "matches"): void => {
    for (const [row, codes] of rows.entries()) {
      for (const code of codes) {
        let set = sets.get(code);
        if (set === undefined) {
          const item = items.get(code);
          if (item === undefined) continue;
          set = { item, mismatches: bitsOf(mismatches.length), matches: bitsOf(matches.length) };
          sets.set(code, set);
        }
        setBit(set[side], row);
      }
    }
  };
  put(mismatches, "mismatches");
  put(matches, "matches");
  return [...sets].sort(([a], [b]) => a - b).map(([, set]) => set);
}

function plainFeatures(sets: readonly ItemSet[]): Feature[] {
  const highest = new Set(
    [...grouped(sets, isSize).values()].flatMap((group) => (group.length > 1 ? inOrder(group).slice(-1) : [])),
  );
  // Of the highest bin "at least" says the same, and does not stop where the sample happens to.
  const plain = sets
    .filter((set) => !highest.has(set))
    .map(({ item, ...rows }): Feature => ({ ...nameOf(item), sense: "is", value: item.value, ...rows }));
  return [...plain, ...otherValues(sets)];
}

function nameOf({ place, trait }: Item): Pick<Feature, "place" | "trait"> {
  return { place, trait };
}

/** Share of the agreeing rows that a value has at least when all other values are a feature, too. */
const COMMON = 0.1;

/** Rows with another value than a common one, at a place that they have. */
function otherValues(sets: readonly ItemSet[]): Feature[] {
  const types = grouped(sets, isType);
  return [...grouped(sets, ({ trait }) => trait === "value")].flatMap(([, group]) => {
    // Not the union of the values: those that are too rare to be named are others, too.
    const any = types.get(`type ${group[0]?.item.place}`)?.reduce(union);
    if (any === undefined) return [];
    return group
      .filter(({ matches }) => countOf(matches) >= COMMON * Math.max(1, countOf(any.matches)))
      .map(
        ({ item, mismatches, matches }): Feature => ({
          ...nameOf(item),
          sense: "not",
          value: `≠ ${item.value}`,
          mismatches: without(any.mismatches, mismatches),
          matches: without(any.matches, matches),
        }),
      );
  });
}

function isType({ trait, value }: Item): boolean {
  return trait === "type" && value !== "unreadable";
}

/** At least and less than each bin, of traits whose values have an order. */
function sizeFeatures(sets: readonly ItemSet[]): Feature[] {
  return [...grouped(sets, isSize)].flatMap(([, group]) => {
    const bins = inOrder(group);
    return bins.slice(1).flatMap((set, at): Feature[] => {
      const bin = set.item.bin as number;
      const above = bins.slice(at + 1).reduce(union);
      const below = bins.slice(0, at + 1).reduce(union);
      return [
        { ...nameOf(set.item), sense: "from", value: fromText(bin), ...rowsOf(above) },
        { ...nameOf(set.item), sense: "below", value: belowText(bin), ...rowsOf(below) },
      ];
    });
  });
}

function isSize({ bin }: Item): boolean {
  return bin !== undefined;
}

function inOrder(group: readonly ItemSet[]): ItemSet[] {
  return [...group].sort((a, b) => (a.item.bin as number) - (b.item.bin as number));
}

/** Places that some inputs have and others do not; only inputs that could be read count. */
function presenceFeatures(sets: readonly ItemSet[]): Feature[] {
  const types = grouped(sets, isType);
  const read = types.get("type $")?.reduce(union);
  if (read === undefined) return [];
  return [...types.values()].flatMap((group): Feature[] => {
    const there = group.reduce(union);
    const { place } = there.item;
    const missing = {
      mismatches: without(read.mismatches, there.mismatches),
      matches: without(read.matches, there.matches),
    };
    return [
      { place, trait: "type", sense: "present", value: "present", ...rowsOf(there) },
      { place, trait: "type", sense: "missing", value: "missing", ...missing },
    ];
  });
}

function grouped(sets: readonly ItemSet[], keeps: (item: Item) => boolean): Map<string, ItemSet[]> {
  const groups = new Map<string, ItemSet[]>();
  for (const set of sets) {
    if (!keeps(set.item)) continue;
    const name = `${set.item.trait} ${set.item.place}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [set]);
    else group.push(set);
  }
  return groups;
}

function union(a: ItemSet, b: ItemSet): ItemSet {
  return { item: a.item, mismatches: or(a.mismatches, b.mismatches), matches: or(a.matches, b.matches) };
}

function rowsOf({ mismatches, matches }: ItemSet): Pick<Feature, "mismatches" | "matches"> {
  return { mismatches, matches };
}
