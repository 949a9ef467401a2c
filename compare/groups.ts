/**
 * Groups of findings that look alike. A group's name is a fingerprint of model, path, kind, rule, direction, magnitude
 * and template; where a model has too many, its groups coarsen, at the smallest level at which all fit.
 */
import type { LimitMark } from "../src/lake/selection.ts";
import { LIMITS } from "../src/limits.ts";
import { wouldKeep } from "./accumulate/bottom.ts";
import { COARSEST, fingerprint, type GroupKey, nameOf } from "./group-key.ts";
import { type GroupLimits, type GroupTally, ModelGroups } from "./triage/model-groups.ts";
import { SAMPLE_LEAST, type Sampled, sampleLimit } from "./triage/samples.ts";

const GROUP_LIMITS: GroupLimits = {
  perModel: LIMITS.groupsPerModel,
  perRun: LIMITS.groupsPerRun,
  templates: LIMITS.templatesPerField,
  sample: LIMITS.samplePerGroup,
  samples: LIMITS.samplesPerRun,
};

/** As JSON: the floor, items kept of a group, and each model in order of text with its level. */
export interface StoredGroups {
  readonly floor: number;
  readonly keep: number;
  readonly models: readonly (readonly [model: string, level: number, groups: readonly GroupTally[]])[];
}

/**
 * The number of distinct names at a level only grows with what is added. A model's own level is the smallest
 * at which it keeps within `perModel`; the floor is the smallest level at which all models, each counted as at
 * most `perModel`, keep within `perRun`. Samples of all groups halve until they keep within `samples`. All depend on the
 * union alone: the order of adding does not matter.
 */
export class Groups {
  readonly #models = new Map<string, ModelGroups>();
  readonly #limits: GroupLimits;
  #floor = 0;
  #keep: number;
  /** Items charged to all models, at the present `#keep`. */
  #charge = 0;

  constructor(limits: GroupLimits = GROUP_LIMITS) {
    this.#limits = limits;
    this.#keep = limits.sample;
  }

  /** Counts `count` findings with the items they offer to the sample. */
  add(model: string, key: GroupKey, count: number, sample: Iterable<Sampled>, waived = 0): void {
    const groups = this.#of(model);
    const before = groups.charge(this.#keep);
    const grown = groups.put({ key, count, waived, sample }, this.#keep);
    if (grown) groups.coarsenTo(groups.level, this.#keep);
    this.#charge += groups.charge(this.#keep) - before;
    while (grown && this.#floor < COARSEST && this.#load() > this.#limits.perRun) this.#raise(this.#floor + 1);
    while (this.#keep > SAMPLE_LEAST && this.#charge > this.#limits.samples)
      this.#shorten(Math.max(SAMPLE_LEAST, this.#keep >> 1));
  }

  merge(other: Groups): void {
    if (other.#keep < this.#keep) this.#shorten(other.#keep);
    if (other.#floor > this.#floor) this.#raise(other.#floor);
    for (const [model, from] of other.#models) {
      const into = this.#of(model);
      const before = into.charge(this.#keep);
      into.coarsenTo(from.level, this.#keep);
      this.#charge += into.charge(this.#keep) - before;
      for (const { key, count, sample, waived } of from.groups) this.add(model, key, count, sample, waived);
    }
  }

  toStored(): StoredGroups {
    const models = [...this.#models].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      floor: this.#floor,
      keep: this.#keep,
      models: models.map(([model, { level, groups }]) => {
        const named = [...groups]
          .map((group) => [nameOf(group.key), group] as const)
          .sort(([a], [b]) => (a < b ? -1 : 1));
        return [model, level, named.map(([, group]) => ({ ...group, sample: [...group.sample] }))];
      }),
    };
  }

  static fromStored({ floor, keep, models }: StoredGroups, limits?: GroupLimits): Groups {
    const read = new Groups(limits);
    read.#floor = floor;
    read.#keep = keep;
    for (const [model, level, groups] of models) {
      const into = new ModelGroups(read.#limits);
      into.coarsenTo(level, keep);
      for (const group of groups) into.put(group, keep);
      read.#models.set(model, into);
      read.#charge += into.charge(keep);
    }
    return read;
  }

  /** Whether an item of this rank would be kept in the sample: asked before it is built. */
  wants(model: string, key: GroupKey, rank: LimitMark): boolean {
    const group = this.#of(model).find(key);
    return group === undefined || wouldKeep(group.sample, rank, sampleLimit(group.key, this.#keep));
  }

  /** Groups of a model, most findings first, then by fingerprint. */
  ofModel(model: string): { fingerprint: string; group: GroupTally }[] {
    const groups = this.#models.get(model)?.groups ?? [];
    return [...groups]
      .map((group) => ({ fingerprint: fingerprint(model, group.key), group }))
      .sort((a, b) => b.group.count - a.group.count || (a.fingerprint < b.fingerprint ? -1 : 1));
  }

  #of(model: string): ModelGroups {
    let groups = this.#models.get(model);
    if (groups === undefined) {
      groups = new ModelGroups(this.#limits);
      groups.coarsenTo(this.#floor, this.#keep);
      this.#models.set(model, groups);
      this.#charge += groups.charge(this.#keep);
    }
    return groups;
  }

  /** Groups at the floor; a model that is coarser than the floor had more than `perModel` there. */
  #load(): number {
    let load = 0;
    for (const model of this.#models.values()) load += model.level > this.#floor ? this.#limits.perModel : model.load;
    return load;
  }

  #raise(floor: number): void {
    this.#floor = floor;
    for (const each of this.#models.values()) each.coarsenTo(floor, this.#keep);
    this.#recharge();
  }

  #shorten(keep: number): void {
    this.#keep = keep;
    for (const each of this.#models.values()) each.shorten(keep);
    this.#recharge();
  }

  #recharge(): void {
    this.#charge = 0;
    for (const each of this.#models.values()) this.#charge += each.charge(this.#keep);
  }
}
