/** Group cards on a terminal: causes first, then each group with what is known of it. */
import { count, percent, plural, words } from "../report/figures.ts";
import { COLUMNS, type Palette, palette, show, shownCommand, type TerminalOptions } from "../report/terminal.ts";
import { clip, wrap } from "../report/text.ts";
import { flow } from "../suggest/yaml.ts";
import type { GroupExample } from "../summary.ts";
import type { CardStatus } from "../versus/status.ts";
import type { GroupCard, GroupsResult } from "./groups.ts";
import { fill, wordPieces } from "./ink.ts";

const EXPLANATIONS_SHOWN = 5;
const EXAMPLES_SHOWN = 3;
const FIXED_SHOWN = 10;
const LABEL = 11;

interface Look {
  readonly paint: Palette;
  readonly width: number;
  readonly color: boolean;
  readonly given: TerminalOptions["given"];
}

export function renderGroups(result: GroupsResult, options: Omit<TerminalOptions, "quietEnd">): string {
  const width = Math.min(COLUMNS.max, Math.max(COLUMNS.min, options.columns));
  const look: Look = { paint: palette(options.color), width, color: options.color, given: options.given };
  const { paint } = look;
  const sections = [
    headLines(result, look),
    causeLines(result, look),
    ...result.groups.map((card) => cardLines(result, card, look)),
    fixedLines(result, look),
  ].filter((section) => section.length > 0);
  const hidden = result.found - result.groups.length;
  const more =
    hidden > 0
      ? ["", paint.dim(`… and ${plural(hidden, "more group")} (--limit N, --model, --path, --kind, --json)`)]
      : [];
  return `${[...sections.flatMap((section, at) => (at === 0 ? section : ["", ...section])), ...more].join("\n")}\n`;
}

function headLines({ run, rules, verdict, against, found, groups }: GroupsResult, { paint, width }: Look): string[] {
  const name = verdict.toUpperCase();
  const colour = verdict === "pass" ? paint.green : verdict === "inconclusive" ? paint.yellow : paint.red;
  const facts = [`run ${run}`, `rules ${rules}`, against === null ? "" : `against ${against}`, plural(found, "group")];
  const text = facts
    .filter((fact) => fact !== "")
    .map(show)
    .join(" · ");
  const none = groups.length === 0 ? ["no group of differences"] : [];
  return [`${colour(paint.bold(name))}  ${paint.dim(clip(text, width - name.length - 2))}`, ...none];
}

function causeLines({ explanations }: GroupsResult, { paint, width }: Look): string[] {
  if (explanations.length === 0) return [];
  const lines = explanations
    .slice(0, EXPLANATIONS_SHOWN)
    .flatMap(({ text, model, count: findings, share, groups }, at) => {
      const of = `${plural(findings, "finding")} (${percent(share)}), ${plural(groups.length, "group")}${model === null ? "" : ` of ${model}`}`;
      const [first = "", ...rest] = wrap(show(text), width - 4, 3);
      const head = `${String(at + 1).padStart(2)}. ${first}`;
      return [paint.bold(head), ...rest.map((line) => `    ${line}`), paint.dim(`    ${clip(show(of), width - 4)}`)];
    });
  const hidden = explanations.length - EXPLANATIONS_SHOWN;
  return [
    paint.dim("likely causes"),
    ...lines,
    ...(hidden > 0 ? [paint.dim(`    … and ${count(hidden)} more (--json)`)] : []),
  ];
}

const STATUS: Readonly<Record<CardStatus, (paint: Palette) => (text: string) => string>> = {
  waived: (paint) => paint.yellow,
  new: (paint) => paint.red,
  flaky: (paint) => paint.magenta,
  known: (paint) => paint.bold,
  open: (paint) => paint.bold,
};

function cardLines({ run }: GroupsResult, card: GroupCard, look: Look): string[] {
  const { paint, width } = look;
  const { fingerprint, model, path, kind, direction, magnitude, rule, status, waived = 0 } = card;
  const title = `${fingerprint}  ${status.toUpperCase()}`;
  const traits = [words(kind), direction, magnitude].filter((part) => part !== "" && part !== "none" && part !== "*");
  const size = [
    plural(card.count, "finding"),
    `${percent(card.share)} of the model's mismatches`,
    `rate ${percent(card.rate)}, at most ${percent(card.upper, "up")}`,
    waived > 0 && status !== "waived" ? `${count(waived)} waived` : "",
  ].filter((part) => part !== "");
  const field = (name: string, text: string, lines = 3): string[] =>
    wrap(show(text), width - LABEL, lines).map(
      (line, at) => `${paint.dim((at === 0 ? `  ${name}` : "").padEnd(LABEL))}${line}`,
    );
  return [
    `${STATUS[status](paint)(title)}  ${clip([model, path].map(show).join("  "), width - title.length - 2)}`,
    ...field("what", `${traits.join(" ")}, judged by ${rule}`),
    ...field("how many", size.join(" · ")),
    ...(card.cause === null ? [] : field("cause", card.cause)),
    ...(card.slice === null ? [] : field("where", card.slice)),
    ...card.examples.slice(0, EXAMPLES_SHOWN).flatMap((example) => exampleLines(run, example, look)),
    ...acceptLines(run, card, look, field),
  ];
}

function exampleLines(run: string, example: GroupExample, { paint, width, color, given }: Look): string[] {
  const { position, path, legacy, candidate, why, delta, input, neighbour } = example;
  const head = [why === undefined ? "" : why, path, delta === undefined ? "" : `delta ${delta}`].filter(
    (part) => part !== "",
  );
  const values =
    legacy === null || candidate === null
      ? [{ text: `${show(legacy ?? "absent")} → ${show(candidate ?? "absent")}`, paint: (same: string) => same }]
      : legacy === candidate
        ? [{ text: `${show(legacy)} (masked; they differ)`, paint: (same: string) => same }]
        : shortPieces(legacy, candidate, paint, color);
  const request = (name: string, text: string): string =>
    paint.dim(`    ${name} ${clip(show(text), width - 6 - name.length)}`);
  return [
    `  ${paint.dim("e.g.")} ${clip(show(head.join("  ")), width - 8)}`,
    ...fill(values, width - 4, 2).map((line) => `    ${line}`),
    ...(input === undefined ? [] : [request("request", input)]),
    ...(neighbour === undefined ? [] : [request("agrees ", neighbour.input)]),
    `    ${shownCommand("show", { about: [run, position], given })}`,
  ];
}

function shortPieces(legacy: string, candidate: string, paint: Palette, color: boolean): ReturnType<typeof wordPieces> {
  if (Math.max(legacy.length, candidate.length) > 60) return wordPieces(legacy, candidate, paint, color);
  return [
    { text: show(legacy), paint: paint.red },
    { text: " → ", paint: (same) => same },
    { text: show(candidate), paint: paint.green },
  ];
}

function acceptLines(
  run: string,
  { accept, fingerprint, status, model }: GroupCard,
  { paint, given }: Look,
  field: (name: string, text: string) => string[],
): string[] {
  if (status === "waived") return [];
  const command = shownCommand("rules suggest", { about: [run], flags: { "--group": fingerprint }, given });
  if (accept === undefined) return [`${paint.dim("  rule     ")}${command}`];
  if (accept === null) return field("rule", "none would accept it");
  const { rules, accepts, pairs, hides, hidesAll, models, verdict } = accept;
  const others = hides.reduce((sum, one) => sum + one.count, 0);
  const own = models[model];
  const effect = [
    hidesAll
      ? "hides everything at its path"
      : accepts === pairs
        ? ""
        : `accepts ${count(accepts)} of ${count(pairs)} pairs`,
    others > 0 ? `also hides ${plural(others, "finding")} of other groups` : "",
    own === undefined
      ? ""
      : `${count(own.k.before)} → ${plural(own.k.after, "mismatch").replace(/mismatchs$/, "mismatches")}, bound ${percent(own.upper.after, "up")}`,
    own === undefined ? "" : `${own.verdict.before.toUpperCase()} → ${own.verdict.after.toUpperCase()}`,
    `run ${verdict.before.toUpperCase()} → ${verdict.after.toUpperCase()}`,
  ];
  return [
    ...field("rule", rules.map(flow).join(" and ")),
    ...field("", effect.filter((part) => part !== "").join(" · ")),
    `${" ".repeat(LABEL)}${command}`,
  ];
}

function fixedLines({ fixed, against }: GroupsResult, { paint, width }: Look): string[] {
  if (fixed.length === 0 || against === null) return [];
  const lines = fixed.slice(0, FIXED_SHOWN).map((group) => {
    const text = `${group.fingerprint}  ${group.model}  ${group.path}  ${words(group.kind)}, ${plural(group.fixed, "record")}`;
    return `  ${paint.green("✓")} ${clip(show(text), width - 4)}`;
  });
  const hidden = fixed.length - FIXED_SHOWN;
  return [
    paint.dim(`fixed since ${show(against)}`),
    ...lines,
    ...(hidden > 0 ? [paint.dim(`  … and ${count(hidden)} more (--json)`)] : []),
  ];
}
