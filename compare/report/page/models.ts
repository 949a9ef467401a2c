/** Rows of the models table: where each model stands against its limit. */
import type { Group, ModelSummary, Verdict } from "../../summary.ts";
import { count, covered, duration, percent, slowdown, words } from "../figures.ts";
import { visible } from "../text.ts";
import type { Entry } from "./document.ts";
import { modelHash, modelKey } from "./links.ts";
import { el, type Vnode } from "./vnode.ts";

export function badge(verdict: Verdict): Vnode {
  return el("span", { class: `badge ${verdict}` }, words(verdict));
}

/** `groups` are the model's own: what is found in it is found by their words, and by what became of them against another run. */
export function modelEntry(
  name: string,
  model: ModelSummary,
  groups: readonly Group[],
  changes: readonly string[] = [],
): Entry {
  const key = modelKey(name);
  const sign = model.n === 0 || model.limit === null || model.evidence ? "" : model.upper <= model.limit ? "≤ " : "> ";
  const num = (text: string): Vnode => el("td", { class: "num" }, text);
  const link = el("a", { href: modelHash(name), "data-model": key }, visible(name));
  const node = el(
    "tr",
    {},
    el("th", { scope: "row" }, link),
    el("td", {}, badge(model.verdict)),
    num(count(model.n)),
    num(count(model.k)),
    num(percent(model.rate)),
    el("td", { class: "scale" }, model.n === 0 ? "no pairs" : intervalChart(model)),
    num(model.n === 0 ? "–" : percent(model.upper, "up")),
    num(model.evidence ?? (model.limit === null ? "no gate" : `${sign}${percent(model.limit)}`)),
    num(percent(covered(model), "down")),
    el("td", { class: "num" }, ...latency(model)),
  );
  const kinds = [...new Set(groups.map(({ kind }) => kind))];
  const causes = [...new Set(groups.flatMap(({ signature }) => (signature ? [words(signature.name)] : [])))];
  const find = [visible(name), model.verdict, ...kinds.map(words), ...causes].join(" ").toLowerCase();
  const entry = { find, verdict: model.verdict, model: key, kinds: ` ${kinds.join("  ")} `, node };
  return changes.length === 0 ? entry : { ...entry, changes: ` ${changes.join("  ")} ` };
}

function latency({ latency: { legacy, candidate } }: ModelSummary): Vnode[] {
  if (legacy.p99 === null && candidate.p99 === null) return ["–"];
  const ratio = slowdown(legacy.p99, candidate.p99);
  return [
    `${duration(legacy.p99)} → ${duration(candidate.p99)}`,
    ...(ratio === "" ? [] : [el("span", { class: "muted" }, ` ${ratio}`)]),
  ];
}

/** The scale of the chart: six powers of ten up to 100 %, rates below it stand at the left edge. */
const DECADES = 6;
const CHART = { width: 140, height: 18, edge: 5 };

function place(share: number): string {
  const decades = share <= 0 ? 0 : Math.max(0, DECADES + Math.log10(Math.min(1, share)));
  return (CHART.edge + (decades / DECADES) * (CHART.width - 2 * CHART.edge)).toFixed(1);
}

/** Rate (dot) and its bounds (bar) against the limit (tick), on a logarithmic scale. */
export function intervalChart(model: Pick<ModelSummary, "rate" | "lower" | "upper" | "limit" | "verdict">): Vnode {
  const middle = String(CHART.height / 2);
  const from = place(model.lower);
  const width = (Number(place(model.upper)) - Number(from)).toFixed(1);
  const limit = model.limit === null ? "" : `, limit ${percent(model.limit)}`;
  const label = `rate ${percent(model.rate)}, between ${percent(model.lower, "down")} and ${percent(model.upper, "up")}${limit}`;
  const { width: total, height } = CHART;
  const tick = model.limit === null ? null : place(model.limit);
  return el(
    "svg",
    {
      class: `chart ${model.verdict}`,
      viewBox: `0 0 ${total} ${height}`,
      width: String(total),
      height: String(height),
      role: "img",
      "aria-label": label,
    },
    el("title", {}, label),
    el("line", { class: "axis", x1: String(CHART.edge), x2: String(total - CHART.edge), y1: middle, y2: middle }),
    el("rect", { class: "range", x: from, width, y: String(height / 2 - 3), height: "6", rx: "3" }),
    el("circle", { class: "dot", cx: place(model.rate), cy: middle, r: "4" }),
    tick !== null && el("line", { class: "limit", x1: tick, x2: tick, y1: "1", y2: String(height - 1) }),
  );
}
