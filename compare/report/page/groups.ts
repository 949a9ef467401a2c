/** Groups as cards: what differs, how often, where, why perhaps, and what it looks like. */

import { shellWord } from "../../../src/shell.ts";
import type { Group, GroupExample, ModelSummary } from "../../summary.ts";
import type { ExemplarChoice, Signature, Slice } from "../../triage/types.ts";
import type { CardStatus, GroupChange } from "../../versus/status.ts";
import { count, percent, words } from "../figures.ts";
import { visible, visiblePair } from "../text.ts";
import { CHANGE_WORDS } from "./against.ts";
import { charts } from "./charts.ts";
import { diff } from "./diff.ts";
import type { ExampleCard, GroupCard } from "./document.ts";

/** What is kept of a group, so that a page of a large fleet stays small. */
export interface CardDetail {
  readonly examples: number;
  readonly charts: boolean;
  /** Characters of a request. */
  readonly input: number;
}

const CHOSEN: Readonly<Record<ExemplarChoice, string>> = {
  median: "typical: the median difference",
  worst: "the largest difference",
  threshold: "nearest to the threshold",
  fewest: "the fewest other differences",
};

/** Parts of a group that stand for any, for none, or for either way. */
export const SAYS_NOTHING: ReadonlySet<string> = new Set(["", "none", "*", "~"]);

export function groupCard(
  group: Group,
  model: Pick<ModelSummary, "confidence"> | undefined,
  detail: CardDetail,
  status: CardStatus = "open",
): GroupCard {
  const traits = [group.direction, group.magnitude, group.template ?? ""].filter((part) => !SAYS_NOTHING.has(part));
  const optional: Partial<Record<"waived" | "cause" | "slice", string>> = {};
  if (group.waived) optional.waived = group.waived >= group.count ? "waived" : `${count(group.waived)} waived`;
  const changed = CHANGE_WORDS[status];
  if (group.cause !== null) optional.cause = visible(group.cause);
  if (group.slice !== null) optional.slice = visible(group.slice);
  return {
    fingerprint: visible(group.fingerprint),
    model: visible(group.model),
    path: visible(group.path),
    kind: visible(words(group.kind)),
    rule: visible(group.rule),
    traits: traits.map(visible),
    count: count(group.count),
    width: Math.round(Math.min(1, group.share) * 100),
    share: percent(group.share),
    rate: rateOf(group, model),
    ...optional,
    ...(isChange(status) && changed !== undefined ? { change: status, changed } : {}),
    basis: [...signatureBasis(group.signature), ...sliceBasis(group.sliced)],
    charts: detail.charts ? charts(group.points ?? []) : [],
    examples: group.examples.slice(0, detail.examples).map((example) => exampleCard(example, group.path, detail.input)),
  };
}

function isChange(status: CardStatus): status is GroupChange {
  return status !== "waived" && status !== "open";
}

/** `16.8 % of the pairs, at most 18.1 % at 99 % confidence`; empty of a summary that does not tell. */
function rateOf({ rate, upper }: Group, model: Pick<ModelSummary, "confidence"> | undefined): string {
  if (rate === undefined) return "";
  const of = `${percent(rate)} of the pairs`;
  if (upper === undefined || !model || model.confidence === null) return of;
  return `${of}, at most ${percent(upper, "up")} at ${percent(model.confidence)} confidence`;
}

export function signatureBasis(signature: Signature | undefined): string[] {
  if (signature === undefined) return [];
  return [`holds for ${count(signature.holds)} of ${count(signature.of)} sampled pairs`];
}

export function sliceBasis(slice: Slice | undefined): string[] {
  if (slice === undefined) return [];
  const { mismatches, ofMismatches, matches, ofMatches, lift } = slice;
  const inside = `${count(mismatches)} of ${count(ofMismatches)} sampled mismatches, ${count(matches)} of ${count(ofMatches)} sampled matches`;
  return [lift === null ? `${inside}; none differs outside` : `${inside}; lift ${Number(lift.toPrecision(2))}×`];
}

function exampleCard(example: GroupExample, field: string, inputShown: number): ExampleCard {
  const { legacy, candidate, why, input, neighbour } = example;
  const [left, right] = visiblePair(legacy ?? "", candidate ?? "");
  const change = delta(example);
  const absent = [legacy === null ? "legacy" : "", candidate === null ? "candidate" : ""].filter((side) => side !== "");
  const near = (text: string): string => visible(text.length <= inputShown ? text : `${text.slice(0, inputShown)}…`);
  return {
    position: shellWord(visible(example.position)),
    id: visible(example.id),
    ...(example.path === field ? {} : { path: visible(example.path) }),
    ...(why === undefined ? {} : { why: CHOSEN[why] ?? visible(why) }),
    ...(change === "" ? {} : { delta: change }),
    ...(absent.length === 0 ? {} : { absent: absent.join(" ") }),
    ...diff(left, right),
    ...(input === undefined || inputShown === 0 ? {} : { input: near(input) }),
    ...(neighbour === undefined || inputShown === 0
      ? {}
      : {
          neighbour: {
            position: shellWord(visible(neighbour.position)),
            id: visible(neighbour.id),
            input: near(neighbour.input),
          },
        }),
  };
}

const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** `−0.0615 (−8.63 %)` between two numbers; empty for anything else, and for integers that doubles cannot hold. */
function delta({ legacy, candidate, delta: told }: GroupExample): string {
  if (legacy === null || candidate === null || !NUMBER.test(legacy) || !NUMBER.test(candidate)) return "";
  const [from, to] = [Number(legacy), Number(candidate)];
  const change = told ?? to - from;
  if (!Number.isFinite(change) || change === 0) return "";
  if (told === undefined && Math.max(Math.abs(from), Math.abs(to)) > Number.MAX_SAFE_INTEGER) return "";
  const sign = change < 0 ? "−" : "+";
  const relative = from === 0 ? "" : ` (${sign}${percent(Math.abs(change / from))})`;
  return `${sign}${Number(Math.abs(change).toPrecision(3))}${relative}`;
}
