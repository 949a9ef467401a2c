/** topk: the first k of both lists share enough ids, and none of those moved too far. */
import type { Rule } from "../../src/config/rules.ts";
import type { DiffKind } from "../../src/record.ts";
import { placePath } from "./error.ts";
import { hasRepeats, type Ranked, type RankedPlaces, readBoth } from "./ranked.ts";
import type { ValueJudge } from "./rule.ts";

type TopkRule = Extract<Rule, { type: "topk" }>;

/** Throws CONFIG at `place` when `id` or `by` is not the path of one value. */
export function topkJudge(rule: TopkRule, place: string): ValueJudge {
  const places = rankedPlaces(rule, place);
  return {
    accepts: (node) => node.kind === "array",
    judge: (legacyNode, candidateNode) => {
      const [legacy, candidate] = readBoth(legacyNode, candidateNode, places);
      if (!legacy || !candidate) return "shape";
      return judgeTop(legacy.slice(0, rule.k), candidate.slice(0, rule.k), rule);
    },
  };
}

export function rankedPlaces(rule: Pick<TopkRule, "id" | "by">, place: string): RankedPlaces {
  return {
    id: rule.id === undefined ? null : placePath(rule.id, place).steps,
    by: rule.by === undefined ? null : placePath(rule.by, place).steps,
  };
}

/** Too few shared ids is kind value, one that moved too far is kind order. */
function judgeTop(legacy: readonly Ranked[], candidate: readonly Ranked[], rule: TopkRule): DiffKind | null {
  if (hasRepeats(legacy) || hasRepeats(candidate)) return "shape";
  const placeOf = new Map(candidate.map(({ id }, at) => [id, at]));
  let shared = 0;
  let farthest = 0;
  for (const [at, { id }] of legacy.entries()) {
    const other = placeOf.get(id);
    if (other === undefined) continue;
    shared++;
    farthest = Math.max(farthest, Math.abs(other - at));
  }
  // Lists shorter than k cannot share k ids: there the longer one must be shared whole.
  const wanted = Math.min(rule.overlap ?? rule.k, Math.max(legacy.length, candidate.length));
  if (shared < wanted) return "value";
  return rule.places !== undefined && farthest > rule.places ? "order" : null;
}
