/** A comparison on a terminal: the verdict and why in the first lines, then where, then what to do next. */
import { inert } from "../../src/inert.ts";
import type { Given } from "../../src/shell.ts";
import type { Group, LatencyPair, Summary, Verdict } from "../summary.ts";
import { ALL_FINDINGS, type CommandParts, commandLine } from "./command-line.ts";
import { count, covered, duration, percent, plural, QUANTILES, slowdown, sums, words } from "./figures.ts";
import { assumptions, coldLine, noiseLines, parityOfRun, versionLine, waiverLine } from "./judgement.ts";
import { nextSteps } from "./next.ts";
import { groupsInOrder, modelsInOrder, verdictName } from "./order.ts";
import { type Column, table } from "./table.ts";
import { clip, commonPrefix, displayWidth, pad, visible, visiblePair, wrap } from "./text.ts";

const MODELS_SHOWN = 20;
const GROUPS_SHOWN = 12;
const REASONS_SHOWN = 8;
const REASON_LINES = 4;
const UNUSED_SHOWN = 5;
const WAIVERS_SHOWN = 5;
const VERSIONS_SHOWN = 5;
/** Narrower terminals get lines of this width all the same; wider ones are not filled. */
export const COLUMNS = { min: 50, max: 132 };

export interface TerminalOptions {
  readonly color: boolean;
  /** Display columns of the terminal. */
  readonly columns: number;
  /** Leave out the commands to try next: the caller has its own. */
  readonly quietEnd?: boolean;
  /** Flags of the whole program that printed commands need, too. */
  readonly given?: Given | undefined;
}

export type Paint = (text: string) => string;
export type Palette = Readonly<Record<"bold" | "dim" | "red" | "green" | "yellow" | "magenta", Paint>>;

/** Text of several lines, the last one ended. Plain ASCII control: only `\n`, and colour when asked for. */
export function renderTerminal(summary: Summary, options: TerminalOptions): string {
  const width = Math.min(COLUMNS.max, Math.max(COLUMNS.min, options.columns));
  const paint = palette(options.color);
  const sections = [
    headline(summary, paint, width),
    modelTable(summary, options.given, paint, width),
    groupTable(summary, options.given, paint, width),
    facts(summary, paint, width),
    options.quietEnd ? [] : next(summary, options.given, paint, width),
  ];
  const lines = sections.filter((section) => section.length > 0).flatMap((section) => [...section, ""]);
  return `${lines.slice(0, -1).join("\n")}\n`;
}

function headline(summary: Summary, paint: Palette, width: number): string[] {
  const name = verdictName(summary);
  const facts = [`run ${summary.run}`, `target ${summary.target}`, `rules ${summary.rules}`].map(show).join(" · ");
  const title = `${verdictPaint(summary.verdict, paint)(paint.bold(name))}  ${paint.dim(clip(facts, width - name.length - 2))}`;

  const reasons = summary.reasons.slice(0, REASONS_SHOWN).flatMap((reason) => bullet(show(reason), width));
  const more = summary.reasons.length - REASONS_SHOWN;
  if (more > 0) reasons.push(`  … and ${plural(more, "more reason")}`);

  const total = Object.keys(summary.models).length;
  const ready = [...summary.ready].sort().map(show).join(", ");
  const text = `ready to move: ${count(summary.ready.length)} of ${plural(total, "model")}${ready === "" ? "" : ` — ${ready}`}`;
  const readyLine = total === 0 ? [] : [`  ${(ready === "" ? paint.dim : paint.green)(clip(text, width - 2))}`];
  return [title, ...reasons, ...readyLine];
}

function bullet(text: string, width: number): string[] {
  return wrap(text, width - 4, REASON_LINES).map((line, i) => `${i === 0 ? "  • " : "    "}${line}`);
}

function modelTable(summary: Summary, given: TerminalOptions["given"], paint: Palette, width: number): string[] {
  const all = modelsInOrder(summary.models);
  if (all.length === 0) return [];
  const shown = all.slice(0, MODELS_SHOWN);
  const painted = (cell: string, row: number): string => verdictPaint(shown[row]?.[1].verdict, paint)(cell);
  const columns: Column[] = [
    { title: "", align: "left", drop: 0, paint: painted },
    { title: "model", align: "left", drop: 0, flexible: true },
    { title: "n", align: "right", drop: 3 },
    { title: "k", align: "right", drop: 2 },
    { title: "rate", align: "right", drop: 0 },
    { title: "bound", align: "right", drop: 1 },
    { title: "", align: "left", drop: 1 },
    { title: "limit", align: "right", drop: 1 },
    { title: "coverage", align: "right", drop: 4 },
    { title: "verdict", align: "left", drop: 0, paint: painted },
    { title: shown.some(([, model]) => model.pairsNeeded !== null) ? "needs" : "", align: "left", drop: 5 },
  ];
  const rows = shown.map(([name, model]) => [
    MARK[model.verdict],
    show(name),
    count(model.n),
    count(model.k),
    percent(model.rate),
    model.n === 0 ? "–" : percent(model.upper, "up"),
    model.limit === null || model.n === 0 || model.evidence ? "" : model.upper <= model.limit ? "≤" : ">",
    model.evidence ?? (model.limit === null ? "no gate" : percent(model.limit)),
    percent(covered(model), "down"),
    model.verdict.toUpperCase(),
    model.pairsNeeded === null ? "" : `~${count(model.pairsNeeded)} more pairs`,
  ]);
  const [titles = "", ...body] = table(columns, rows, width);
  return [paint.dim(titles), ...body, ...more(all.length - shown.length, "model", summary, given, paint)];
}

function groupTable(summary: Summary, given: TerminalOptions["given"], paint: Palette, width: number): string[] {
  const all = groupsInOrder(summary.groups);
  if (all.length === 0) return [];
  const shown = all.slice(0, GROUPS_SHOWN);
  const single = Object.keys(summary.models).length === 1;
  const columns: Column[] = [
    { title: "count", align: "right", drop: 0, paint: paint.bold },
    { title: "share", align: "right", drop: 3 },
    ...(single ? [] : [{ title: "model", align: "left", drop: 1 } as const]),
    { title: "field", align: "left", drop: 0 },
    { title: "difference", align: "left", drop: 2 },
    {
      title: "legacy → candidate",
      align: "left",
      drop: 0,
      flexible: true,
      fit: (row, room) => example(shown[row], room),
    },
  ];
  const rows = shown.map((group) => [
    count(group.count),
    percent(group.share),
    ...(single ? [] : [clip(show(group.model), 28)]),
    clip(show(group.path), 28),
    clip(show(character(group)), 36),
    example(group, width),
  ]);
  const [titles = "", ...body] = table(columns, rows, width);
  const explained = body.flatMap((line, i) => [line, ...explanation(shown[i], paint, width)]);
  return [paint.dim(titles), ...explained, ...more(all.length - shown.length, "group", summary, given, paint)];
}

/** Kind, then direction and magnitude as far as the group has them. */
function character({ kind, direction, magnitude, count: all, waived = 0 }: Group): string {
  const accepted = waived === 0 ? "" : waived === all ? "(waived)" : `(${count(waived)} waived)`;
  return [words(kind), direction, magnitude, accepted].filter((part) => part !== "" && part !== "none").join(" ");
}

/** What triage found out about a group, on lines of their own; none until it has. */
function explanation(group: Group | undefined, paint: Palette, width: number): string[] {
  const known = [group?.cause, group?.slice].filter((text) => text !== null && text !== undefined);
  return known.map((text) => `       ${paint.dim("↳")} ${clip(show(text), width - 9)}`);
}

/** `legacy → candidate` in at most `room` columns; where both are long, from just before they part. */
function example(group: Group | undefined, room: number): string {
  const first = group?.examples[0];
  if (!first) return "";
  const side = (text: string | null): string => text ?? "absent";
  const [legacy, candidate] = visiblePair(side(first.legacy), side(first.candidate)).map(inert) as [string, string];
  const half = Math.floor((room - 3) / 2);
  const spare = (other: string): number => half + Math.max(0, half - displayWidth(other));
  const parting = commonPrefix(legacy, candidate);
  const from = parting > half - 4 && legacy !== candidate ? parting - Math.floor(half / 3) : 0;
  const tail = (text: string): string => (from === 0 ? text : `…${text.slice(from)}`);
  return `${clip(tail(legacy), spare(tail(candidate)))} → ${clip(tail(candidate), spare(tail(legacy)))}`;
}

function more(
  hidden: number,
  noun: string,
  { run }: Summary,
  given: TerminalOptions["given"],
  paint: Palette,
): string[] {
  if (hidden <= 0) return [];
  const command = shownCommand("report", { flags: { "--run": run }, given });
  return [paint.dim(`… and ${plural(hidden, `more ${noun}`)} (${command})`)];
}

function facts(summary: Summary, paint: Palette, width: number): string[] {
  const line = (label: string, text: string, colour: Paint = (same) => same): string[] =>
    wrap(text, width - 10, REASON_LINES).map(
      (part, i) => `${paint.dim(i === 0 ? label.padEnd(10) : " ".repeat(10))}${colour(part)}`,
    );

  const coverage = sums(summary.coverage, summary.outcomes).flatMap((sum, i) => {
    const parts = sum.parts.map((part) => `${count(part.value)} ${part.label}`).join(" + ");
    const text = `${count(sum.total.value)} ${sum.total.label} ${sum.adds ? "=" : "≠"} ${parts}`;
    return line(
      i === 0 ? "coverage" : "",
      sum.adds ? text : `${text}: DOES NOT ADD UP`,
      sum.adds ? undefined : paint.red,
    );
  });
  const skipped = tally(summary.coverage.skippedBy);
  const saved = summary.coverage.skippedBy.decided ?? 0;
  const warnings = tally(summary.warnings);
  const unused = summary.unusedRules
    .slice(0, UNUSED_SHOWN)
    .flatMap((rule) =>
      line(
        "unused",
        show(`models["${rule.pattern}"].rules[${rule.index}] ${rule.type} ${rule.path} matched nothing`),
        paint.yellow,
      ),
    );
  const hidden = summary.unusedRules.length - UNUSED_SHOWN;
  const cold = coldLine(summary.latency);
  const parity = parityOfRun(summary);
  return [
    ...(parity === "" ? [] : line("parity", parity)),
    ...line("latency", latency(summary.latency)),
    ...(cold === "" ? [] : line("", cold)),
    ...coverage,
    ...(skipped === "" ? [] : line("skipped", skipped)),
    ...(saved > 0 ? line("saved", `${plural(saved, "request")}: every verdict they were for was certain before`) : []),
    ...(warnings === "" ? [] : line("warnings", warnings, paint.yellow)),
    ...apart(summary).flatMap(([label, text]) => line(label, show(text), paint.yellow)),
    ...unused,
    ...(hidden > 0 ? line("", `… and ${plural(hidden, "more unused rule")}`, paint.yellow) : []),
    ...(summary.coverage.compared === 0 ? [] : line("assumed", assumptions(summary), paint.dim)),
  ];
}

/** What is counted apart: differences that waivers accept, versions of legacy, the noise of legacy itself. */
function apart({ waivers = [], models, noise }: Summary): [label: string, text: string][] {
  const versions = Object.entries(models).flatMap(([name, model]) => {
    const text = versionLine(model);
    return text === "" ? [] : [`${name}: ${text}`];
  });
  const labelled = (label: string, texts: readonly string[], shown: number): [string, string][] => {
    const hidden = texts.length > shown ? [`… and ${count(texts.length - shown)} more`] : [];
    return [...texts.slice(0, shown), ...hidden].map((text) => [label, text]);
  };
  return [
    ...labelled("waived", waivers.map(waiverLine), WAIVERS_SHOWN),
    ...labelled("version", versions, VERSIONS_SHOWN),
    ...labelled("noise", noise === undefined ? [] : noiseLines(noise.run, models), Number.POSITIVE_INFINITY),
  ];
}

function latency({ legacy, candidate }: LatencyPair): string {
  if (candidate.count === 0) return "no answers of the candidate";
  const known = QUANTILES.filter((name) => legacy[name] !== null || candidate[name] !== null);
  const parts = known.map((name) => {
    const ratio = slowdown(legacy[name], candidate[name]);
    return `${name} ${duration(legacy[name])} → ${duration(candidate[name])}${ratio === "" ? "" : ` (${ratio})`}`;
  });
  return parts.length === 0 ? "too few answers for quantiles" : parts.join(" · ");
}

function tally(counts: Readonly<Record<string, number | undefined>>): string {
  const seen = Object.entries(counts).filter(([, value]) => value !== undefined && value > 0);
  return seen.map(([name, value]) => `${show(words(name))} ${count(value ?? 0)}`).join(" · ");
}

/** Commands that bring the reader on from this verdict. */
function next(summary: Summary, given: TerminalOptions["given"], paint: Palette, width: number): string[] {
  const { run } = summary;
  const steps: [string, string][] = [];
  if (summary.verdict !== "pass" || summary.groups.length > 0) {
    steps.push([
      shownCommand("report", { flags: { "--run": run, "--open": true }, given }),
      "all groups with examples",
    ]);
  }
  if (summary.groups.length > 0) {
    steps.push([shownCommand("export", { about: [run], flags: ALL_FINDINGS, given }), "every finding, for DuckDB"]);
  }
  for (const { command, why } of nextSteps(summary, given)) steps.push([inert(command), why]);
  const widest = Math.max(...steps.map(([command]) => displayWidth(command)));
  const fits = steps.every(([, why]) => widest + why.length + 6 <= width);
  const lines = steps.map(([command, why]) =>
    fits ? `  ${pad(command, widest, "left")}  ${paint.dim(`# ${why}`)}` : `  ${command}`,
  );
  return [paint.dim("next"), ...lines];
}

const MARK: Readonly<Record<Verdict, string>> = { pass: "✓", fail: "✗", inconclusive: "?", error: "!" };

function verdictPaint(verdict: Verdict | undefined, paint: Palette): Paint {
  if (verdict === "pass") return paint.green;
  if (verdict === "inconclusive") return paint.yellow;
  return verdict === "error" ? paint.magenta : paint.red;
}

export function palette(color: boolean): Palette {
  const sgr =
    (on: number, off: number): Paint =>
    (text) =>
      color && text !== "" ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return {
    bold: sgr(1, 22),
    dim: sgr(2, 22),
    red: sgr(31, 39),
    green: sgr(32, 39),
    yellow: sgr(33, 39),
    magenta: sgr(35, 39),
  };
}

/** A command as it may stand there, too. */
export function shownCommand(name: string, parts: CommandParts): string {
  return inert(commandLine(name, parts));
}

/** A value as it may stand on a terminal, which may be the log of a CI runner. */
export function show(text: string): string {
  return inert(visible(text));
}
