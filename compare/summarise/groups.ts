/** Groups of the summary, with rates, causes and exemplars. */
import type { ResolvedModel } from "../../src/config/models.ts";
import { GATE_DEFAULTS } from "../../src/config/rules.ts";
import type { LimitMark } from "../../src/lake/selection.ts";
import { LIMITS } from "../../src/limits.ts";
import { formatPosition } from "../../src/record.ts";
import type { RunTally } from "../accumulate/tally.ts";
import { boundsOf, type Looks } from "../anytime.ts";
import type { Bounds } from "../statistics.ts";
import type { Group, GroupExample, ModelSummary } from "../summary.ts";
import { type ChosenExemplar, chooseExemplars, thresholdsOf } from "../triage/exemplars.ts";
import type { GroupTally } from "../triage/model-groups.ts";
import { pointsOf } from "../triage/points.ts";
import type { Sampled } from "../triage/samples.ts";
import { signaturesOf } from "../triage/signatures/find.ts";
import { causeOf } from "../triage/signatures/sentence.ts";
import type { Signature } from "../triage/types.ts";

/** Groups of a model that carry examples with values; the others name positions only. */
const GROUPS_WITH_EXAMPLES = 200;

/** Fewer are shown better as exemplars. */
const POINTS_LEAST = 8;

export interface GroupFacts {
  readonly tally: RunTally;
  readonly resolved: (model: string) => ResolvedModel;
  readonly looks: Looks;
}

/** Over all models, most findings first, then by fingerprint. */
export function summariseGroups(models: readonly (readonly [string, ModelSummary])[], facts: GroupFacts): Group[] {
  const groups = models.flatMap(([name, model]) => groupsOfModel(name, model, facts));
  return groups.sort(
    (a, b) => b.count - a.count || (a.fingerprint < b.fingerprint ? -1 : a.fingerprint > b.fingerprint ? 1 : 0),
  );
}

function groupsOfModel(name: string, model: ModelSummary, { tally, resolved, looks }: GroupFacts): Group[] {
  const groups = tally.groups.ofModel(name);
  if (groups.length === 0) return [];
  const { rules } = resolved(name);
  const signatures = signaturesOf(
    groups.map(({ group }) => group),
    model.n,
  );
  const boundsAt = boundsByCount(model, looks);
  return groups.map(({ fingerprint, group }, at): Group => {
    const { key, count, waived, sample } = group;
    const exemplars = chooseExemplars(sample, key.rule === "decision" ? thresholdsOf(rules, key.path) : []);
    return {
      fingerprint,
      model: name,
      ...key,
      count,
      ...(waived > 0 ? { waived } : {}),
      share: model.k === 0 ? 0 : Math.min(1, (count - waived) / model.k),
      ...ratesOf(group, model, boundsAt),
      ...causes(signatures.get(group)),
      slice: null,
      exemplars: exemplars.map(({ item }) => exemplarPosition(item.rank)),
      examples: at < GROUPS_WITH_EXAMPLES ? exemplars.map(toExample) : [],
      ...(at < LIMITS.groupsWithPoints ? drawn(sample) : {}),
    };
  });
}

function drawn(sample: readonly Sampled[]): Pick<Group, "points"> {
  const points = pointsOf(sample);
  return points.length < POINTS_LEAST ? {} : { points };
}

function causes(signature: Signature | undefined): Pick<Group, "cause" | "signature"> {
  return signature === undefined ? { cause: null } : { cause: causeOf(signature), signature };
}

function ratesOf(
  { count }: GroupTally,
  { n }: ModelSummary,
  boundsAt: (k: number) => Bounds,
): Pick<Group, "rate" | "upper" | "lower"> {
  const k = Math.min(count, n);
  return { rate: n === 0 ? 0 : k / n, ...boundsAt(k) };
}

/** Most groups of a model with many are of a few pairs: each bound is computed once. */
function boundsByCount({ n, confidence, limit }: ModelSummary, looks: Looks): (k: number) => Bounds {
  const known = new Map<number, Bounds>();
  return (k) => {
    let bounds = known.get(k);
    if (bounds === undefined) {
      const { confidence: ungated, maxMismatchRate } = GATE_DEFAULTS;
      bounds = boundsOf(looks, k, n, confidence ?? ungated, limit ?? maxMismatchRate);
      known.set(k, bounds);
    }
    return bounds;
  };
}

function toExample({ item, why }: ChosenExemplar): GroupExample {
  const { rank, id, path, legacy, candidate, delta } = item;
  return {
    position: exemplarPosition(rank),
    id,
    path,
    legacy,
    candidate,
    ...(why === undefined ? {} : { why }),
    ...(delta === null ? {} : { delta }),
  };
}

/** As people and scripts write it. */
function exemplarPosition({ log, partition, offset }: LimitMark): string {
  return formatPosition({ log, partition, offset: BigInt(offset) });
}
