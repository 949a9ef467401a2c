/** The first screen: may I move, and if not, why, and what do I do next. */
import type { Summary, Verdict } from "../../summary.ts";
import { count, covered, duration, percent, plural, slowdown } from "../figures.ts";
import { lookSteps, nextSteps, readySteps, type Step } from "../next.ts";
import { verdictName } from "../order.ts";
import { visible } from "../text.ts";
import { modelHash, modelKey } from "./links.ts";
import { el, type Vnode } from "./vnode.ts";

const MEANING: Readonly<Record<Verdict, string>> = {
  pass: "You may move: the candidate answers as the legacy system did, within the limits set.",
  fail: "Do not move: the candidate does not answer as the legacy system did.",
  inconclusive: "Not yet: there is not enough evidence, either way.",
  error: "Not yet: something that should have been compared could not be.",
};
const NO_EVIDENCE = "Not yet: nothing was compared, so there is no verdict.";
const READY_SHOWN = 6;
/** So that the first causes stand on the first screen. */
const REASONS_SHOWN = 3;

export function verdictPart(summary: Summary): Vnode[] {
  const name = verdictName(summary);
  const meaning = summary.exitCode === 4 ? NO_EVIDENCE : MEANING[summary.verdict];
  const item = (reason: string): Vnode => el("li", {}, visible(reason));
  const reasons = summary.reasons.slice(0, REASONS_SHOWN);
  const others = summary.reasons.slice(REASONS_SHOWN);
  return [
    el("h1", {}, name.charAt(0) + name.slice(1).toLowerCase()),
    el("p", { class: "meaning" }, meaning),
    el("ul", { class: "reasons" }, ...reasons.map(item)),
    others.length > 0 &&
      el(
        "details",
        {},
        el("summary", {}, `${plural(others.length, "more reason")}`),
        el("ul", { class: "reasons" }, ...others.map(item)),
      ),
    readyLine(summary),
  ].filter((node) => node !== false);
}

function readyLine(summary: Summary): Vnode {
  const total = Object.keys(summary.models).length;
  const ready = [...summary.ready].sort();
  const chips = ready
    .slice(0, READY_SHOWN)
    .map((model) => el("a", { class: "chip", href: modelHash(model), "data-model": modelKey(model) }, visible(model)));
  return el(
    "p",
    { class: "ready" },
    el("b", {}, `${count(ready.length)} of ${plural(total, "model")} ready to move`),
    ...chips,
    ready.length > READY_SHOWN && el("span", { class: "muted" }, `and ${count(ready.length - READY_SHOWN)} more`),
  );
}

/** Commands that bring the reader on from this verdict, the first ones first. */
export function nextPart(summary: Summary): Vnode[] {
  const before = summary.verdict === "pass" ? [] : [...lookSteps(summary), ...readySteps(summary)];
  const steps = [...before, ...nextSteps(summary)];
  return [el("h2", {}, "Next"), el("ol", {}, ...steps.map(stepNode))];
}

function stepNode({ command, why }: Step): Vnode {
  return el("li", {}, el("span", { class: "why" }, why), commandNode(command));
}

/** A command with the button that copies it. */
export function commandNode(command: string): Vnode {
  return el(
    "span",
    { class: "command" },
    el("code", {}, command),
    el("button", { type: "button", "data-copy": command, "aria-label": `Copy: ${command}` }, "Copy"),
  );
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
