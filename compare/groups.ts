/**
 * Groups of findings that look alike. A group's name is a fingerprint of model, path, kind, rule, direction
 * and magnitude; where a model has too many, its groups coarsen, at the smallest level at which all fit.
 */

import { canonicalJson, sha256Hex } from "../src/hash.ts";
import type { LimitMark } from "../src/lake/selection.ts";
import { LIMITS } from "../src/limits.ts";
import type { DiffKind } from "../src/record.ts";
import { keepLowest, wouldKeep } from "./accumulate/bottom.ts";

/** Version of the parts and their order: a change makes new fingerprints. */
const SCHEME = "1";
/** Stands for a part that coarsening left out. */
const ANY = "*";

export interface GroupKey {
  /** Path with `[*]` for indexes. */
  readonly path: string;
  readonly kind: DiffKind;
  readonly rule: string;
  readonly direction: string;
  readonly magnitude: string;
}

/** A finding that a group shows, values cut. */
export interface Exemplar {
  readonly rank: LimitMark;
  readonly id: string;
  readonly path: string;
  readonly legacy: string | null;
  readonly candidate: string | null;
}

export interface GroupTally {
  readonly key: GroupKey;
  /** Findings, one per pair and full fingerprint; those of them that a waiver accepts. */
  count: number;
  waived: number;
  readonly exemplars: Exemplar[];
}

/** Full, without magnitude, without direction, kind only. Each is a function of the one before. */
const COARSEN: readonly ((key: GroupKey) => GroupKey)[] = [
  (key) => key,
  (key) => ({ ...key, magnitude: ANY }),
  (key) => ({ ...key, magnitude: ANY, direction: ANY }),
  (key) => ({ path: ANY, kind: key.kind, rule: ANY, direction: ANY, magnitude: ANY }),
];
const COARSEST = COARSEN.length - 1;

export interface GroupLimits {
  readonly perModel: number;
  readonly perRun: number;
  readonly exemplars: number;
}

const GROUP_LIMITS: GroupLimits = {
  perModel: LIMITS.groupsPerModel,
  perRun: LIMITS.groupsPerRun,
  exemplars: LIMITS.exemplarsPerGroup,
};

interface Added extends Omit<GroupTally, "exemplars"> {
  readonly exemplars: Iterable<Exemplar>;
}

interface ModelGroups {
  level: number;
  groups: Map<string, GroupTally>;
}

/** As JSON: the floor, and each model in order of text with its level. */
export interface StoredGroups {
  readonly floor: number;
  readonly models: readonly (readonly [model: string, level: number, groups: readonly GroupTally[]])[];
}

/**
 * The number of distinct names at a level only grows with what is added. A model's own level is the smallest
 * at which it keeps within `perModel`; the floor is the smallest level at which all models, each counted as at
 * most `perModel`, keep within `perRun`. Both depend on the union alone: the order of adding does not matter.
 */
export class Groups {
  readonly #models = new Map<string, ModelGroups>();
  readonly #limits: GroupLimits;
  #floor = 0;

  constructor(limits: GroupLimits = GROUP_LIMITS) {
    this.#limits = limits;
  }

  /** Counts `count` findings with the exemplars they offer. */
  add(model: string, key: GroupKey, count: number, exemplars: Iterable<Exemplar>, waived = 0): void {
    const groups = this.#of(model);
    if (!this.#put(groups, { key: coarsen(key, groups.level), count, waived, exemplars })) return;
    this.#coarsenTo(groups, groups.level);
    while (this.#floor < COARSEST && this.#load() > this.#limits.perRun) {
      this.#floor++;
      for (const each of this.#models.values()) this.#coarsenTo(each, this.#floor);
    }
  }

  merge(other: Groups): void {
    this.#floor = Math.max(this.#floor, other.#floor);
    for (const each of this.#models.values()) this.#coarsenTo(each, this.#floor);
    for (const [model, { level, groups }] of other.#models) {
      this.#coarsenTo(this.#of(model), level);
      for (const { key, count, exemplars, waived } of groups.values()) this.add(model, key, count, exemplars, waived);
    }
  }

  toStored(): StoredGroups {
    const models = [...this.#models].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      floor: this.#floor,
      models: models.map(([model, { level, groups }]) => {
        const named = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
        return [model, level, named.map(([, group]) => ({ ...group, exemplars: [...group.exemplars] }))];
      }),
    };
  }

  static fromStored({ floor, models }: StoredGroups, limits?: GroupLimits): Groups {
    const read = new Groups(limits);
    read.#floor = floor;
    for (const [model, level, groups] of models) {
      const into: ModelGroups = { level, groups: new Map() };
      for (const group of groups) read.#put(into, group);
      read.#models.set(model, into);
    }
    return read;
  }

  /** Whether an exemplar of this rank would be kept: asked before it is built. */
  wants(model: string, key: GroupKey, rank: LimitMark): boolean {
    const groups = this.#of(model);
    const group = groups.groups.get(nameOf(coarsen(key, groups.level)));
    return group === undefined || wouldKeep(group.exemplars, rank, this.#limits.exemplars);
  }

  /** Groups of a model, most findings first, then by fingerprint. */
  ofModel(model: string): { fingerprint: string; group: GroupTally }[] {
    const groups = this.#models.get(model)?.groups.values() ?? [];
    return [...groups]
      .map((group) => ({ fingerprint: fingerprint(model, group.key), group }))
      .sort((a, b) => b.group.count - a.group.count || (a.fingerprint < b.fingerprint ? -1 : 1));
  }

  #of(model: string): ModelGroups {
    let groups = this.#models.get(model);
    if (groups === undefined) {
      groups = { level: this.#floor, groups: new Map() };
      this.#models.set(model, groups);
    }
    return groups;
  }

  /** Groups at the floor; a model that is coarser than the floor had more than `perModel` there. */
  #load(): number {
    let load = 0;
    for (const { level, groups } of this.#models.values()) {
      load += level > this.#floor ? this.#limits.perModel : groups.size;
    }
    return load;
  }

  /** Returns whether the group is new. */
  #put(into: ModelGroups, { key, count, waived, exemplars }: Added): boolean {
    const name = nameOf(key);
    const known = into.groups.get(name);
    const group = known ?? { key, count: 0, waived: 0, exemplars: [] };
    if (known === undefined) into.groups.set(name, group);
    group.count += count;
    group.waived += waived;
    for (const exemplar of exemplars) keepLowest(group.exemplars, exemplar, this.#limits.exemplars);
    return known === undefined;
  }

  /** Brings a model to `level` at least, and further while it has too many groups. */
  #coarsenTo(model: ModelGroups, level: number): void {
    while (model.level < COARSEST && (model.level < level || model.groups.size > this.#limits.perModel)) {
      model.level++;
      const finer = model.groups.values();
      model.groups = new Map();
      for (const group of finer) this.#put(model, { ...group, key: coarsen(group.key, model.level) });
    }
  }
}

function coarsen(key: GroupKey, level: number): GroupKey {
  return COARSEN[level]?.(key) ?? key;
}

/** Fingerprints under which a finding of the model may stand in a report, from the finest level to the coarsest. */
export function groupNames(model: string, key: GroupKey): string[] {
  return COARSEN.map((coarser) => fingerprint(model, coarser(key)));
}

/** `1:` and 12 hex digits. */
export function fingerprint(model: string, key: GroupKey): string {
  const { path, kind, rule, direction, magnitude } = key;
  return `${SCHEME}:${sha256Hex(canonicalJson([model, path, kind, rule, direction, magnitude])).slice(0, 12)}`;
}

function nameOf({ path, kind, rule, direction, magnitude }: GroupKey): string {
  return JSON.stringify([path, kind, rule, direction, magnitude]);
}
