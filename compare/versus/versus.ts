/** One run against another over the same records: what was fixed, what is still there, what is new, what comes and goes. */
import type { DiffKind } from "../../src/record.ts";

/** Closed set. Unknown: the pair differs in one run and has no answer in the other. */
export const CHANGES = ["fixed", "still", "new", "unknown"] as const;
export type Change = (typeof CHANGES)[number];
export type Changes = Record<Change, number>;

/** `flaky`: the same difference left some records and came to others. */
export type GroupStatus = "fixed" | "still" | "new" | "flaky" | "unknown";

export interface VersusGroup extends Changes {
  readonly fingerprint: string;
  readonly model: string;
  readonly path: string;
  readonly kind: DiffKind;
  readonly rule: string;
  readonly status: GroupStatus;
}

export interface Versus {
  readonly run: string;
  readonly against: string;
  /** First 12 hex of the rules hash, the same for both. */
  readonly rules: string;
  /** Records that differ in either run; waived differences are left out. */
  readonly pairs: Changes;
  /** New first, then flaky, still, unknown, fixed; of each the largest first. */
  readonly groups: readonly VersusGroup[];
  /** Groups beyond the bound, whose records are in `pairs` alone. */
  readonly groupsCut: number;
}

export type Trait = Pick<VersusGroup, "fingerprint" | "model" | "path" | "kind" | "rule">;

/** What one record shows: the differences of each run by fingerprint, and whether each run has an answer to it. */
export interface PairChange {
  readonly before: ReadonlyMap<string, Trait>;
  readonly now: ReadonlyMap<string, Trait>;
  readonly answeredBefore: boolean;
  readonly answeredNow: boolean;
}

export class VersusTally {
  readonly pairs: Changes = { fixed: 0, still: 0, new: 0, unknown: 0 };
  readonly #groups = new Map<string, Trait & Changes>();
  readonly #limit: number;
  readonly #cut = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(pair: PairChange): void {
    const { before, now } = pair;
    this.pairs[changeOf(before.size > 0, now.size > 0, pair)]++;
    for (const [name, trait] of new Map([...before, ...now])) {
      const group = this.#group(name, trait);
      if (group !== undefined) group[changeOf(before.has(name), now.has(name), pair)]++;
    }
  }

  result(): Pick<Versus, "pairs" | "groups" | "groupsCut"> {
    const groups = [...this.#groups.values()].map((group): VersusGroup => ({ ...group, status: changesStatus(group) }));
    groups.sort(
      (a, b) => ORDER[a.status] - ORDER[b.status] || total(b) - total(a) || (a.fingerprint < b.fingerprint ? -1 : 1),
    );
    return { pairs: this.pairs, groups, groupsCut: this.#cut.size };
  }

  #group(name: string, trait: Trait): (Trait & Changes) | undefined {
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    if (this.#groups.size >= this.#limit) {
      if (this.#cut.size < this.#limit) this.#cut.add(name);
      return undefined;
    }
    const added = { ...trait, fixed: 0, still: 0, new: 0, unknown: 0 };
    this.#groups.set(name, added);
    return added;
  }
}

function changeOf(before: boolean, now: boolean, pair: PairChange): Change {
  if (before && now) return "still";
  if (before) return pair.answeredNow ? "fixed" : "unknown";
  return pair.answeredBefore ? "new" : "unknown";
}

const ORDER: Readonly<Record<GroupStatus, number>> = { new: 0, flaky: 1, still: 2, unknown: 3, fixed: 4 };

export function changesStatus(group: Changes): GroupStatus {
  if (group.fixed > 0 && group.new > 0) return "flaky";
  if (group.still > 0) return "still";
  if (group.new > 0) return "new";
  return group.fixed > 0 ? "fixed" : "unknown";
}

function total({ fixed, still, new: added, unknown }: Changes): number {
  return fixed + still + added + unknown;
}
