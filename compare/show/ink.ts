/** Lines of coloured pieces that fit a width. */

import { type Paint, type Palette, show } from "../report/terminal.ts";
import { displayWidth, visible, visiblePair } from "../report/text.ts";
import { diffWords, type Segment } from "./text-diff.ts";

export interface Piece {
  readonly text: string;
  readonly paint: Paint;
}

const plain: Paint = (text) => text;
/** What differs, where there is no colour: as wdiff marks it. */
const MARKS: Readonly<Record<Segment["kind"], readonly [string, string]>> = {
  same: ["", ""],
  old: ["[-", "-]"],
  new: ["{+", "+}"],
};
/** Characters of a text both sides share that stand beside what differs, and of one that differs. */
const CONTEXT_CHARS = 30;
const SEGMENT_CHARS = 400;

/** Both texts in one, what differs marked; what they share is cut to what stands beside a difference. */
export function wordPieces(legacy: string, candidate: string, paint: Palette, color: boolean): Piece[] {
  const isShort = Math.max(legacy.length, candidate.length) <= 4_096;
  const [old, now] = isShort ? visiblePair(legacy, candidate) : [legacy, candidate];
  const segments = diffWords(old, now);
  return segments.map(({ kind, text }, at) => {
    const cut = kind === "same" ? context(text, at === 0, at === segments.length - 1) : head(text);
    const [open, close] = color ? ["", ""] : MARKS[kind];
    const shown = isShort ? show(cut) : show(visible(cut));
    return {
      text: `${open}${shown}${close}`,
      paint: kind === "old" ? paint.red : kind === "new" ? paint.green : plain,
    };
  });
}

function context(text: string, isFirst: boolean, isLast: boolean): string {
  const [before, after] = [isFirst ? 0 : CONTEXT_CHARS, isLast ? 0 : CONTEXT_CHARS];
  if (text.length <= before + after + 10) return text;
  return `${text.slice(0, before)}…${after === 0 ? "" : text.slice(-after)}`.toWellFormed();
}

function head(text: string): string {
  return text.length <= SEGMENT_CHARS ? text : `${text.slice(0, SEGMENT_CHARS).toWellFormed()}…`;
}

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

const COLON = "\\u003a";

/** Filled into lines of at most `columns`; beyond `most` lines they end in `…`. */
export function fill(pieces: readonly Piece[], columns: number, most: number): string[] {
  const lines: string[] = [];
  let [line, width, isBlank] = ["", 0, true];
  for (const { text, paint } of pieces) {
    let part = "";
    for (const { segment: found } of segmenter.segment(text)) {
      // Neither a break nor two pieces may make a command of a CI runner: those begin a line with `::`.
      let segment = found === ":" && isBlank ? COLON : found;
      const isLast = lines.length === most - 1;
      if (width + displayWidth(segment) > columns - (isLast ? 1 : 0)) {
        line += paint(part);
        if (isLast) return [...lines, `${line}…`];
        lines.push(line);
        [line, width, part, isBlank] = ["", 0, "", true];
        if (found === ":") segment = COLON;
      }
      part += segment;
      width += displayWidth(segment);
      isBlank &&= segment.trim() === "";
    }
    line += paint(part);
  }
  return [...lines, line];
}
