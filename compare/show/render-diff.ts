/** Both answers, aligned: documents by path, texts by line, bytes as hex. */
import { count, plural } from "../report/figures.ts";
import { type Paint, type Palette, show } from "../report/terminal.ts";
import { clip, displayWidth, pad, visiblePair } from "../report/text.ts";
import type { BodiesDiff, ShownRow } from "./bodies.ts";
import { fill, wordPieces } from "./ink.ts";
import type { ShownRecord } from "./record.ts";
import type { HexRow, LineRow } from "./text-diff.ts";

/** Rows that differ shown on a terminal; `--json` has more. */
const ROWS_SHOWN = 40;
/** Lines of one value that is too long for its column. */
const VALUE_LINES = 6;
const PATH_SHARE = 0.34;
const MARKS: Readonly<Record<ShownRow["mark"], string>> = {
  equal: " ",
  same: "≈",
  changed: "≠",
  removed: "-",
  added: "+",
  skipped: " ",
};

export function renderDiff(
  diff: BodiesDiff,
  record: Pick<ShownRecord, "accepted" | "findings">,
  paint: Palette,
  width: number,
  color: boolean,
): string[] {
  switch (diff.as) {
    case "equal":
      return ["equal bytes"];
    case "hidden":
      return ["they differ, and all of both is masked"];
    case "json":
      return jsonLines(diff.rows, diff.cut, record, paint, width, color);
    case "text":
      return textLines(diff.rows, diff.cut, paint, width, color);
    case "bytes":
      return hexLines(diff.rows, diff.cut, paint, width);
  }
}

function jsonLines(
  all: readonly ShownRow[],
  cut: number,
  { accepted }: Pick<ShownRecord, "accepted">,
  paint: Palette,
  width: number,
  color: boolean,
): string[] {
  const fine = new Set(accepted.map(({ path }) => path));
  const rows = firstDiffering(all, ({ mark }) => mark !== "equal" && mark !== "skipped");
  const hidden = cut + differingIn(all) - differingIn(rows);
  const paths = rows.map(({ path }) => displayWidth(show(path)));
  const room = Math.min(Math.max(...paths, 4), Math.floor(width * PATH_SHARE));
  const half = Math.floor((width - room - 6) / 2);
  const titles = `  ${pad("", room, "left")}  ${pad("legacy", half, "left")}  candidate`;
  return [
    paint.dim(titles),
    ...rows.flatMap((row) => jsonRow(row, fine.has(row.path), { paint, width, color, room, half })),
    ...moreLine(hidden, "value that differs", "values that differ", paint),
  ];
}

interface Layout {
  readonly paint: Palette;
  readonly width: number;
  readonly color: boolean;
  readonly room: number;
  readonly half: number;
}

function jsonRow(row: ShownRow, isAccepted: boolean, layout: Layout): string[] {
  const { paint, width, color, room, half } = layout;
  const { mark, path, legacy, candidate, skipped = 0 } = row;
  if (mark === "skipped") return [paint.dim(`  ${pad("…", room, "left")}  ${plural(skipped, "equal value")}`)];
  const sign = mark === "equal" ? " " : isAccepted || mark === "same" ? paint.green("≈") : paint.red(MARKS[mark]);
  const place = pad(clip(show(path), room), room, "left");
  if (mark === "equal") {
    const value = clip(show(legacy ?? ""), half);
    return [paint.dim(`  ${place}  ${pad(value, half, "left")}  ${value}`.trimEnd())];
  }
  const [old, now] = sides(legacy, candidate);
  const ink = (color: Paint, text: string | null, side: string): string =>
    text === null ? paint.dim(side) : color(side);
  const isHiddenAlike = legacy !== null && legacy === candidate;
  if (isHiddenAlike)
    return [`${sign} ${place}  ${pad(old, half, "left")}  ${now} ${paint.dim("(masked; they differ)")}`];
  if (displayWidth(old) <= half && displayWidth(now) <= half) {
    return [`${sign} ${place}  ${ink(paint.red, legacy, pad(old, half, "left"))}  ${ink(paint.green, candidate, now)}`];
  }
  if (legacy === null || candidate === null) {
    const whole = fill(
      [{ text: legacy === null ? now : old, paint: legacy === null ? paint.green : paint.red }],
      width - 4,
      VALUE_LINES,
    );
    return [
      `${sign} ${place}  ${paint.dim(legacy === null ? "absent in legacy" : "absent in the candidate")}`,
      ...indented(whole),
    ];
  }
  return [
    `${sign} ${clip(show(path), width - 2)}`,
    ...indented(fill(wordPieces(legacy, candidate, paint, color), width - 4, VALUE_LINES)),
  ];
}

function sides(legacy: string | null, candidate: string | null): [string, string] {
  if (legacy === null || candidate === null) return [show(legacy ?? "absent"), show(candidate ?? "absent")];
  const [old, now] = visiblePair(legacy, candidate);
  return [show(old), show(now)];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `    ${line}`);
}

function textLines(all: readonly LineRow[], cut: number, paint: Palette, width: number, color: boolean): string[] {
  const rows = firstDiffering(all, ({ mark }) => mark !== "skipped");
  const hidden =
    cut + all.filter(({ mark }) => mark !== "skipped").length - rows.filter(({ mark }) => mark !== "skipped").length;
  const lines = rows.flatMap((row) => {
    const { mark, legacyLine, candidateLine, legacy, candidate, skipped = 0 } = row;
    if (mark === "skipped") return [paint.dim(`  … ${plural(skipped, "equal line")}`)];
    const number = paint.dim(`${legacyLine ?? candidateLine}:`);
    if (mark === "changed") {
      const pieces = wordPieces(legacy ?? "", candidate ?? "", paint, color);
      return [`${paint.red("≠")} ${number}`, ...indented(fill(pieces, width - 4, VALUE_LINES))];
    }
    const ink = mark === "removed" ? paint.red : paint.green;
    const whole = fill([{ text: show(legacy ?? candidate ?? ""), paint: ink }], width - 4, VALUE_LINES);
    return [`${ink(mark === "removed" ? "-" : "+")} ${number}`, ...indented(whole)];
  });
  return [...lines, ...moreLine(hidden, "line that differs", "lines that differ", paint)];
}

function hexLines(rows: readonly HexRow[], cut: number, paint: Palette, width: number): string[] {
  const shown = rows.slice(0, ROWS_SHOWN);
  const half = Math.floor((width - 12) / 2);
  const lines = shown.flatMap(({ offset, legacy, candidate }) => {
    const at = offset.toString(16).padStart(8, "0");
    const [old, now] = [paint.red(legacy || "end"), paint.green(candidate || "end")];
    if (legacy.length <= half) return [`${paint.dim(at)}  ${pad(old, half, "left")}  ${now}`];
    return [`${paint.dim(at)}  ${old}`, `${" ".repeat(10)}${now}`];
  });
  return [...lines, ...moreLine(cut + rows.length - shown.length, "row that differs", "rows that differ", paint)];
}

/** Up to the last of the first rows that differ; what stands between them stays. */
function firstDiffering<T>(rows: readonly T[], differs: (row: T) => boolean): T[] {
  let seen = 0;
  const end = rows.findIndex((row) => differs(row) && ++seen > ROWS_SHOWN);
  return end < 0 ? [...rows] : rows.slice(0, end);
}

function differingIn(rows: readonly ShownRow[]): number {
  return rows.filter(({ mark }) => mark !== "equal" && mark !== "skipped").length;
}

function moreLine(hidden: number, one: string, many: string, paint: Palette): string[] {
  return hidden <= 0 ? [] : [paint.dim(`… and ${count(hidden)} more ${hidden === 1 ? one : many} (--json)`)];
}
