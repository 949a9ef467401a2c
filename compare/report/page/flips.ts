/** Which labels turned into which: one matrix a field, read from the directions of label groups. Pure. */
import type { Group } from "../../summary.ts";
import { count } from "../figures.ts";
import { visible } from "../text.ts";
import { el, type Vnode } from "./vnode.ts";

/** Labels on a side; those with the fewest flips are summed as `others`. */
const LABELS_SHOWN = 12;
/** Steps of shading, the count itself stands in each cell. */
const SHADES = 5;
const OTHERS = "others";

/** Fields in which a label flipped, most flips first. */
export function flipMatrices(groups: readonly Group[]): Vnode[] {
  const flips = groups.filter(({ kind, direction }) => kind === "label_flip" && direction.split("→").length === 2);
  const fields = [...Map.groupBy(flips, ({ path }) => path)].map(([path, of]) => ({ path, of, total: total(of) }));
  return fields.sort((a, b) => b.total - a.total).map(({ path, of, total: all }) => matrix(path, of, all));
}

function matrix(path: string, groups: readonly Group[], all: number): Vnode {
  const flips = groups.map(({ direction, count: times }) => {
    const [from = "", to = ""] = direction.split("→");
    return { from, to, times };
  });
  const rows = frequent(flips.map(({ from, times }) => [from, times]));
  const columns = frequent(flips.map(({ to, times }) => [to, times]));
  const cells = new Map<string, number>();
  for (const { from, to, times } of flips) {
    const key = JSON.stringify([rows.includes(from) ? from : OTHERS, columns.includes(to) ? to : OTHERS]);
    cells.set(key, (cells.get(key) ?? 0) + times);
  }
  const largest = Math.max(...cells.values());
  const cell = (from: string, to: string): Vnode => {
    const times = cells.get(JSON.stringify([from, to])) ?? 0;
    if (times === 0) return el("td", { class: "num muted" }, from === to ? "" : "·");
    return el("td", { class: `num shade-${Math.ceil((times / largest) * SHADES)}` }, count(times));
  };
  const head = columns.map((to) => el("th", { scope: "col", class: "num" }, visible(to)));
  return el(
    "figure",
    { class: "flips" },
    el(
      "figcaption",
      {},
      el("b", { class: "code" }, visible(path)),
      ` ${count(all)} labels changed: legacy down, candidate across`,
    ),
    el(
      "div",
      { class: "scrolls", role: "region", tabindex: "0", "aria-label": `Changed labels of ${visible(path)}` },
      el(
        "table",
        { class: "matrix" },
        el("thead", {}, el("tr", {}, el("td", {}), ...head)),
        el(
          "tbody",
          {},
          ...rows.map((from) =>
            el("tr", {}, el("th", { scope: "row" }, visible(from)), ...columns.map((to) => cell(from, to))),
          ),
        ),
      ),
    ),
  );
}

/** The labels by name, or the most frequent of them and one for all others. */
function frequent(labels: readonly (readonly [label: string, times: number])[]): string[] {
  const sums = new Map<string, number>();
  for (const [label, times] of labels) sums.set(label, (sums.get(label) ?? 0) + times);
  const order = (a: string, b: string): number => (a < b ? -1 : 1);
  if (sums.size <= LABELS_SHOWN) return [...sums.keys()].sort(order);
  const kept = [...sums].sort((a, b) => b[1] - a[1] || order(a[0], b[0])).slice(0, LABELS_SHOWN - 1);
  return [...kept.map(([label]) => label).sort(order), OTHERS];
}

function total(groups: readonly Group[]): number {
  return groups.reduce((sum, group) => sum + group.count, 0);
}
