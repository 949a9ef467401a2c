/** Which signature each group of a model shows. */
import { ANY } from "../../group-key.ts";
import type { GroupTally } from "../model-groups.ts";
import type { Signature } from "../types.ts";
import { classSignature } from "./classes.ts";
import { defaultOrBound, offByOne } from "./constants.ts";
import { type Hypothesis, SHARE_LEAST, shareOf } from "./evidence.ts";
import { complement, logit, ratioOrOffset, signFlip } from "./formulas.ts";
import { permutation } from "./lists.ts";
import { type ClassPair, classPair, type NumberPair, numberPair, timePair, type Weighed } from "./pairs.ts";
import { float32, rounded } from "./precision.ts";
import { epochShift, hourShift } from "./times.ts";

/**
 * Groups of one path, kind and rule are a family: what made them differ does not stop at a direction or a magnitude. What
 * holds for the family is said of each of its groups for which it holds; of a group that is left, what holds for it alone.
 * `pairs`: compared pairs of the model.
 */
export function signaturesOf(groups: readonly GroupTally[], pairs: number): Map<GroupTally, Signature> {
  const families = new Map<string, GroupTally[]>();
  for (const group of groups) {
    const { path, kind, rule } = group.key;
    if (path === ANY) continue;
    const name = JSON.stringify([path, kind, rule]);
    const family = families.get(name) ?? [];
    families.set(name, family);
    family.push(group);
  }
  const found = new Map<GroupTally, Signature>();
  for (const family of families.values()) {
    for (const [group, signature] of signaturesOfFamily(family, pairs)) found.set(group, signature);
  }
  return found;
}

interface Member extends Weighed {
  readonly group: GroupTally;
}

function signaturesOfFamily(family: readonly GroupTally[], pairs: number): [GroupTally, Signature][] {
  const members = family.flatMap((group) => {
    const weight = group.count / Math.max(1, group.sample.length);
    return group.sample.map((item): Member => ({ group, item, weight }));
  });
  const [first] = family;
  if (first === undefined) return [];
  const { kind, rule } = first.key;
  const rate = pairs === 0 ? 0 : family.reduce((sum, { count }) => sum + count, 0) / pairs;
  if (kind === "order")
    return claim(
      members,
      (one) => one,
      (some) => permutation(some, rule),
    );
  if (kind === "label_flip")
    return claim(members, classOf, (some, whole) => (whole ? classSignature(some, rate) : null));
  if (kind !== "value" && kind !== "decision_flip") return [];
  const found = new Map(claim(members, numberPair, numberSignature));
  const texts = members.filter(({ item }) => item.delta === null);
  const rest = texts.filter(({ group }) => !found.has(group));
  for (const [group, signature] of claim(rest, timePair, (some) => hourShift(some))) found.set(group, signature);
  const named = rest.filter(({ group }) => !found.has(group));
  for (const [group, signature] of claim(named, classOf, (some, whole) => (whole ? classSignature(some, rate) : null)))
    found.set(group, signature);
  return [...found];
}

function classOf(member: Member): ClassPair | null {
  return classPair(member, member.group.key.direction);
}

/** From the most telling to the least: what comes first is the truth where several hold. */
function numberSignature(
  pairs: readonly NumberPair[],
  whole: boolean,
  family: readonly NumberPair[],
  group: GroupTally | null,
): Hypothesis<NumberPair> | null {
  // A group of differences to zero has one constant side by its definition, and whole numbers fall into groups of one each.
  const isMost = group === null || (group.key.magnitude !== "zero" && weightOf(pairs) >= MOST * weightOf(family));
  return (
    (isMost ? defaultOrBound(pairs, family) : null) ??
    signFlip(pairs) ??
    complement(pairs) ??
    epochShift(pairs) ??
    (whole ? offByOne(pairs) : null) ??
    (whole ? rounded(pairs) : null) ??
    float32(pairs) ??
    ratioOrOffset(pairs) ??
    logit(pairs)
  );
}

/** Share of the findings of a field that a group must have to be asked for what its values are by themselves. */
const MOST = 0.75;

function weightOf(pairs: readonly NumberPair[]): number {
  return pairs.reduce((sum, { weight }) => sum + weight, 0);
}

type Find<T> = (
  pairs: readonly T[],
  whole: boolean,
  family: readonly T[],
  group: GroupTally | null,
) => Hypothesis<T> | null;

/** Asks the family first, then each group for which its answer does not hold. Of groups that can be read alone. */
function claim<T extends { readonly weight: number }>(
  members: readonly Member[],
  read: (member: Member) => T | null,
  find: Find<T>,
): [GroupTally, Signature][] {
  const byGroup = new Map<GroupTally, { pairs: T[]; unread: number }>();
  for (const member of members) {
    const of = byGroup.get(member.group) ?? { pairs: [], unread: 0 };
    byGroup.set(member.group, of);
    const pair = read(member);
    if (pair === null) of.unread++;
    else of.pairs.push(pair);
  }
  // A group of values of another type is another matter.
  const readable = [...byGroup].filter(
    ([, { pairs, unread }]) => pairs.length >= SHARE_LEAST * (pairs.length + unread),
  );
  const family = readable.flatMap(([, { pairs }]) => pairs);
  const shared = find(family, true, family, null);
  const found: [GroupTally, Signature][] = [];
  for (const [group, { pairs, unread }] of readable) {
    const own =
      shared !== null && shareOf(pairs, shared.holds) >= SHARE_LEAST ? shared : find(pairs, false, family, group);
    if (own === null) continue;
    const { name, parameters, holds } = own;
    found.push([group, { name, parameters, holds: pairs.filter(holds).length, of: pairs.length + unread }]);
  }
  return found;
}
