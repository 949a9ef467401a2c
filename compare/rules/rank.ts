/** rank: the ids that both lists hold stand in nearly the same order, by a coefficient. */
import type { Rule } from "../../src/config/rules.ts";
import type { DiffKind } from "../../src/record.ts";
import { kendallTauB, rankBiasedOverlap, spearman } from "./coefficients.ts";
import { hasRepeats, type Ranked, readBoth } from "./ranked.ts";
import type { ValueJudge } from "./rule.ts";
import { rankedPlaces } from "./topk.ts";

type RankRule = Extract<Rule, { type: "rank" }>;

/** Throws CONFIG at `place` when `id` or `by` is not the path of one value. */
export function rankJudge(rule: RankRule, place: string): ValueJudge {
  const places = rankedPlaces(rule, place);
  return {
    accepts: (node) => node.kind === "array",
    judge: (legacyNode, candidateNode) => {
      const [legacy, candidate] = readBoth(legacyNode, candidateNode, places);
      if (!legacy || !candidate || hasRepeats(legacy) || hasRepeats(candidate)) return "shape";
      return judgeRanks(legacy, candidate, rule);
    },
  };
}

function judgeRanks(legacy: readonly Ranked[], candidate: readonly Ranked[], rule: RankRule): DiffKind | null {
  const there = new Map(candidate.map((item) => [item.id, item]));
  const known = new Set(legacy.map(({ id }) => id));
  const ours = legacy.filter(({ id }) => there.has(id));
  const theirs = candidate.filter(({ id }) => known.has(id));
  if (!rule.partial && ours.length < legacy.length) return "missing_field";
  if (!rule.partial && theirs.length < candidate.length) return "extra_field";
  if (ours.length < 2) return sameLists(legacy, candidate) ? null : "order";
  const scored = rule.by !== undefined;
  const placeOf = new Map(theirs.map(({ id }, at) => [id, at]));
  const x = ours.map(({ score }, at) => (scored ? score : at));
  const y = ours.map(({ id }) => (scored ? (there.get(id)?.score ?? Number.NaN) : (placeOf.get(id) ?? Number.NaN)));
  if (isConstant(x) && isConstant(y)) return sameScore(x[0], y[0]) ? null : "order";
  if (isConstant(x) || isConstant(y)) return "order";
  if (rule.method === "rbo") {
    const overlap = rankBiasedOverlap(
      ours.map(({ id }) => id),
      theirs.map(({ id }) => id),
    );
    return overlap >= rule.min ? null : "order";
  }
  const coefficient = (rule.method === "kendall" ? kendallTauB : spearman)(x, y);
  return coefficient >= rule.min ? null : "order";
}

/** No order to speak of, so nothing but the same is a match. */
function sameLists(legacy: readonly Ranked[], candidate: readonly Ranked[]): boolean {
  if (legacy.length !== candidate.length) return false;
  return legacy.every(({ id, score }, at) => {
    const other = candidate[at];
    return other?.id === id && sameScore(score, other.score);
  });
}

function isConstant(values: readonly number[]): boolean {
  return values.every((value) => sameScore(value, values[0]));
}

function sameScore(a: number | undefined, b: number | undefined): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}
