/** Rows of the field tree: one a path and rule. */
import type { FieldCounts } from "../../summary.ts";
import { count, percent, words } from "../figures.ts";
import { visible } from "../text.ts";
import type { Entry } from "./document.ts";
import { el, type Vnode } from "./vnode.ts";

export interface FieldRow extends Omit<FieldCounts, "kinds"> {
  readonly path: string;
  readonly rule: string;
  readonly kinds: Readonly<Record<string, number>>;
  /** Models in which it fails, of those that have it; only over several models. */
  readonly models?: readonly [failing: number, of: number];
}

export function fieldHead(fleet: boolean): Vnode {
  const titles = [
    "Field",
    "Rule",
    ">Pairs",
    ">Differ",
    ">Rate",
    "",
    "Kinds",
    fleet ? ">Models" : "",
    ">Accepted, noise",
  ];
  const cells = titles.map((title) =>
    title.startsWith(">")
      ? el("th", { scope: "col", class: "num" }, title.slice(1))
      : title === ""
        ? el("td", {})
        : el("th", { scope: "col" }, title),
  );
  return el("tr", {}, ...cells);
}

export function fieldEntry(row: FieldRow, depth: number): Entry {
  const kinds = Object.entries(row.kinds);
  const share = row.n === 0 ? 0 : row.k / row.n;
  const num = (text: string): Vnode => el("td", { class: "num" }, text);
  const node = el(
    "tr",
    row.k === 0 ? { class: "quiet" } : {},
    fieldName(row.path, depth),
    el("td", {}, visible(row.rule)),
    num(count(row.n)),
    num(count(row.k)),
    num(percent(share)),
    el("td", { class: "bar" }, row.k === 0 ? "" : proportion(share)),
    el("td", {}, kinds.map(([kind, times]) => `${visible(words(kind))} ${count(times)}`).join(", ")),
    num(row.models === undefined ? "" : `${count(row.models[0])} of ${count(row.models[1])}`),
    num(accepted(row)),
  );
  return {
    find: visible(`${row.path} ${row.rule} ${kinds.map(([kind]) => words(kind)).join(" ")}`).toLowerCase(),
    kinds: ` ${kinds.map(([kind]) => kind).join("  ")} `,
    ...(row.k === 0 ? { quiet: true as const } : {}),
    node,
  };
}

/** A step of a path with its sign: `.name`, `["quoted"]`, `[*]`. */
export const STEPS = /\.[^.[\]]+|\[(?:"(?:[^"\\]|\\.)*"|[^\]]*)\]/gsu;

/** The deeper, the further in; what the branch above says already is quiet. */
export function fieldName(path: string, depth: number): Vnode {
  const steps = path.slice(1).match(STEPS) ?? [];
  const last = depth > 0 ? (steps.at(-1) ?? path) : path;
  const above = path.slice(0, path.length - last.length);
  const level = `level-${Math.min(6, Math.max(0, depth - 1))}`;
  return el(
    "th",
    { scope: "row", class: `code ${level}` },
    above === "" ? null : el("span", { class: "above" }, visible(above)),
    visible(last),
  );
}

/** Pairs that ignore rules and waivers accept here; beside them how often legacy differs from itself. */
function accepted({ ignored = 0, waived = 0, noise }: FieldRow): string {
  const parts = [
    ignored > 0 ? `${count(ignored)} ignored` : "",
    waived > 0 ? `${count(waived)} waived` : "",
    noise === undefined ? "" : `noise ${noise.n === 0 ? "unknown" : percent(noise.k / noise.n)}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** A bar of the share; its figure stands beside it, so it is silent to a screen reader. */
export function proportion(share: number): Vnode {
  const width = share === 0 ? 0 : Math.max(1.5, Math.min(1, share) * 80);
  return el(
    "svg",
    { class: "proportion", viewBox: "0 0 80 6", width: "80", height: "6", "aria-hidden": "true" },
    el("rect", { class: "track", width: "80", height: "6", rx: "3" }),
    el("rect", { class: "fill", width: width.toFixed(1), height: "6", rx: "3" }),
  );
}
