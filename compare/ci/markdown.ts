/**
 * Markdown for a step summary or a comment on a pull request. Whatever came from outside stands in code, where nothing
 * is a link, a mention, an image or markup. A pure function of the summary.
 */
import { count, covered, percent, plural, sums, words } from "../report/figures.ts";
import { assumptions, parityOfRun, waiverLine } from "../report/judgement.ts";
import { groupsInOrder, modelsInOrder, verdictName } from "../report/order.ts";
import { clip, visible } from "../report/text.ts";
import type { Group, ModelSummary, Summary, Verdict } from "../summary.ts";

export interface MarkdownOptions {
  /** UTF-8 bytes; tables are cut to so many rows as fit. */
  readonly maxBytes: number;
}

/** Rows of a table and reasons, the fullest that fits. */
const ROWS = [100, 50, 20, 8, 3, 1] as const;
const VALUE_COLUMNS = 48;
const MARK: Readonly<Record<Verdict, string>> = { pass: "✅", fail: "❌", inconclusive: "❔", error: "⚠️" };

export function renderMarkdown(summary: Summary, { maxBytes }: MarkdownOptions): string {
  for (const rows of ROWS) {
    const text = render(summary, rows);
    if (Buffer.byteLength(text) <= maxBytes) return text;
  }
  return `${title(summary)}\n`;
}

function render(summary: Summary, rows: number): string {
  const { reasons, ready, models } = summary;
  const total = Object.keys(models).length;
  const parity = parityOfRun(summary);
  const parts = [
    title(summary),
    block([...reasons.slice(0, rows), ...more(reasons.length - rows, "reason")]),
    `**Ready to move: ${count(ready.length)} of ${plural(total, "model")}**${ready.length > 0 ? ` ${names(ready, rows)}` : ""}`,
    modelTable(summary, rows),
    groupTable(summary, rows),
    ...(parity === "" ? [] : [`Parity: ${parity}`]),
    coverage(summary),
    ...(summary.waivers ? [block(summary.waivers.slice(0, rows).map(waiverLine))] : []),
    `<sub>Run ${code(summary.run)}, target ${code(summary.target)}, rules ${code(summary.rules)}. ${assumptions(summary)}</sub>`,
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function title(summary: Summary): string {
  return `## ${MARK[summary.verdict] ?? ""} cutover: ${verdictName(summary)}`;
}

function names(ready: readonly string[], rows: number): string {
  const hidden = ready.length - rows;
  return `${ready.slice(0, rows).map(code).join(" ")}${hidden > 0 ? ` and ${count(hidden)} more` : ""}`;
}

function modelTable({ models }: Summary, rows: number): string {
  const all = modelsInOrder(models);
  if (all.length === 0) return "";
  const lines = all.slice(0, rows).map(([name, model]) => modelRow(name, model));
  return [
    "| | model | pairs | mismatches | rate | bound | limit | coverage |",
    "|---|---|--:|--:|--:|--:|--:|--:|",
    ...lines,
    ...more(all.length - rows, "model").map((text) => `| | ${text} | | | | | | |`),
  ].join("\n");
}

function modelRow(name: string, model: ModelSummary): string {
  const limit = model.evidence ?? (model.limit === null ? "no gate" : percent(model.limit));
  const bound = model.n === 0 ? "–" : percent(model.upper, "up");
  const cells = [
    MARK[model.verdict] ?? "",
    code(name),
    count(model.n),
    count(model.k),
    percent(model.rate),
    bound,
    limit,
    percent(covered(model), "down"),
  ];
  return `| ${cells.join(" | ")} |`;
}

function groupTable({ groups }: Summary, rows: number): string {
  const all = groupsInOrder(groups);
  if (all.length === 0) return "";
  return [
    "| count | model | field | difference | legacy → candidate | fingerprint |",
    "|--:|---|---|---|---|---|",
    ...all.slice(0, rows).map(groupRow),
    ...more(all.length - rows, "group").map((text) => `| | ${text} | | | | |`),
  ].join("\n");
}

function groupRow(group: Group): string {
  const [first] = group.examples;
  const value = (text: string | null): string => (text === null ? "absent" : code(clip(visible(text), VALUE_COLUMNS)));
  const example = first ? `${value(first.legacy)} → ${value(first.candidate)}` : "";
  const waived = group.waived ? ` (${count(group.waived)} waived)` : "";
  const trait = [group.direction, group.magnitude].filter((part) => part !== "" && part !== "none").join(" ");
  const what = `${words(group.kind)}${trait === "" ? "" : ` ${code(trait)}`}`;
  const cells = [
    `${count(group.count)}${waived}`,
    code(group.model),
    code(clip(visible(group.path), VALUE_COLUMNS)),
    what,
  ];
  return `| ${[...cells, example, code(group.fingerprint)].join(" | ")} |`;
}

function coverage(summary: Summary): string {
  const lines = sums(summary.coverage, summary.outcomes).map(({ total, parts, adds }) => {
    const text = parts.map(({ label, value }) => `${count(value)} ${label}`).join(" + ");
    return `${count(total.value)} ${total.label} ${adds ? "=" : "≠"} ${text}${adds ? "" : ": DOES NOT ADD UP"}`;
  });
  return `Coverage: ${lines.join("; ")}`;
}

function more(hidden: number, noun: string): string[] {
  return hidden > 0 ? [`… and ${plural(hidden, `more ${noun}`)}`] : [];
}

/** A code span: its fence is longer than any run of backticks in it; a bar would end the cell of a table. */
function code(text: string): string {
  const shown = visible(text);
  if (shown === "") return "";
  const fence = "`".repeat(longestRun(shown) + 1);
  const edge = /^[` ]|[` ]$/.test(shown) ? " " : "";
  return `${fence}${edge}${shown.replaceAll("|", "\\|")}${edge}${fence}`;
}

/** A block of lines as they are. */
function block(lines: readonly string[]): string {
  if (lines.length === 0) return "";
  const shown = lines.map(visible);
  const fence = "`".repeat(Math.max(3, ...shown.map((line) => longestRun(line) + 1)));
  return [`${fence}text`, ...shown, fence].join("\n");
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
