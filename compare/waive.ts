/** Which findings a waiver accepts. A waiver names a group, and a group may stand at any level of coarseness. */
import type { Config } from "../src/config/schema.ts";
import { type GroupKey, groupNames } from "./group-key.ts";
import type { Finding, PairResult } from "./types.ts";

/** The waivers in force on a day, and those no longer. */
export interface Waives {
  readonly applies: ReadonlySet<string>;
  readonly expired: ReadonlySet<string>;
}

/** `today` is the UTC day: a waiver applies on its last day, and no longer after it. */
export function waivesOf({ waiverList = [] }: Pick<Config, "waiverList">, today: string): Waives {
  const names = (some: typeof waiverList): Set<string> => new Set(some.map(({ fingerprint }) => fingerprint));
  return {
    applies: names(waiverList.filter(({ expires }) => today <= expires)),
    expired: names(waiverList.filter(({ expires }) => today > expires)),
  };
}

/** A finding with the group it belongs to and the waiver that names it; null when none does. */
export interface KeyedFinding {
  readonly finding: Finding;
  readonly key: GroupKey;
  readonly waiver: { readonly fingerprint: string; readonly expired: boolean } | null;
}

/** The waiver that names a group of the model, at any level; one that applies before one that has expired. */
export function waiverOf(waives: Waives, model: string, key: GroupKey): KeyedFinding["waiver"] {
  if (waives.applies.size === 0 && waives.expired.size === 0) return null;
  const names = groupNames(model, key);
  const fingerprint = names.find((name) => waives.applies.has(name)) ?? names.find((name) => waives.expired.has(name));
  return fingerprint === undefined ? null : { fingerprint, expired: !waives.applies.has(fingerprint) };
}

export function isWaived({ waiver }: KeyedFinding): boolean {
  return waiver !== null && !waiver.expired;
}

/**
 * Whether waivers accept all that makes the pair a mismatch. Not when findings were cut, since those that were are
 * not known.
 */
export function waivesPair(result: PairResult, keyed: readonly KeyedFinding[]): boolean {
  if (result.outcome !== "mismatch" || result.warnings.includes("findings_cut")) return false;
  return keyed.every((one) => !one.finding.gates || isWaived(one));
}
