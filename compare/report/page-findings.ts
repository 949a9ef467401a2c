/** Fields and groups: what differs, how often, and what it looks like. */
import type { FieldCounts, Group, GroupExample, ModelSummary } from "../summary.ts";
import { count, percent, plural, shellWord, words } from "./figures.ts";
import type { Entry } from "./page-script.ts";
import { commonPrefix, commonSuffix, visible, visiblePair } from "./text.ts";
import { el, type Vnode } from "./vnode.ts";

export interface FieldRow extends FieldCounts {
  readonly model: string;
  readonly path: string;
  readonly rule: string;
}

/** Every field and rule of a model, the most often failing first, then by path. */
export function fieldRows(name: string, model: ModelSummary): FieldRow[] {
  const rows = Object.entries(model.fields).flatMap(([path, rules]) =>
    Object.entries(rules).map(([rule, counts]) => ({ ...counts, model: name, path, rule })),
  );
  return rows.sort(byFailures);
}

export function byFailures(a: FieldRow, b: FieldRow): number {
  return b.k - a.k || (a.path < b.path ? -1 : a.path > b.path ? 1 : a.rule < b.rule ? -1 : 1);
}

export function fieldEntry(row: FieldRow): Entry {
  const kinds = Object.entries(row.kinds).filter(([, times]) => (times ?? 0) > 0);
  const share = row.n === 0 ? 0 : row.k / row.n;
  const node = el(
    "tr",
    row.k === 0 ? { class: "quiet" } : {},
    el("th", { scope: "row", class: "code" }, visible(row.path)),
    el("td", {}, visible(row.model)),
    el("td", {}, visible(row.rule)),
    el("td", { class: "num" }, count(row.n)),
    el("td", { class: "num" }, count(row.k)),
    el("td", { class: "num" }, percent(share)),
    el("td", { class: "bar" }, proportion(share)),
    el("td", {}, kinds.map(([kind, times]) => `${visible(words(kind))} ${count(times ?? 0)}`).join(", ")),
    el("td", { class: "num" }, accepted(row)),
  );
  return {
    find: visible(`${row.path} ${row.model} ${row.rule} ${kinds.map(([kind]) => kind).join(" ")}`).toLowerCase(),
    node,
  };
}

/** Pairs that ignore rules and waivers accept here; beside them how often legacy differs from itself. */
function accepted({ ignored = 0, waived = 0, noise }: FieldRow): string {
  const parts = [
    ignored > 0 ? count(ignored) : "",
    waived > 0 ? `${count(waived)} waived` : "",
    noise === undefined ? "" : `noise ${noise.n === 0 ? "unknown" : percent(noise.k / noise.n)}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** A bar of the share; its figure stands beside it, so it is silent to a screen reader. */
function proportion(share: number): Vnode {
  const width = share === 0 ? 0 : Math.max(1.5, Math.min(1, share) * 80);
  return el(
    "svg",
    { class: "proportion", viewBox: "0 0 80 6", width: "80", height: "6", "aria-hidden": "true" },
    el("rect", { class: "track", width: "80", height: "6", rx: "3" }),
    el("rect", { class: "fill", width: width.toFixed(1), height: "6", rx: "3" }),
  );
}

export function groupEntry(group: Group, run: string, examples: number): Entry {
  const shown = group.examples.slice(0, examples);
  const [first, ...others] = shown.map((example) => exampleNode(example, group.path));
  const trait = [group.direction, group.magnitude].filter((part) => part !== "" && part !== "none").map(visible);
  const every = `cutover export ${shellWord(visible(run))} --format ndjson | jq -c 'select(.fingerprint=="${visible(group.fingerprint)}")'`;
  const node = el(
    "article",
    { class: "card" },
    el(
      "header",
      {},
      el(
        "p",
        { class: "times" },
        el("b", {}, count(group.count)),
        el("span", {}, `${percent(group.share)} of the model's mismatches`),
        proportion(group.share),
      ),
      el(
        "div",
        {},
        el("h3", { class: "code" }, visible(group.path)),
        el(
          "p",
          { class: "traits" },
          el("span", { class: "kind" }, words(group.kind)),
          ...trait.map((text) => el("span", { class: "trait" }, text)),
          group.waived ? el("span", { class: "trait" }, `${count(group.waived)} waived`) : null,
          el("span", { class: "muted" }, `rule ${visible(group.rule)} · ${visible(group.model)}`),
        ),
        group.cause !== null && el("p", { class: "cause" }, visible(group.cause)),
        group.slice !== null && el("p", { class: "cause" }, visible(group.slice)),
      ),
    ),
    first ?? null,
    others.length > 0 && el("details", {}, el("summary", {}, `${plural(others.length, "more example")}`), ...others),
    el(
      "footer",
      {},
      el("code", { class: "muted" }, visible(group.fingerprint)),
      el("button", { type: "button", "data-copy": every, title: every }, "Copy command for all of them"),
    ),
  );
  const find = `${group.path} ${group.model} ${group.kind} ${words(group.kind)} ${group.rule} ${group.fingerprint} ${group.cause ?? ""} ${group.slice ?? ""}`;
  return { find: visible(find).toLowerCase(), node };
}

/**
 * An example in short, since a page holds thousands: the script's `exampleNode` makes elements of it. Each
 * side is three texts, the middle one what the other side does not share.
 */
function exampleNode(example: GroupExample, field: string): Vnode {
  const path = example.path === field ? "" : visible(example.path);
  const texts = [visible(example.id), path, delta(example), visible(example.position)];
  const { legacy, candidate } = example;
  if (legacy === null || candidate === null) {
    const absent = [legacy === null ? "legacy" : "", candidate === null ? "candidate" : ""].join(" ").trim();
    return el("example", { absent }, ...texts, "", visible(legacy ?? ""), "", "", visible(candidate ?? ""), "");
  }
  const [left, right] = visiblePair(legacy, candidate);
  const prefix = commonPrefix(left, right);
  const suffix = commonSuffix(left, right, prefix);
  const parts = (text: string): string[] => {
    const end = text.length - suffix;
    return [text.slice(0, prefix), text.slice(prefix, end), text.slice(end)];
  };
  return el("example", {}, ...texts, ...parts(left), ...parts(right));
}

const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** `−0.0615 (−8.63 %)` between two numbers; empty for anything else, and for integers that doubles cannot hold. */
function delta({ legacy, candidate }: GroupExample): string {
  if (legacy === null || candidate === null || !NUMBER.test(legacy) || !NUMBER.test(candidate)) return "";
  const [from, to] = [Number(legacy), Number(candidate)];
  const change = to - from;
  if (!Number.isFinite(change) || change === 0 || Math.max(Math.abs(from), Math.abs(to)) > Number.MAX_SAFE_INTEGER)
    return "";
  const sign = change < 0 ? "−" : "+";
  const relative = from === 0 ? "" : ` (${sign}${percent(Math.abs(change / from))})`;
  return `${sign}${Number(Math.abs(change).toPrecision(3))}${relative}`;
}
