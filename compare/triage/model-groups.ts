/** The groups of one model, at the level of coarseness at which they fit. */
import { keepLowest } from "../accumulate/bottom.ts";
import { ANY, COARSEST, coarsen, type GroupKey, NONE, nameOf } from "../group-key.ts";
import { narrowLimit, type Sampled, sampleLimit } from "./samples.ts";

export interface GroupTally {
  readonly key: GroupKey;
  /** Findings, one per pair and full fingerprint; those of them that a waiver accepts. */
  count: number;
  waived: number;
  readonly sample: Sampled[];
}

export interface GroupLimits {
  readonly perModel: number;
  readonly perRun: number;
  /** Shapes of text told apart under one path, kind and rule before they are one group. */
  readonly templates: number;
  /** Items of a group's sample, and of all samples of the run. */
  readonly sample: number;
  readonly samples: number;
}

export interface Added extends Omit<GroupTally, "sample"> {
  readonly sample: Iterable<Sampled>;
}

/** Places of keys remembered, so that a frequent one is found without its name. */
const PLACES_KEPT = 128;

export class ModelGroups {
  readonly #limits: GroupLimits;
  #level = 0;
  #groups = new Map<string, GroupTally>();
  /** At the finest level: names of groups with a template, by the family that they coarsen to. */
  readonly #families = new Map<string, Set<string>>();
  /** Families with more templates than may be told apart. */
  readonly #collapsed = new Set<string>();
  /** Keys are compared as objects: whoever adds many findings gives the same key for the same group. */
  readonly #places = new Map<GroupKey, GroupTally>();
  /** Items in the samples of groups that are no collapsed family. */
  #kept = 0;

  constructor(limits: GroupLimits) {
    this.#limits = limits;
  }

  get level(): number {
    return this.#level;
  }

  get groups(): Iterable<GroupTally> {
    return this.#groups.values();
  }

  /** Groups, each collapsed family counted as all the templates that it could have: only ever more of them at one level. */
  get load(): number {
    return this.#groups.size + this.#collapsed.size * (this.#limits.templates - 1);
  }

  /**
   * Items that the samples may hold where a wide one holds `keep`. What has coarsened counts as it could have been before,
   * so that this, too, only grows with what is added, whatever the order.
   */
  charge(keep: number): number {
    if (this.#level > 0) return this.#limits.perModel * keep;
    return this.#kept + this.#collapsed.size * this.#limits.templates * narrowLimit(keep);
  }

  find(key: GroupKey): GroupTally | undefined {
    let group = this.#places.get(key);
    if (group === undefined) {
      group = this.#groups.get(nameOf(this.#resolve(key)));
      if (group === undefined) return undefined;
      if (this.#places.size >= PLACES_KEPT) this.#places.clear();
      this.#places.set(key, group);
    }
    return group;
  }

  /** Returns whether the number of groups, or their level, may have changed. */
  put({ key, count, waived, sample }: Added, keep: number): boolean {
    if (this.#level === 0 && key.template === ANY) this.#collapse(key, keep);
    const known = this.find(key);
    const group = known ?? this.#create(this.#resolve(key));
    group.count += count;
    group.waived += waived;
    const before = group.sample.length;
    const limit = sampleLimit(group.key, keep);
    for (const item of sample) keepLowest(group.sample, item, limit);
    if (group.key.template !== ANY) this.#kept += group.sample.length - before;
    if (known !== undefined) return false;
    const members = this.#level === 0 ? this.#families.get(familyOf(group.key)) : undefined;
    if (members !== undefined && members.size > this.#limits.templates) this.#collapse(group.key, keep);
    return true;
  }

  /** To `level` at least, and further while there are too many groups. */
  coarsenTo(level: number, keep: number): void {
    while (this.#level < COARSEST && (this.#level < level || this.load > this.#limits.perModel)) {
      this.#level++;
      this.#families.clear();
      this.#collapsed.clear();
      this.#places.clear();
      const finer = this.#groups.values();
      this.#groups = new Map();
      for (const group of finer) this.put(group, keep);
    }
  }

  /** Cuts every sample to what is kept now. */
  shorten(keep: number): void {
    for (const { key, sample } of this.#groups.values()) {
      const limit = sampleLimit(key, keep);
      if (sample.length <= limit) continue;
      if (key.template !== ANY) this.#kept -= sample.length - limit;
      sample.length = limit;
    }
  }

  /** The key of the group in which a finding of this key is counted now. */
  #resolve(key: GroupKey): GroupKey {
    if (this.#level > 0) return coarsen(key, this.#level);
    if (key.template === NONE || this.#collapsed.size === 0) return key;
    return this.#collapsed.has(familyOf(key)) ? coarsen(key, 1) : key;
  }

  #create(key: GroupKey): GroupTally {
    const group: GroupTally = { key, count: 0, waived: 0, sample: [] };
    const name = nameOf(key);
    this.#groups.set(name, group);
    if (this.#level === 0 && key.template !== NONE && key.template !== ANY) {
      const family = familyOf(key);
      const members = this.#families.get(family) ?? new Set();
      this.#families.set(family, members.add(name));
    }
    return group;
  }

  #collapse(key: GroupKey, keep: number): void {
    const family = familyOf(key);
    if (this.#collapsed.has(family)) return;
    this.#collapsed.add(family);
    this.#places.clear();
    const members = [...(this.#families.get(family) ?? [])];
    this.#families.delete(family);
    for (const name of members) {
      const group = this.#groups.get(name);
      if (group === undefined) continue;
      this.#groups.delete(name);
      this.#kept -= group.sample.length;
      this.put(group, keep);
    }
  }
}

function familyOf(key: GroupKey): string {
  return nameOf(coarsen(key, 1));
}
