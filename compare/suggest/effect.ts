/** What a rule would do: pairs judged again with it, finding by finding. */
import type { CompiledModel } from "../pair.ts";
import { judgePair } from "../pair.ts";
import type { NamedFinding } from "../triage/findings.ts";
import { maskResult } from "../triage/mask.ts";
import type { PairResult } from "../types.ts";
import { isWaived, waivesPair } from "../waive.ts";
import type { ReadPair } from "./pairs.ts";

/** A pair as the rules in force judge it, with its findings named as in the summary. */
export interface JudgedPair {
  readonly pair: ReadPair;
  readonly result: PairResult;
  readonly named: readonly NamedFinding[];
  /** Fingerprint of the summary's group of each finding. */
  readonly groups: readonly string[];
}

export type NameFindings = (model: string, result: PairResult) => NamedFinding[];

/** Of one model, among the pairs judged again. */
export interface ModelEffect {
  pairs: number;
  readonly mismatch: Flips;
  /** Pairs with a critical finding. */
  readonly critical: Flips;
}

/** How many pairs were so before, no longer are, and are so now. */
export interface Flips {
  before: number;
  solved: number;
  added: number;
}

/** Counts of one rule over the pairs of the models that it is for. */
export class Effect {
  readonly models = new Map<string, ModelEffect>();
  /** Pairs of the group, and those of them in which nothing is found any more where the group stood. */
  pairs = 0;
  solved = 0;
  /** Findings of other groups that would no longer be made, by group. */
  readonly hidden = new Map<string, number>();
  /** Findings where there was none before. */
  fresh = 0;
  readonly #group: string;
  readonly #modelOf: (model: string) => CompiledModel;
  readonly #nameFindings: NameFindings;

  constructor(group: string, modelOf: (model: string) => CompiledModel, nameFindings: NameFindings) {
    this.#group = group;
    this.#modelOf = modelOf;
    this.#nameFindings = nameFindings;
  }

  add({ pair, result, named, groups }: JudgedPair): void {
    const compiled = this.#modelOf(pair.model);
    const after = judgePair(compiled, pair.legacy, pair.candidate);
    const namedAfter = this.#nameFindings(pair.model, maskResult(compiled.mask, after));
    this.#countPair(pair.model, { result, named }, { result: after, named: namedAfter });
    const places = after.findings.map(({ path }) => path);
    const stays = (path: string): boolean => places.some((place) => isNear(place, path));
    const own = result.findings.filter((_, i) => groups[i] === this.#group);
    if (own.length > 0) {
      this.pairs++;
      if (own.every(({ path }) => !stays(path))) this.solved++;
    }
    for (const [i, { path }] of result.findings.entries()) {
      const group = groups[i] as string;
      if (group !== this.#group && !stays(path)) this.hidden.set(group, (this.hidden.get(group) ?? 0) + 1);
    }
    const before = result.findings.map(({ path }) => path);
    this.fresh += places.filter((place) => !before.some((path) => isNear(place, path))).length;
  }

  #countPair(model: string, before: Judged, after: Judged): void {
    const effect = this.models.get(model) ?? { pairs: 0, mismatch: noFlips(), critical: noFlips() };
    this.models.set(model, effect);
    effect.pairs++;
    countFlip(effect.mismatch, mismatches(before), mismatches(after));
    countFlip(effect.critical, isCritical(before), isCritical(after));
  }
}

function noFlips(): Flips {
  return { before: 0, solved: 0, added: 0 };
}

function countFlip(flips: Flips, was: boolean, is: boolean): void {
  if (was) flips.before++;
  if (was && !is) flips.solved++;
  if (!was && is) flips.added++;
}

interface Judged {
  readonly result: PairResult;
  readonly named: readonly NamedFinding[];
}

function mismatches({ result, named }: Judged): boolean {
  return result.outcome === "mismatch" && !waivesPair(result, named);
}

function isCritical({ named }: Judged): boolean {
  return named.some((one) => one.finding.gates && one.finding.critical && !isWaived(one));
}

/** At the same place, above it or below it. */
function isNear(a: string, b: string): boolean {
  const [outer, inner] = a.length <= b.length ? [a, b] : [b, a];
  return inner === outer || (inner.startsWith(outer) && (inner[outer.length] === "." || inner[outer.length] === "["));
}
