/** Guessed causes over the groups that share them: slices, signatures, and both where one tells of the other. */
import { LIMITS } from "../../src/limits.ts";
import type { Group, Summary } from "../summary.ts";
import { causeOf, claimTextOf } from "./signatures/sentence.ts";
import type { SharedSlice } from "./slices/subject.ts";
import { amountOf, conditionOf, sliceSentence } from "./slices/words.ts";
import type { Explanation, Signature, Slice } from "./types.ts";

/** Share of a slice's findings that have one signature, from which on both are told as one. */
const TOGETHER = 0.9;
/** Fingerprints that an explanation names. */
const GROUPS_NAMED = 100;

interface Draft extends Omit<Explanation, "share" | "groups" | "count"> {
  /** What is the same in every model that shares it. */
  readonly key: string;
  readonly members: readonly Group[];
  /** Findings that it accounts for. */
  readonly explained: number;
}

/** The one that explains most first, at most LIMITS.explanations. */
export function explain(summary: Summary, slices: readonly SharedSlice[]): Explanation[] {
  const sliced = slices.map(fromSlice);
  const told = new Set(sliced.filter(({ signature }) => signature !== undefined).flatMap(({ members }) => members));
  const signed = fromSignatures(summary.groups.filter((group) => !told.has(group)));
  const drafts = overModels([...sliced, ...signed]);
  return drafts
    .sort((a, b) => b.explained - a.explained || order(a.text, b.text) || order(a.model ?? "", b.model ?? ""))
    .slice(0, LIMITS.explanations)
    .map((draft) => finished(draft, summary));
}

function fromSlice({ terms, slice, groups, whole }: SharedSlice): Draft {
  const members = [...groups.keys()];
  const condition = conditionOf(terms);
  const signed = commonSignature(members);
  const models = new Set(members.map(({ model }) => model));
  const explained = [...groups].reduce(
    (sum, [group, own]) => sum + (group.count * own.mismatches) / own.ofMismatches,
    0,
  );
  const base = {
    model: models.size === 1 ? ([...models][0] as string) : null,
    by: "slice" as const,
    slice,
    members,
    explained: Math.round(explained),
  };
  const where = models.size === 1 ? "" : `over ${models.size} models, `;
  if (signed === undefined) {
    return { ...base, key: `slice ${condition}`, text: where + sliceSentence(condition, slice, whole) };
  }
  const claim = claimTextOf(signed);
  const text = `${where}${claim} for ${pairsOf(slice, whole)} with ${condition}`;
  return { ...base, key: `both ${claim} ${condition}`, text, signature: signed };
}

function pairsOf(slice: Slice, whole: boolean): string {
  return `${amountOf({ ...slice, ofMismatches: slice.mismatches })} ${whole ? "" : "sampled "}pairs`;
}

/** The signature that nearly all findings of the groups have. */
function commonSignature(members: readonly Group[]): Signature | undefined {
  const total = members.reduce((sum, { count }) => sum + count, 0);
  return [...signatures(members).values()].find(
    ({ groups }) => groups.reduce((sum, { count }) => sum + count, 0) >= TOGETHER * total,
  )?.signature;
}

interface Signed {
  readonly signature: Signature;
  readonly groups: Group[];
}

/** Groups by what their values have to do with each other. */
function signatures(groups: readonly Group[]): Map<string, Signed> {
  const found = new Map<string, Signed>();
  for (const group of [...groups].sort((a, b) => b.count - a.count || order(a.fingerprint, b.fingerprint))) {
    const { signature } = group;
    if (signature === undefined) continue;
    const name = JSON.stringify([signature.name, signature.parameters]);
    const known = found.get(name);
    if (known === undefined) found.set(name, { signature, groups: [group] });
    else known.groups.push(group);
  }
  return found;
}

function fromSignatures(groups: readonly Group[]): Draft[] {
  const byModel = new Map<string, Group[]>();
  for (const group of groups) byModel.set(group.model, [...(byModel.get(group.model) ?? []), group]);
  return [...byModel].flatMap(([model, mine]) =>
    [...signatures(mine)].map(([key, { signature, groups: members }]): Draft => {
      const sampled = members.reduce(
        (sum, group) => ({ holds: sum.holds + (group.signature?.holds ?? 0), of: sum.of + (group.signature?.of ?? 0) }),
        { holds: 0, of: 0 },
      );
      const explained = members.reduce(
        (sum, { count, signature: own }) => sum + (count * (own?.holds ?? 0)) / Math.max(1, own?.of ?? 1),
        0,
      );
      return {
        model,
        by: "signature",
        key: `signature ${key}`,
        text: causeOf({ ...signature, ...sampled }),
        signature: { ...signature, ...sampled },
        members,
        explained: Math.round(explained),
      };
    }),
  );
}

/** One for all models that have the same cause. */
function overModels(drafts: readonly Draft[]): Draft[] {
  const byKey = new Map<string, Draft[]>();
  for (const draft of drafts) byKey.set(draft.key, [...(byKey.get(draft.key) ?? []), draft]);
  return [...byKey.values()].map((same) => {
    const [first] = [...same].sort((a, b) => b.explained - a.explained || order(a.model ?? "", b.model ?? ""));
    if (first === undefined || same.length === 1) return same[0] as Draft;
    const members = same.flatMap((draft) => draft.members);
    const models = new Set(members.map(({ model }) => model)).size;
    const explained = same.reduce((sum, draft) => sum + draft.explained, 0);
    const most = first.model === null ? "" : `; in ${first.model} `;
    return { ...first, model: null, members, explained, text: `the same in ${models} models${most}${first.text}` };
  });
}

function finished({ key: _key, members, explained: _explained, ...rest }: Draft, summary: Summary): Explanation {
  const count = members.reduce((sum, group) => sum + group.count, 0);
  const all = summary.groups.filter(({ model }) => rest.model === null || model === rest.model);
  const findings = all.reduce((sum, group) => sum + group.count, 0);
  const groups = [...members].sort((a, b) => b.count - a.count || order(a.fingerprint, b.fingerprint));
  return {
    ...rest,
    groups: groups.slice(0, GROUPS_NAMED).map(({ fingerprint }) => fingerprint),
    count,
    share: findings === 0 ? 0 : count / findings,
  };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
