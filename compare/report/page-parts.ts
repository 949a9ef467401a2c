/** The parts of the page that never change: verdict and why, coverage, settings and lineage. */
import type { ModelSummary, Summary, Verdict } from "../summary.ts";
import { money } from "../verdict/service.ts";
import {
  count,
  covered,
  duration,
  percent,
  plural,
  QUANTILES,
  type Sum,
  shellWord,
  slowdown,
  sums,
  words,
} from "./figures.ts";
import { assumptions, coldLine, parityLines, versionLine, waiverLine } from "./judgement.ts";
import { verdictName } from "./order.ts";
import { badge, modelKey } from "./page-models.ts";
import { visible } from "./text.ts";
import { el, type Vnode } from "./vnode.ts";

const MEANING: Readonly<Record<Verdict, string>> = {
  pass: "The candidate answers as the legacy system did, within the limits set.",
  fail: "The candidate does not answer as the legacy system did.",
  inconclusive: "There is not enough evidence yet, either way.",
  error: "Something that should have been compared could not be.",
};
const READY_SHOWN = 24;

export function verdictPart(summary: Summary): Vnode[] {
  const name = verdictName(summary);
  const meaning = summary.exitCode === 4 ? "There is no evidence, so there is no verdict." : MEANING[summary.verdict];
  const total = Object.keys(summary.models).length;
  const ready = [...summary.ready].sort();
  const chips = ready
    .slice(0, READY_SHOWN)
    .map((model) =>
      el(
        "a",
        { class: "chip", href: `#model=${encodeURIComponent(modelKey(model))}`, "data-model": modelKey(model) },
        visible(model),
      ),
    );
  return [
    el("h1", {}, name.charAt(0) + name.slice(1).toLowerCase()),
    el("p", { class: "meaning" }, meaning),
    el("ul", { class: "reasons" }, ...summary.reasons.map((reason) => el("li", {}, visible(reason)))),
    el(
      "p",
      { class: "ready" },
      el("b", {}, `${count(ready.length)} of ${plural(total, "model")} ready to move`),
      ...chips,
      ready.length > READY_SHOWN && el("span", {}, `and ${count(ready.length - READY_SHOWN)} more`),
    ),
  ];
}

/** Four figures that a reader asks for first. */
export function figuresPart(summary: Summary): Vnode[] {
  const { coverage, outcomes, latency } = summary;
  const figure = (value: string, label: string, note: string): Vnode =>
    el("div", { class: "figure" }, el("dt", {}, label), el("dd", {}, el("b", {}, value), el("span", {}, note)));
  const rate = coverage.compared === 0 ? 0 : outcomes.mismatch / coverage.compared;
  const errors = Object.values(summary.models).reduce((sum, model) => sum + (model.errors.legacy_unparseable ?? 0), 0);
  const share = covered({ coverage, errors: { legacy_unparseable: errors } });
  const slow = slowdown(latency.legacy.p99, latency.candidate.p99);
  return [
    figure(count(coverage.compared), "Pairs compared", `of ${count(coverage.scope)} in scope`),
    figure(count(outcomes.mismatch), "Mismatches", `${percent(rate)} of the pairs`),
    figure(
      percent(share, "down"),
      "Coverage",
      coverage.scope === 0
        ? "nothing in scope"
        : `${count(coverage.unpaired)} unpaired, ${count(coverage.notComparable)} not comparable`,
    ),
    figure(
      slow === "" ? "–" : slow,
      "Latency, p99",
      slow === "" ? "too few answers" : `${duration(latency.legacy.p99)} → ${duration(latency.candidate.p99)}`,
    ),
  ];
}

export function coveragePart(summary: Summary): Vnode[] {
  const skipped = Object.entries(summary.coverage.skippedBy).filter(([, times]) => times > 0);
  return [
    ...sums(summary.coverage, summary.outcomes).map(sumNode),
    ...(skipped.length === 0 ? [] : [el("p", { class: "muted" }, `Skipped: ${tally(skipped)}`)]),
  ];
}

const TONES: Readonly<Record<string, string>> = {
  match: "good",
  "in scope": "base",
  compared: "base",
  mismatch: "bad",
  unpaired: "warn",
  "not comparable": "warn",
  ignored: "soft",
  skipped: "soft",
};

function sumNode(sum: Sum): Vnode {
  const width = 600;
  const whole = Math.max(
    1,
    sum.parts.reduce((total, part) => total + part.value, 0),
  );
  let x = 0;
  const bars = sum.parts.flatMap((part) => {
    if (part.value === 0) return [];
    const length = Math.max(3, (part.value / whole) * width);
    const bar = el("rect", {
      class: TONES[part.label] ?? "base",
      x: Math.min(x, width - length).toFixed(1),
      width: length.toFixed(1),
      height: "10",
    });
    x += length;
    return [bar];
  });
  return el(
    "div",
    { class: "sum" },
    el(
      "p",
      {},
      el("b", {}, count(sum.total.value)),
      ` ${sum.total.label}`,
      el("span", { class: sum.adds ? "sign" : "sign wrong" }, sum.adds ? " = " : " ≠ "),
      ...sum.parts.flatMap((part, i) => [
        i > 0 ? " + " : "",
        el(
          "span",
          { class: part.value === 0 ? "muted" : "part" },
          el("i", { class: `key ${TONES[part.label] ?? "base"}` }),
          `${count(part.value)} ${part.label}`,
        ),
      ]),
      sum.adds ? "" : el("strong", { class: "wrong" }, " does not add up"),
    ),
    el(
      "svg",
      { class: "stack", viewBox: `0 0 ${width} 10`, preserveAspectRatio: "none", "aria-hidden": "true" },
      ...bars,
    ),
  );
}

/** What is worth knowing about one model besides its row. */
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
  const head = ["", "legacy", "candidate", ""].map((title) => el("th", { scope: "col" }, title));
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

export function settingsPart(summary: Summary, note: string | null): Vnode[] {
  const run = shellWord(visible(summary.run));
  const rows: [string, Vnode | string][] = [
    ["Run", el("code", {}, visible(summary.run))],
    ["Target", el("code", {}, visible(summary.target))],
    ["Rules", el("code", {}, visible(summary.rules))],
    ["Configuration", el("code", {}, visible(summary.config.hash))],
    ["Captures judged", el("code", {}, visible(summary.inputs.captures))],
    ["Replays judged", el("code", {}, visible(summary.inputs.replays))],
    ["Latency, all models", latencyTable(summary.latency)],
  ];
  const warnings = Object.entries(summary.warnings).filter(([, times]) => (times ?? 0) > 0);
  if (warnings.length > 0) rows.push(["Noted", tally(warnings)]);
  if (summary.unusedRules.length > 0) {
    const rules = summary.unusedRules.map((rule) =>
      el(
        "li",
        {},
        el("code", {}, visible(`models["${rule.pattern}"].rules[${rule.index}]`)),
        ` ${visible(`${rule.type} ${rule.path}`)}`,
      ),
    );
    rows.push(["Rules that matched nothing", el("ul", {}, ...rules)]);
  }
  if (summary.waivers) {
    const waivers = summary.waivers.map((waiver) => el("li", {}, visible(waiverLine(waiver))));
    rows.push(["Waivers", el("ul", {}, ...waivers)]);
  }
  if (summary.noise) {
    rows.push([
      "Noise",
      `of legacy against itself, by run ${visible(summary.noise.run)}; advice, nothing is subtracted`,
    ]);
  }
  if (note !== null) rows.push(["This page", note]);
  rows.push(["Statistics", assumptions(summary)]);
  rows.push(["Made by", `cutover ${visible(summary.version)}, summary schema ${summary.schema}`]);
  const commands = [
    `cutover compare --run ${run}`,
    `cutover export ${run} --format parquet --out diffs.parquet`,
    `cutover gate --run ${run}`,
  ];
  return [
    el("dl", { class: "facts" }, ...rows.flatMap(([term, value]) => [el("dt", {}, term), el("dd", {}, value)])),
    ...commands.map((command) =>
      el(
        "p",
        { class: "command" },
        el("code", {}, command),
        el("button", { type: "button", "data-copy": command, "aria-label": `Copy: ${command}` }, "Copy"),
      ),
    ),
  ];
}

function tally(counts: readonly (readonly [string, number | undefined])[]): string {
  return counts.map(([name, times]) => `${visible(words(name))} ${count(times ?? 0)}`).join(", ");
}
