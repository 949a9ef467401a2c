/**
 * The HTML report: one self-contained page, a pure function of the summary, and of what changed against another run
 * when that is asked for; the page in the store is of the summary alone. Everything that came from
 * outside travels as gzip in base64 — no character of it can end a script or open a tag — and reaches the
 * page as text nodes. The policy allows this one script and this one style and no request whatsoever.
 */
import { gzipSync } from "node:zlib";
import { CutoverError } from "../../src/errors.ts";
import { LIMITS } from "../../src/limits.ts";
import type { Group, ModelSummary, Summary } from "../summary.ts";
import type { Versus } from "../versus/versus.ts";
import { count, plural } from "./figures.ts";
import { modelsInOrder } from "./order.ts";
import { againstPart, changesPart } from "./page/against.ts";
import type { DetailDocument, IndexDocument } from "./page/document.ts";
import { explanationsPart } from "./page/explanations.ts";
import { modelFacts } from "./page/facts.ts";
import { fieldHead } from "./page/field-row.ts";
import { fleetFields, modelFields } from "./page/fields.ts";
import { flipMatrices } from "./page/flips.ts";
import { frame } from "./page/frame.ts";
import { type CardDetail, groupCard } from "./page/groups.ts";
import { commandsOf, kindsPart, lineagePart, verdictsPart } from "./page/head.ts";
import { modelEntry } from "./page/models.ts";
import { coveragePart, settingsPart } from "./page/settings.ts";
import { changesOf, fixedOf, type Told, toldOf } from "./page/told.ts";
import { figuresPart, nextPart, verdictPart } from "./page/verdict.ts";
import { visible } from "./text.ts";

/** What is kept of each model's groups: of the first `full` of them all, of the others the `rest`. */
interface Detail {
  readonly groups: number;
  readonly full: number;
  readonly first: CardDetail;
  readonly rest: CardDetail;
}
const ALL: CardDetail = { examples: LIMITS.exemplarsPerGroup, charts: true, input: 600 };
const BARE: CardDetail = { examples: 1, charts: false, input: 0 };
/** The fullest that fits the target size is taken. */
const DETAILS: readonly Detail[] = [
  { groups: LIMITS.groupsPerModel, full: LIMITS.groupsPerModel, first: ALL, rest: ALL },
  { groups: LIMITS.groupsPerModel, full: 10, first: ALL, rest: { examples: 3, charts: false, input: 0 } },
  { groups: 500, full: 3, first: ALL, rest: { examples: 2, charts: false, input: 0 } },
  { groups: 100, full: 0, first: ALL, rest: BARE },
  { groups: 20, full: 0, first: ALL, rest: BARE },
];
/** Across all models the page opens with so many groups; each model's own are one step away. */
const OVERVIEW_GROUPS = 60;
/** And what was fixed: a line each. */
const OVERVIEW_FIXED = 200;

/** The page, at most LIMITS.reportMaxBytes; throws USAGE when even the shortest form is larger. */
export function renderHtml(summary: Summary, versus: Versus | null = null): string {
  const told = toldOf(summary, versus);
  for (const detail of DETAILS) {
    const most = detail === DETAILS.at(-1) ? LIMITS.reportMaxBytes : LIMITS.reportTargetBytes;
    const data = chunks(told, detail, most);
    const page = data && frame(summary, data);
    if (page !== undefined && page.length <= most) return page;
  }
  throw new CutoverError("USAGE", "the report would be too large to open", {
    expected: `at most ${count(LIMITS.reportMaxBytes)} bytes`,
    received: `${count(Object.keys(summary.models).length)} models, ${count(summary.groups.length)} groups`,
    hint: "cutover compare --json gives every figure, cutover export every finding",
  });
}

/** Chunk 0 is the index, chunk i the i-th model of the table; undefined once they take more than `most` bytes. */
function chunks(told: Told, detail: Detail, most: number): string[] | undefined {
  const models = modelsInOrder(told.summary.models);
  const byModel = Map.groupBy(told.groups, (group) => group.model);
  const packed = [pack(indexOf(told, models, byModel, detail))];
  let bytes = packed[0]?.length ?? 0;
  // One at a time, so that no more than one model's nodes are in memory.
  for (const [name, model] of models) {
    const chunk = pack(modelDocument(told, name, model, byModel.get(name) ?? [], detail));
    bytes += chunk.length;
    if (bytes > most) return undefined;
    packed.push(chunk);
  }
  return packed;
}

function indexOf(
  told: Told,
  models: readonly [string, ModelSummary][],
  byModel: ReadonlyMap<string, readonly Group[]>,
  detail: Detail,
): IndexDocument {
  const { summary, versus } = told;
  const [first, ...others] = models;
  const alone = first && others.length === 0;
  const kept = new Set([...byModel.values()].flatMap((groups) => groups.slice(0, detail.groups)));
  return {
    models: models.map(([name, model]) =>
      modelEntry(name, model, byModel.get(name) ?? [], changesOf(told, name, byModel.get(name) ?? [])),
    ),
    detail: alone ? modelDocument(told, ...first, byModel.get(first[0]) ?? [], detail) : overview(told, models, detail),
    commands: commandsOf(summary),
    parts: {
      lineage: lineagePart(summary),
      verdict: verdictPart(summary),
      next: nextPart(summary),
      figures: figuresPart(summary),
      causes: explanationsPart(summary, (group) => kept.has(group)),
      verdicts: verdictsPart(summary),
      kind: kindsPart(summary),
      change: changesPart(summary, versus),
      against: againstPart(summary, versus),
      sums: coveragePart(summary),
      settings: settingsPart(summary, noteOf(detail)),
    },
  };
}

function modelDocument(
  told: Told,
  name: string,
  model: ModelSummary,
  groups: readonly Group[],
  detail: Detail,
): DetailDocument {
  const left = groups.length - detail.groups;
  const first = told.versus === null ? "most frequent" : "first";
  return {
    title: visible(name),
    note: left > 0 ? `The ${count(detail.groups)} ${first}; ${plural(left, "more group")} in cutover export.` : "",
    facts: modelFacts(model),
    flips: flipMatrices(groups),
    fieldHead: fieldHead(false),
    fields: modelFields(model),
    groups: groups
      .slice(0, detail.groups)
      .map((group, i) => groupCard(group, model, i < detail.full ? detail.first : detail.rest, told.statusOf(group))),
    ...fixedOf(told, name, detail.groups),
  };
}

function overview(told: Told, models: readonly [string, ModelSummary][], detail: Detail): DetailDocument {
  const { summary, versus, statusOf } = told;
  const groups = told.groups.slice(0, OVERVIEW_GROUPS);
  const note = `The ${count(groups.length)} ${versus === null ? "most frequent" : "first"} of ${count(summary.groups.length)}: open a model for all of its own.`;
  return {
    title: "All models",
    note: groups.length < summary.groups.length ? note : "",
    facts: [],
    flips: [],
    fieldHead: fieldHead(true),
    fields: fleetFields(models.map(([, model]) => model)),
    groups: groups.map((group) =>
      groupCard(group, ownModel(summary, group), detail.full > 0 ? detail.first : detail.rest, statusOf(group)),
    ),
    ...fixedOf(told, null, Math.min(detail.groups, OVERVIEW_FIXED)),
  };
}

/** A summary is a file that anybody may have written: a group may name a model that is none. */
function ownModel({ models }: Summary, { model }: Group): ModelSummary | undefined {
  return Object.hasOwn(models, model) ? models[model] : undefined;
}

/** What a reader of a shortened page must know; null for a full one. */
function noteOf(detail: Detail): string | null {
  if (detail === DETAILS[0]) return null;
  const requests = detail.full > 0 ? `, requests and drawings for the first ${detail.full} of them` : "";
  return `shortened to ${detail.groups} groups a model and ${plural(detail.rest.examples, "example")} a group${requests}; cutover export has every finding`;
}

function pack(document: IndexDocument | DetailDocument): string {
  return gzipSync(JSON.stringify(document)).toString("base64");
}
