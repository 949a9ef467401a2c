/** A record on a terminal: what came of it, both answers side by side, what the rules say, how to send it again. */
import { count, duration, plural, words } from "../report/figures.ts";
import { COLUMNS, type Paint, type Palette, palette, show, type TerminalOptions } from "../report/terminal.ts";
import { clip, wrap } from "../report/text.ts";
import { fill } from "./ink.ts";
import type { AcceptedDifference, ShownFinding, ShownRecord } from "./record.ts";
import { renderDiff } from "./render-diff.ts";
import type { ShowResult } from "./stage.ts";

const FINDINGS_SHOWN = 12;
const ACCEPTED_SHOWN = 8;
const BODY_LINES = 12;
const LABEL = 11;

export function renderShow(result: ShowResult, options: Pick<TerminalOptions, "color" | "columns">): string {
  const width = Math.min(COLUMNS.max, Math.max(COLUMNS.min, options.columns));
  const paint = palette(options.color);
  const more = result.found - result.records.length;
  const lines = result.records.flatMap((record, at) => [
    ...(at === 0 ? [] : ["", paint.dim("─".repeat(width)), ""]),
    ...recordLines(result, record, paint, width, options.color),
  ]);
  if (more > 0) lines.push("", paint.dim(`… and ${plural(more, "more record")} of this id`));
  return `${lines.join("\n")}\n`;
}

function recordLines(
  { run, target }: ShowResult,
  record: ShownRecord,
  paint: Palette,
  width: number,
  color: boolean,
): string[] {
  const name = words(record.outcome === "notAnswered" ? "NOT ANSWERED" : kebab(record.outcome)).toUpperCase();
  const facts = clip([record.model, record.id].map(show).join(" · "), width - name.length - 2);
  const sections = [
    [
      `${outcomePaint(record.outcome, paint)(paint.bold(name))}  ${facts}`,
      ...label("why", [record.why, ...record.warnings.map(words)].join(" · "), paint, width),
    ],
    factLines(record, run, target, paint, width),
    bodyLines("request", record.request.text, record.request.bytes, record.request.type, paint, width),
    answerLines(record, paint, width, color),
    findingLines(record.findings, paint, width),
    acceptedLines(record.accepted, paint, width),
    [paint.dim("send it again"), `  ${show(record.again)}`],
  ];
  return sections
    .filter((section) => section.length > 0)
    .flatMap((section, at) => (at === 0 ? section : ["", ...section]));
}

function kebab(outcome: string): string {
  return outcome.replace(/[A-Z]/g, (letter) => ` ${letter}`);
}

function outcomePaint(outcome: ShownRecord["outcome"], paint: Palette): Paint {
  if (outcome === "match") return paint.green;
  if (outcome === "ignored") return paint.yellow;
  return outcome === "mismatch" ? paint.red : paint.magenta;
}

function label(name: string, text: string, paint: Palette, width: number): string[] {
  return wrap(show(text), width - LABEL, 4).map(
    (line, at) => `${paint.dim((at === 0 ? name : "").padEnd(LABEL))}${line}`,
  );
}

function factLines(record: ShownRecord, run: string, target: string, paint: Palette, width: number): string[] {
  const { legacy, candidate, modelVersion } = record;
  const version = modelVersion === null ? "" : ` · version ${modelVersion}`;
  const answered =
    candidate === null
      ? "no result stored"
      : [
          candidate.status === null
            ? words(candidate.outcome)
            : `${words(candidate.outcome)}, status ${candidate.status}`,
          duration(candidate.latencyMs),
          candidate.attempts === 0 ? "shared with a request of the same bytes" : plural(candidate.attempts, "attempt"),
          candidate.throttles > 0 ? plural(candidate.throttles, "throttle") : "",
          candidate.coldStart === true ? "cold start" : "",
          candidate.variant === null ? "" : `variant ${candidate.variant}`,
          candidate.replayedAt,
        ]
          .filter((part) => part !== "")
          .join(" · ");
  const failure = [candidate?.errorClass, candidate?.errorDetail].filter((part) => part != null && part !== "");
  return [
    ...label("position", record.position, paint, width),
    ...label("run", `${run} · target ${target}`, paint, width),
    ...label(
      "legacy",
      `status ${legacy.status} · ${duration(legacy.latencyMs)} · ${record.capturedAt}${version}`,
      paint,
      width,
    ),
    ...label("candidate", answered, paint, width),
    ...(failure.length === 0 ? [] : label("failure", failure.join(": "), paint, width)),
  ];
}

function bodyLines(
  name: string,
  text: string | null,
  bytes: number,
  type: string,
  paint: Palette,
  width: number,
): string[] {
  const head = paint.dim(`${name} (${show(type)}, ${plural(bytes, "byte")})`);
  if (text === null) return [head, "  no text"];
  const lines = text.split("\n").slice(0, BODY_LINES + 1);
  const pieces = lines.flatMap((line) => fill([{ text: show(line), paint: (same) => same }], width - 2, BODY_LINES));
  const hidden = pieces.length > BODY_LINES;
  return [head, ...pieces.slice(0, BODY_LINES).map((line) => `  ${line}`), ...(hidden ? ["  …"] : [])];
}

/** Side by side where both are there; else what there is. */
function answerLines(record: ShownRecord, paint: Palette, width: number, color: boolean): string[] {
  const { legacy, candidate, diff } = record;
  if (candidate === null || candidate.status === null || diff === null || diff.as === "equal") {
    return bodyLines(
      diff?.as === "equal" ? "both answers" : "legacy",
      legacy.text,
      legacy.bytes,
      legacy.type,
      paint,
      width,
    );
  }
  const sizes = `legacy ${show(legacy.type)}, ${plural(legacy.bytes, "byte")}; candidate ${show(candidate.type)}, ${plural(candidate.bytes, "byte")}`;
  return [paint.dim(clip(sizes, width)), ...renderDiff(diff, record, paint, width, color)];
}

function findingLines(findings: readonly ShownFinding[], paint: Palette, width: number): string[] {
  const shown = findings.slice(0, FINDINGS_SHOWN).flatMap((finding) => {
    const { path, kind, rule, at, place, delta, verdict, fingerprint, waiver } = finding;
    const mark = verdict === "waived" || verdict === "advice" ? paint.yellow("·") : paint.red("✗");
    const where = place === null ? at : `${place.file}:${place.line}`;
    const head = `${show(path)}  ${words(kind)}  by ${show(rule)}${where === null ? "" : `, ${show(where)}`}`;
    const waived =
      waiver === null ? "" : `${waiver.expired ? "an expired waiver names it" : "waived"} (${waiver.fingerprint})`;
    const facts = [verdict, delta === null ? "" : `delta ${delta}`, waived, `group ${fingerprint}`];
    return [
      `${mark} ${clip(head, width - 2)}`,
      `  ${paint.dim(clip(facts.filter((part) => part !== "").join(" · "), width - 2))}`,
    ];
  });
  const hidden = findings.length - FINDINGS_SHOWN;
  return [...shown, ...(hidden > 0 ? [paint.dim(`… and ${plural(hidden, "more finding")} (--json)`)] : [])];
}

function acceptedLines(accepted: readonly AcceptedDifference[], paint: Palette, width: number): string[] {
  const shown = accepted.slice(0, ACCEPTED_SHOWN).map(({ path, by }) => {
    const rules = by.map(({ rule, at, place }) => `${rule}, ${place === null ? at : `${place.file}:${place.line}`}`);
    const why = rules.length === 0 ? "the same value, written otherwise" : `accepted by ${rules.join("; ")}`;
    return `${paint.green("≈")} ${clip(`${show(path)}  ${show(why)}`, width - 2)}`;
  });
  const hidden = accepted.length - ACCEPTED_SHOWN;
  return [...shown, ...(hidden > 0 ? [paint.dim(`… and ${count(hidden)} more (--json)`)] : [])];
}
