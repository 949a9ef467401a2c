/** What is worth knowing about one model besides its row. */
import type { ModelSummary, Summary } from "../../summary.ts";
import { money } from "../../verdict/service.ts";
import { count, covered, duration, percent, QUANTILES, slowdown, words } from "../figures.ts";
import { coldLine, parityLines, versionLine } from "../judgement.ts";
import { visible } from "../text.ts";
import { badge } from "./models.ts";
import { el, type Vnode } from "./vnode.ts";
export function modelFacts(model: ModelSummary): Vnode[] {
  const rows: [string, Vnode | string][] = [["Verdict", badge(model.verdict)]];
  if (model.reasons.length > 0)
    rows.push(["Why", el("ul", {}, ...model.reasons.map((reason) => el("li", {}, visible(reason))))]);
  if (model.n > 0) {
    const confidence = model.confidence === null ? "" : ` at ${percent(model.confidence)} confidence`;
    rows.push([
      "True rate",
      `between ${percent(model.lower, "down")} and ${percent(model.upper, "up")}, each${confidence || " a one-sided bound"}`,
    ]);
  }
  for (const line of parityLines(model.parity, model.n)) rows.push(["Parity", line]);
  if (model.pairsNeeded !== null) rows.push(["Needs", `about ${count(model.pairsNeeded)} more pairs`]);
  const { outcomes, coverage } = model;
  rows.push([
    "Pairs",
    `${count(outcomes.match)} match, ${count(outcomes.mismatch)} mismatch, ${count(outcomes.ignored)} ignored${model.waived ? ` (${count(model.waived)} of them by waivers)` : ""}`,
  ]);
  rows.push([
    "Coverage",
    `${percent(covered(model), "down")}: ${count(coverage.compared)} of ${count(coverage.scope)} compared, ${count(coverage.unpaired)} unpaired, ${count(coverage.notComparable)} not comparable, ${count(coverage.skipped)} skipped`,
  ]);
  const errors = Object.entries(model.errors).filter(([, times]) => times > 0);
  if (errors.length > 0) rows.push(["Errors", `${percent(model.errorRate)}: ${tally(errors)}`]);
  const empty = Object.entries(model.empty ?? {});
  if (empty.length > 0) rows.push(["Empty on both sides", tally(empty)]);
  if (model.versions) rows.push(["Versions", visible(versionLine(model))]);
  if (model.costPer1000 !== undefined) rows.push(["Cost of 1,000 calls", money(model.costPer1000)]);
  const warnings = Object.entries(model.warnings);
  if (warnings.length > 0) rows.push(["Noted", tally(warnings)]);
  if (model.uncovered.length > 0) rows.push(["No rule for", visible(model.uncovered.join(", "))]);
  if (model.latency.candidate.count > 0) rows.push(["Latency", latencyTable(model.latency)]);
  if (model.latency.cold) rows.push(["Cold starts", coldLine(model.latency)]);
  return [el("dl", { class: "facts" }, ...rows.flatMap(([term, value]) => [el("dt", {}, term), el("dd", {}, value)]))];
}

export function latencyTable({ legacy, candidate }: Summary["latency"]): Vnode {
  const head = ["", "legacy", "candidate", ""].map((title) =>
    title === "" ? el("td", {}) : el("th", { scope: "col" }, title),
  );
  const rows = QUANTILES.map((name) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, name),
      el("td", { class: "num" }, duration(legacy[name])),
      el("td", { class: "num" }, duration(candidate[name])),
      el("td", { class: "num muted" }, slowdown(legacy[name], candidate[name])),
    ),
  );
  return el("table", { class: "small" }, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows));
}

export function tally(counts: readonly (readonly [string, number | undefined])[]): string {
  return counts.map(([name, times]) => `${visible(words(name))} ${count(times ?? 0)}`).join(", ");
}
