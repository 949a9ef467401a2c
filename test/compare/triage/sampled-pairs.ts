/** Groups and signatures of pairs of values, judged as compare judges them; and seeded random numbers. */
import { NO_DIFFS } from "../../../compare/diffs.ts";
import { Groups } from "../../../compare/groups.ts";
import { judgePair } from "../../../compare/pair.ts";
import { Findings } from "../../../compare/triage/findings.ts";
import type { GroupTally } from "../../../compare/triage/model-groups.ts";
import { signaturesOf } from "../../../compare/triage/signatures/find.ts";
import type { Signature } from "../../../compare/triage/types.ts";
import { modelOf } from "../pair-cases.ts";

/** JSON texts of one value in both answers. */
export type ValuePair = readonly [legacy: string, candidate: string];

const WAIVES = { applies: new Set<string>(), expired: new Set<string>() };

export async function groupsOf(pairs: readonly ValuePair[], rules: object[] = []): Promise<GroupTally[]> {
  const model = modelOf(rules as never);
  const groups = new Groups();
  const findings = new Findings(WAIVES, groups, NO_DIFFS);
  for (const [at, [legacy, candidate]] of pairs.entries()) {
    const answer = (value: string) => ({ status: 200, type: "application/json", body: Buffer.from(`{"v":${value}}`) });
    const result = judgePair(model, answer(legacy), { outcome: "ok", answer: answer(candidate) });
    const row = { id: `${at}`, model: "m", log: "t", partition: 0, offset: BigInt(at), capturedAt: 0 };
    await findings.add(row, findings.keyed("m", result));
  }
  return groups.ofModel("m").map(({ group }) => group);
}

/** Signatures of the pairs that differ, with the share of their findings that each explains. */
export async function claimsOf(
  pairs: readonly ValuePair[],
  rules: object[] = [],
): Promise<{ readonly signature: Signature; readonly share: number }[]> {
  const groups = await groupsOf(pairs, rules);
  const all = groups.reduce((sum, { count }) => sum + count, 0);
  const byText = new Map<string, { signature: Signature; share: number }>();
  for (const [group, signature] of signaturesOf(groups, pairs.length)) {
    const name = JSON.stringify([signature.name, signature.parameters]);
    const known = byText.get(name) ?? { signature, share: 0 };
    byText.set(name, { signature: known.signature, share: known.share + group.count / all });
  }
  return [...byText.values()].sort((a, b) => b.share - a.share);
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Of the standard normal distribution. */
export function normalOf(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
