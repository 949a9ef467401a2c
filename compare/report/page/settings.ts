/** Where the figures come from: every request accounted for, settings, and what was judged. */
import type { RuleUse, Summary } from "../../summary.ts";
import { ALL_FINDINGS, commandLine } from "../command-line.ts";
import { count, type Sum, sums } from "../figures.ts";
import { assumptions, waiverLine } from "../judgement.ts";
import { visible } from "../text.ts";
import { latencyTable, tally } from "./facts.ts";
import { commandNode } from "./verdict.ts";
import { el, type Vnode } from "./vnode.ts";

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

export function settingsPart(summary: Summary, note: string | null): Vnode[] {
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
  if (summary.problems) {
    const problems = summary.problems.map(({ place, message }) =>
      el("li", {}, el("code", {}, visible(place)), ` ${visible(message)}`),
    );
    rows.push(["Could not be compared", el("ul", {}, ...problems)]);
  }
  if (summary.unusedRules.length > 0) rows.push(["Rules that matched nothing", ruleList(summary.unusedRules)]);
  if (summary.expiredRules) rows.push(["Expired, accepting nothing", ruleList(summary.expiredRules)]);
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
  rows.push(["Commands", WHERE_COMMANDS_RUN]);
  const flags = { "--run": summary.run };
  const commands = [
    commandLine("compare", { flags }),
    commandLine("export", { about: [summary.run], flags: ALL_FINDINGS }),
    commandLine("gate", { flags }),
  ];
  return [
    el("dl", { class: "facts" }, ...rows.flatMap(([term, value]) => [el("dt", {}, term), el("dd", {}, value)])),
    ...commands.map((command) => el("p", {}, commandNode(command))),
  ];
}

/** The page stands in the store and is read on other machines: it names no path of the one that made it. */
const WHERE_COMMANDS_RUN =
  "are for the folder of cutover.yaml; where yours has another name or place, put --config FILE, or --store URL, behind cutover";

function ruleList(rules: readonly RuleUse[]): Vnode {
  const place = ({ pattern, index }: RuleUse): string => visible(`models["${pattern}"].rules[${index}]`);
  const items = rules.map((rule) =>
    el("li", {}, el("code", {}, place(rule)), ` ${visible(`${rule.type} ${rule.path}`)}`),
  );
  return el("ul", {}, ...items);
}
